/**
 * The codes RS(255, 255 − roots) that dm-verity's forward error correction
 * uses: systematic, over GF(2^8), with generator polynomial
 *
 *     g(x) = (x − alpha^0)(x − alpha^1) … (x − alpha^(roots − 1))
 *
 * Symbol i of a codeword is the coefficient of x^(254 − i): the message first,
 * highest degree first, then the `roots` bytes of parity, the remainder of
 * message(x) · x^roots modulo g(x).
 *
 * Sources: kernel `drivers/md/dm-verity-fec.c` (`init_rs(8, 0x11d, 0, 1, roots)`)
 * and cryptsetup `lib/verity/verity_fec.c`.
 */
import { UsageError } from "../errors.ts";
import { multiply, multiplyByPower } from "./reed-solomon-field.ts";

/** Symbols of a codeword, message and parity together. */
export const codewordSymbols = 255;
/** The fewest parity bytes of a codeword. */
export const minRoots = 2;
/** The most parity bytes of a codeword: the kernel's `DM_VERITY_FEC_MIN_RSN` is 231. */
export const maxRoots = 24;

/** Symbols of a codeword's message. */
export function messageSymbols(roots: number): number {
  return codewordSymbols - roots;
}

/**
 * Checks a number of roots, that is of parity bytes per codeword.
 *
 * @throws {UsageError} `invalid-argument` unless it is an integer from 2 to 24.
 */
export function checkRoots(roots: number): void {
  if (!Number.isInteger(roots) || roots < minRoots || roots > maxRoots) {
    throw new UsageError(
      "invalid-argument",
      `Reed–Solomon roots: ${roots} is no integer from ${minRoots} to ${maxRoots}`,
      { at: { field: "roots" } },
    );
  }
}

/**
 * The generator polynomial without its leading 1: `roots` coefficients,
 * highest degree first, as parity bytes are ordered.
 */
export function generatorPolynomial(roots: number): Uint8Array {
  checkRoots(roots);
  let polynomial = Uint8Array.of(1);
  for (let root = 0; root < roots; root++) {
    const next = new Uint8Array(polynomial.length + 1);
    for (const [i, coefficient] of polynomial.entries()) {
      next[i] = (next[i] as number) ^ coefficient;
      next[i + 1] = multiplyByPower(coefficient, root);
    }
    polynomial = next;
  }
  return polynomial.subarray(1);
}

/**
 * `roots` tables of 32 products: of the generator's coefficient with the
 * nibbles 0 … 15, then with 16 · (0 … 15).
 */
export function generatorProducts(roots: number): Uint8Array {
  const tables = new Uint8Array(roots * 32);
  for (const [j, coefficient] of generatorPolynomial(roots).entries()) {
    for (let nibble = 0; nibble < 16; nibble++) {
      tables[32 * j + nibble] = multiply(coefficient, nibble);
      tables[32 * j + 16 + nibble] = multiply(coefficient, 16 * nibble);
    }
  }
  return tables;
}
