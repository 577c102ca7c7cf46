/**
 * Decoding RS(255, 255 − roots): errors at unknown positions and erasures at
 * known ones, as long as 2 · errors + erasures ≤ roots.
 *
 * What is decoded is a remainder, the received codeword modulo the generator:
 * for a systematic code that is the received parity XOR the parity of the
 * received message, which the encoder computes quickly for many codewords at
 * once. With S_j = remainder(alpha^j), X the locator alpha^(254 − position)
 * of an error, and Λ(x) = Π (1 − X x):
 *
 *     Λ by Berlekamp–Massey, begun with the erasures' locators (Blahut)
 *     positions by Chien's search for the zeros X^-1 of Λ
 *     Ω(x) = S(x) Λ(x) mod x^roots,   value = X · Ω(X^-1) / Λ'(X^-1)   (Forney)
 *
 * Beyond that bound most patterns are recognised and refused, but not all:
 * another codeword may be nearer than the true one. Only the tree can tell, so
 * whoever repairs must hold the result against a digest.
 *
 * Source: R. Blahut, "Algebraic Codes for Data Transmission", sections 7.4 and 7.5;
 * kernel `lib/reed_solomon/decode_rs.c`.
 */
import { invariant } from "../errors.ts";
import { checkRoots, codewordSymbols } from "./reed-solomon-code.ts";
import { alphaPower, fieldOrder, logarithm, multiply, multiplyByPower } from "./reed-solomon-field.ts";

/** What came of decoding one codeword. */
export type DecodeOutcome =
  /** A codeword within reach was found: it differs from what was received in `count` symbols. */
  | { readonly kind: "decoded"; readonly count: number }
  /** No codeword is within reach: more is wrong than the code can mend. */
  | { readonly kind: "uncorrectable" };

const uncorrectable: DecodeOutcome = { kind: "uncorrectable" };
const intact: DecodeOutcome = { kind: "decoded", count: 0 };

/** Decodes codewords one after the other, in memory that it allots once. */
export class ReedSolomonDecoder {
  readonly roots: number;
  /** Where the last decoded codeword was wrong: the first `count` entries, 0 = first message symbol. */
  readonly positions: Uint8Array;
  /** What to XOR to the symbols at `positions`; never zero. */
  readonly values: Uint8Array;
  readonly #syndromes: Uint8Array;
  readonly #locator: Uint8Array;
  readonly #connection: Uint8Array;
  readonly #previous: Uint8Array;
  readonly #evaluator: Uint8Array;
  /** Logarithms of the locators X of all positions in doubt, errors and erasures. */
  readonly #found: Uint8Array;

  /** @throws {UsageError} `invalid-argument` unless `roots` is an integer from 2 to 24. */
  constructor(roots: number) {
    checkRoots(roots);
    this.roots = roots;
    this.positions = new Uint8Array(roots);
    this.values = new Uint8Array(roots);
    this.#syndromes = new Uint8Array(roots);
    this.#locator = new Uint8Array(roots + 1);
    this.#connection = new Uint8Array(roots + 1);
    this.#previous = new Uint8Array(roots + 1);
    this.#evaluator = new Uint8Array(roots);
    this.#found = new Uint8Array(roots);
  }

