import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isZero,
  readU16Le,
  readU32Be,
  readU32Le,
  readU64Be,
  readU64Le,
  writeU16Le,
  writeU32Be,
  writeU32Le,
  writeU64Be,
  writeU64Le,
} from "../../src/bytes/index.ts";
import { InvariantError } from "../../src/errors.ts";

/** A view that begins in the middle of its buffer, as views of host data do. */
function inTheMiddle(bytes: readonly number[]): Uint8Array {
  const buffer = new Uint8Array(bytes.length + 16).fill(0xcc);
  buffer.set(bytes, 5);
  return buffer.subarray(5, 5 + bytes.length);
}

describe("reading", () => {
  const bytes = inTheMiddle([0x00, 0x01, 0x02, 0x83, 0x04, 0x05, 0x06, 0x07, 0xf8, 0xff]);

  test("is little-endian and unsigned, at any alignment", () => {
    expect(readU16Le(bytes, 2)).toBe(0x8302);
    expect(readU16Le(bytes, 8)).toBe(0xfff8);
    expect(readU32Le(bytes, 0)).toBe(0x83020100);
    expect(readU32Le(bytes, 3)).toBe(0x06050483);
    expect(readU64Le(bytes, 0)).toBe(0x0706050483020100n);
    expect(readU64Le(bytes, 2)).toBe(0xfff8070605048302n);
  });

  test("is big-endian where the name says so", () => {
    expect(readU32Be(bytes, 3)).toBe(0x83040506);
    expect(readU64Be(bytes, 2)).toBe(0x028304050607f8ffn);
  });

  test.each([
    ["readU16Le", readU16Le, 2],
    ["readU32Le", readU32Le, 4],
    ["readU64Le", readU64Le, 8],
    ["readU32Be", readU32Be, 4],
    ["readU64Be", readU64Be, 8],
  ] as const)("%s stays inside the array", (_, read, size) => {
    expect(read(bytes, bytes.length - size)).toBeDefined();
    for (const offset of [
      bytes.length - size + 1,
      bytes.length,
      -1,
      0.5,
      Number.NaN,
      Number.MAX_SAFE_INTEGER,
    ]) {
      expect(() => read(bytes, offset)).toThrow(InvariantError);
    }
    expect(() => read(new Uint8Array(0), 0)).toThrow(InvariantError);
  });
});

describe("writing", () => {
  test("is little-endian, and touches its own bytes alone", () => {
    const bytes = inTheMiddle(new Array(16).fill(0xee));
    writeU16Le(bytes, 1, 0x1234);
    writeU32Le(bytes, 3, 0xfedcba98);
    writeU64Le(bytes, 7, 0x1f_ffff_1234_5678);
    expect([...bytes]).toEqual([
      0xee, 0x34, 0x12, 0x98, 0xba, 0xdc, 0xfe, 0x78, 0x56, 0x34, 0x12, 0xff, 0xff, 0x1f, 0x00, 0xee,
    ]);
    expect(new Uint8Array(bytes.buffer, 0, 5)).toEqual(new Uint8Array(5).fill(0xcc));
    expect(new Uint8Array(bytes.buffer, 21)).toEqual(new Uint8Array(11).fill(0xcc));
  });

  test.each([
    ["writeU16Le", writeU16Le, 2],
    ["writeU32Le", writeU32Le, 4],
    ["writeU64Le", writeU64Le, 8],
    ["writeU32Be", writeU32Be, 4],
    ["writeU64Be", writeU64Be, 8],
  ] as const)("%s stays inside the array", (_, write, size) => {
    const bytes = new Uint8Array(10);
    for (const offset of [bytes.length - size + 1, -1, 0.5, Number.NaN]) {
      expect(() => write(bytes, offset, 1)).toThrow(InvariantError);
    }
    expect(bytes).toEqual(new Uint8Array(10));
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])("writes no u64 of %s", (value) => {
    expect(() => writeU64Le(new Uint8Array(8), 0, value)).toThrow(InvariantError);
    expect(() => writeU64Be(new Uint8Array(8), 0, value)).toThrow(InvariantError);
  });

  test("is undone by reading", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat({ max: 24 }), (value, offset) => {
        const bytes = new Uint8Array(32);
        writeU64Le(bytes, offset, value);
        expect(readU64Le(bytes, offset)).toBe(BigInt(value));
        writeU32Le(bytes, offset, value % 2 ** 32);
        expect(readU32Le(bytes, offset)).toBe(value % 2 ** 32);
        writeU16Le(bytes, offset, value % 2 ** 16);
        expect(readU16Le(bytes, offset)).toBe(value % 2 ** 16);
        writeU64Be(bytes, offset, value);
        expect(readU64Be(bytes, offset)).toBe(BigInt(value));
        writeU32Be(bytes, offset, value % 2 ** 32);
        expect(readU32Be(bytes, offset)).toBe(value % 2 ** 32);
      }),
    );
  });
});

describe("isZero", () => {
  test("finds a single bit anywhere", () => {
    for (const length of [1, 7, 8, 9, 64]) {
      expect(isZero(new Uint8Array(length))).toBe(true);
      for (let bit = 0; bit < length * 8; bit++) {
        const bytes = new Uint8Array(length);
        bytes[bit >> 3] = 1 << (bit & 7);
        expect(isZero(bytes)).toBe(false);
      }
    }
  });

  test("holds of no bytes at all, and looks at the view alone", () => {
    expect(isZero(new Uint8Array(0))).toBe(true);
    expect(isZero(new Uint8Array([1, 0, 0, 1]).subarray(1, 3))).toBe(true);
  });
});
