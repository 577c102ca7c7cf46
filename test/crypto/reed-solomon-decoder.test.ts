import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generatorPolynomial, messageSymbols } from "../../src/crypto/reed-solomon-code.ts";
import { ReedSolomonDecoder } from "../../src/crypto/reed-solomon-decoder.ts";
import { multiply } from "../../src/crypto/reed-solomon-field.ts";
import {
  isCodeword,
  slowEncode,
  slowGenerator,
  slowMultiply,
  slowRemainder,
} from "./reed-solomon-reference.ts";

const allRoots = Array.from({ length: 23 }, (_, i) => i + 2);

/** A permutation of 0..254 and nonzero values: damage is the first few of each. */
const damage = fc.record({
  positions: fc.shuffledSubarray(
    Array.from({ length: 255 }, (_, i) => i),
    { minLength: 60, maxLength: 60 },
  ),
  values: fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 60, maxLength: 60 }),
  message: fc.uint8Array({ minLength: 253, maxLength: 253 }),
  errors: fc.nat(1 << 20),
  erasures: fc.nat(1 << 20),
});

function damaged(codeword: Uint8Array, positions: readonly number[], values: readonly number[]): Uint8Array {
  const word = codeword.slice();
  for (const [i, position] of positions.entries()) {
    word[position] = (word[position] as number) ^ (values[i] as number);
  }
  return word;
}

function corrected(decoder: ReedSolomonDecoder, word: Uint8Array, count: number): Uint8Array {
  return damaged(word, [...decoder.positions.subarray(0, count)], [...decoder.values.subarray(0, count)]);
}

test("the field multiplies as carry-less multiplication does", () => {
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) expect(multiply(a, b)).toBe(slowMultiply(a, b));
  }
});

test("1 and 25 roots are refused", () => {
  for (const roots of [1, 25, 2.5, Number.NaN]) {
    expect(() => new ReedSolomonDecoder(roots)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  }
});

describe.each(allRoots)("%i roots", (roots) => {
  const decoder = new ReedSolomonDecoder(roots);

  test("the generator is the product of its linear factors", () => {
    expect([1, ...generatorPolynomial(roots)]).toEqual(slowGenerator(roots));
  });

  test("every pattern with 2 · errors + erasures ≤ roots is corrected", () => {
    fc.assert(
      fc.property(damage, (given) => {
        const erasures = given.erasures % (roots + 1);
        const errors = given.errors % (Math.floor((roots - erasures) / 2) + 1);
        const positions = given.positions.slice(0, erasures + errors);
        const codeword = slowEncode(given.message.subarray(0, messageSymbols(roots)), roots);
        // Every third erasure is a false alarm: its symbol is right after all.
        const values = given.values.map((value, i) => (i < erasures && i % 3 === 2 ? 0 : value));
        const word = damaged(codeword, positions, values);
        const outcome = decoder.decode(slowRemainder(word, roots), positions.slice(0, erasures));
        const wrong = positions.filter((_, i) => values[i] !== 0).length;
        expect(outcome).toEqual({ kind: "decoded", count: wrong });
        expect(corrected(decoder, word, wrong)).toEqual(codeword);
      }),
      { numRuns: 60 },
    );
  });

  test("beyond the bound it refuses, or finds a codeword within reach", () => {
    fc.assert(
      fc.property(damage, (given) => {
        const erasures = given.erasures % (roots + 3);
        const least = Math.max(0, Math.floor((roots - erasures) / 2) + 1);
        const errors = least + (given.errors % 5);
        const positions = given.positions.slice(0, erasures + errors);
        const codeword = slowEncode(given.message.subarray(0, messageSymbols(roots)), roots);
        const word = damaged(codeword, positions, given.values);
        const erased = positions.slice(0, erasures);
        const outcome = decoder.decode(slowRemainder(word, roots), erased);
        if (outcome.kind === "uncorrectable") return;
        const unknown = [...decoder.positions.subarray(0, outcome.count)].filter((p) => !erased.includes(p));
        expect(isCodeword(corrected(decoder, word, outcome.count), roots)).toBe(true);
        expect(2 * unknown.length + erasures).toBeLessThanOrEqual(roots);
        expect([...decoder.values.subarray(0, outcome.count)]).not.toContain(0);
      }),
      { numRuns: 60 },
    );
  });
});

test("with 24 roots, 13 errors are refused nearly always", () => {
  const decoder = new ReedSolomonDecoder(24);
  const word = new Uint8Array(255);
  let refused = 0;
  for (let run = 0; run < 500; run++) {
    word.fill(0);
    for (let i = 0; i < 13; i++) word[(run * 7 + i * 19) % 255] = ((run + i * 31) % 255) + 1;
    if (decoder.decode(slowRemainder(word, 24), []).kind === "uncorrectable") refused++;
  }
  expect(refused).toBe(500);
});