  /**
   * Finds the codeword within reach of a received one.
   *
   * @param remainder of the received codeword: `roots` bytes, highest degree first.
   * @param erasures different positions, 0 to 254, whose symbols are in doubt.
   */
  decode(remainder: Uint8Array, erasures: readonly number[]): DecodeOutcome {
    invariant(remainder.length === this.roots, `a remainder of ${remainder.length} bytes`);
    if (!this.#findSyndromes(remainder)) return intact;
    if (erasures.length > this.roots) return uncorrectable;
    const found = this.#findLocator(erasures);
    const errors = found - erasures.length;
    if (2 * errors + erasures.length > this.roots) return uncorrectable;
    if (!this.#findZeros(found, erasures)) return uncorrectable;
    const count = this.#findValues(found);
    return count === undefined ? uncorrectable : { kind: "decoded", count };
  }

  /** S_j = remainder(alpha^j); false where the received word is a codeword. */
  #findSyndromes(remainder: Uint8Array): boolean {
    let any = 0;
    for (let i = 0; i < this.roots; i++) any |= remainder[i] as number;
    // No remainder, no error: most columns of most rounds.
    if (any === 0) return false;
    for (let j = 0; j < this.roots; j++) {
      let syndrome = 0;
      for (let i = 0; i < this.roots; i++) {
        syndrome = multiplyByPower(syndrome, j) ^ (remainder[i] as number);
      }
      this.#syndromes[j] = syndrome;
    }
    return true;
  }

  /**
   * Λ, by Berlekamp–Massey from the product of the erasures' (1 − X x), which stays its factor.
   *
   * @returns how many positions are in doubt, the erasures among them: Λ's degree, if Λ is to be had.
   */
  #findLocator(erasures: readonly number[]): number {
    const { roots } = this;
    const locator = this.#locator.fill(0);
    const connection = this.#connection;
    locator[0] = 1;
    for (const [done, position] of erasures.entries()) {
      const power = codewordSymbols - 1 - position;
      for (let i = done + 1; i > 0; i--) {
        locator[i] = (locator[i] as number) ^ multiplyByPower(locator[i - 1] as number, power);
      }
    }
    connection.set(locator);
    let length = erasures.length;
    for (let step = erasures.length + 1; step <= roots; step++) {
      let discrepancy = 0;
      for (let i = 0; i < step; i++) {
        discrepancy ^= multiply(locator[i] as number, this.#syndromes[step - 1 - i] as number);
      }
      // connection · x: what Λ is corrected by.
      connection.copyWithin(1, 0, roots);
      connection[0] = 0;
      if (discrepancy === 0) continue;
      this.#previous.set(locator);
      for (let i = 1; i <= roots; i++) {
        locator[i] = (locator[i] as number) ^ multiply(discrepancy, connection[i] as number);
      }
      if (2 * length <= step + erasures.length - 1) {
        length = step + erasures.length - length;
        const inverse = alphaPower[fieldOrder - (logarithm[discrepancy] as number)] as number;
        for (let i = 0; i <= roots; i++) connection[i] = multiply(inverse, this.#previous[i] as number);
      }
    }
    return length;
  }

  /** The zeros X^-1 of Λ, as logarithms of X. False unless there are `degree` of them. */
  #findZeros(degree: number, erasures: readonly number[]): boolean {
    const locator = this.#locator;
    if (locator[degree] === 0) return false;
    if (degree === erasures.length) {
      for (const [i, position] of erasures.entries()) this.#found[i] = codewordSymbols - 1 - position;
      return true;
    }
    if (degree === 1) {
      this.#found[0] = logarithm[locator[1] as number] as number;
      return true;
    }
    let found = 0;
    for (let power = 0; power < fieldOrder && found < degree; power++) {
      if (this.#evaluate(locator, degree, power) === 0) this.#found[found++] = power;
    }
    return found === degree;
  }

  /** A polynomial, lowest degree first, at X^-1 = alpha^-power. */
  #evaluate(polynomial: Uint8Array, degree: number, power: number): number {
    const inverse = (fieldOrder - power) % fieldOrder;
    let value = 0;
    for (let i = degree; i >= 0; i--) value = multiplyByPower(value, inverse) ^ (polynomial[i] as number);
    return value;
  }

  /** Forney's values; `undefined` where they do not explain every syndrome. */
  #findValues(found: number): number | undefined {
    const { roots } = this;
    const locator = this.#locator;
    const evaluator = this.#evaluator;
    for (let i = 0; i < roots; i++) {
      let term = 0;
      for (let j = 0; j <= Math.min(i, found); j++) {
        term ^= multiply(locator[j] as number, this.#syndromes[i - j] as number);
      }
      evaluator[i] = term;
    }
    let count = 0;
    for (let k = 0; k < found; k++) {
      const power = this.#found[k] as number;
      const inverse = (fieldOrder - power) % fieldOrder;
      let derivative = 0;
      for (let i = 1; i <= found; i += 2) {
        derivative ^= multiplyByPower(locator[i] as number, (inverse * (i - 1)) % fieldOrder);
      }
      if (derivative === 0) return undefined;
      const numerator = multiplyByPower(this.#evaluate(evaluator, roots - 1, power), power);
      if (numerator === 0) continue;
      const quotient = (logarithm[numerator] as number) + fieldOrder - (logarithm[derivative] as number);
      this.positions[count] = codewordSymbols - 1 - power;
      this.values[count++] = alphaPower[quotient % fieldOrder] as number;
    }
    return this.#explains(count) ? count : undefined;
  }

  /** True where the corrections have the syndromes of what was received: corrected, all would be zero. */
  #explains(count: number): boolean {
    for (let j = 0; j < this.roots; j++) {
      let syndrome = this.#syndromes[j] as number;
      for (let k = 0; k < count; k++) {
        const power = (j * (codewordSymbols - 1 - (this.positions[k] as number))) % fieldOrder;
        syndrome ^= multiplyByPower(this.values[k] as number, power);
      }
      if (syndrome !== 0) return false;
    }
    return true;
  }
}
