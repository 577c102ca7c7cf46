import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createParityEncoder } from "../../src/crypto/reed-solomon.ts";
import { messageSymbols } from "../../src/crypto/reed-solomon-code.ts";
import type { ParityEncoder, ParityEncoderOptions } from "../../src/crypto/reed-solomon-encoder.ts";
import { slowRemainder } from "./reed-solomon-reference.ts";

const allRoots = Array.from({ length: 23 }, (_, i) => i + 2);

const encoders: readonly [string, (options: ParityEncoderOptions) => Promise<ParityEncoder>][] = [
  ["default", createParityEncoder],
  ["simd", (options) => createParityEncoder(options, "simd")],
  ["scalar", (options) => createParityEncoder(options, "scalar")],
];

/** The parity of `columns` columns over whole rows, by long division of each codeword. */
function slowParity(rows: readonly Uint8Array[], columns: number, roots: number): Uint8Array {
  const parity = new Uint8Array(columns * roots);
  for (let column = 0; column < columns; column++) {
    const word = new Uint8Array(255);
    for (const [i, row] of rows.entries()) word[i] = row[column] as number;
    parity.set(slowRemainder(word, roots), column * roots);
  }
  return parity;
}

/** Rows of bytes that look random, the same for the same seed. */
function makeRows(count: number, columns: number, seed: number): Uint8Array[] {
  let state = seed | 1;
  return Array.from({ length: count }, () =>
    Uint8Array.from({ length: columns }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

describe.each(encoders)("the %s encoder", (_, create) => {
  test.each(allRoots)("with %i roots divides as long division does", async (roots) => {
    const encoder = await create({ roots, capacityBytes: 64 * 100 + 5, maxColumns: 128 });
    const rows = makeRows(messageSymbols(roots) - 20, 64, roots);
    encoder.begin(64);
    for (let first = 0; first < rows.length; first += 100) {
      const some = rows.slice(first, first + 100);
      for (const [i, row] of some.entries()) encoder.input.set(row, 5 + 64 * i);
      encoder.absorb(5, some.length);
    }
    encoder.absorbZeros(20);
    expect(Buffer.from(encoder.parity())).toEqual(Buffer.from(slowParity(rows, 64, roots)));
    encoder.close();
  });

  test("groups of several widths, one after the other", async () => {
    const roots = 5;
    const encoder = await create({ roots, capacityBytes: 1024 * 250, maxColumns: 1024 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.nat(1000), async (strips, seed) => {
        const columns = 64 * strips;
        const rows = makeRows(250, columns, seed);
        encoder.begin(columns);
        for (const [i, row] of rows.entries()) encoder.input.set(row, i * columns);
        encoder.absorb(0, 100);
        encoder.absorb(100 * columns, 150);
        expect(Buffer.from(encoder.parity())).toEqual(Buffer.from(slowParity(rows, columns, roots)));
      }),
      { numRuns: 4 },
    );
    encoder.close();
  });

  test("a group begun anew forgets the one before", async () => {
    const encoder = await create({ roots: 2, capacityBytes: 64, maxColumns: 64 });
    encoder.begin(64);
    encoder.input.fill(7);
    encoder.absorb(0, 1);
    encoder.begin(64);
    encoder.absorbZeros(253);
    expect([...encoder.parity()]).toEqual(new Array(128).fill(0));
    encoder.close();
  });

  test("misuse is refused", async () => {
    const invalid = expect.objectContaining({ code: "invalid-argument" });
    const outside = expect.objectContaining({ code: "out-of-bounds" });
    for (const wrong of [{ roots: 1 }, { roots: 25 }, { capacityBytes: 0 }, { maxColumns: 65 }]) {
      await expect(create({ roots: 2, capacityBytes: 64, maxColumns: 64, ...wrong })).rejects.toThrow(
        invalid,
      );
    }
    const encoder = await create({ roots: 2, capacityBytes: 128, maxColumns: 64 });
    expect(() => encoder.parity()).toThrow(invalid);
    expect(() => encoder.begin(0)).toThrow(invalid);
    expect(() => encoder.begin(63)).toThrow(invalid);
    expect(() => encoder.begin(128)).toThrow(invalid);
    encoder.begin(64);
    expect(() => encoder.absorb(0, 3)).toThrow(outside);
    expect(() => encoder.absorb(-1, 1)).toThrow(outside);
    encoder.begin(64);
    expect(() => encoder.absorbZeros(254)).toThrow(outside);
    encoder.absorbZeros(252);
    expect(() => encoder.parity()).toThrow(invalid);
    encoder.close();
    expect(() => encoder.begin(64)).toThrow(expect.objectContaining({ code: "closed" }));
    encoder.close();
  });
});
