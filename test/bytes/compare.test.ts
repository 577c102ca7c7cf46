import { expect, test } from "vitest";
import { equalBytes, equalRanges } from "../../src/bytes/index.ts";

test("equal bytes are equal, wherever they lie", () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => i * 7);
  expect(equalBytes(bytes, bytes)).toBe(true);
  expect(equalBytes(bytes, bytes.slice())).toBe(true);
  expect(equalBytes(bytes.subarray(3, 20), bytes.slice(3, 20))).toBe(true);
  expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
});

test.each([33, 261])("one bit anywhere in %i bytes makes them differ", (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => i);
  for (let bit = 0; bit < length * 8; bit++) {
    const other = bytes.slice();
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(equalBytes(bytes, other)).toBe(false);
    expect(equalBytes(other, bytes)).toBe(false);
  }
});

test("bytes of another length differ, even where one begins with the other", () => {
  const bytes = new Uint8Array(32);
  for (const length of [0, 1, 31, 33]) {
    expect(equalBytes(bytes, new Uint8Array(length))).toBe(false);
    expect(equalBytes(new Uint8Array(length), bytes)).toBe(false);
  }
});

test("ranges are compared where they lie, aligned or not", () => {
  const a = Uint8Array.from({ length: 300 }, (_, i) => i);
  const b = new Uint8Array(310);
  for (const [startOfA, startOfB] of [
    [0, 0],
    [4, 8],
    [1, 0],
    [0, 3],
    [7, 7],
  ] as const) {
    const length = 280;
    b.set(a.subarray(startOfA, startOfA + length), startOfB);
    expect(equalRanges(a, startOfA, b, startOfB, length)).toBe(true);
    for (const at of [0, 255, 256, length - 1]) {
      b[startOfB + at] = (b[startOfB + at] as number) ^ 0x80;
      expect(equalRanges(a, startOfA, b, startOfB, length)).toBe(false);
      b[startOfB + at] = (b[startOfB + at] as number) ^ 0x80;
    }
  }
});

test("two differences do not cancel out", () => {
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(2, 1))).toBe(false);
  expect(equalBytes(Uint8Array.of(0xff, 0xff), Uint8Array.of(0, 0))).toBe(false);
});
