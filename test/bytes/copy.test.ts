import { expect, test } from "vitest";
import { copyOf } from "../../src/bytes/copy.ts";

test.each([
  ["a Uint8Array", Uint8Array.of(1, 2, 3)],
  ["a Buffer, whose slice would be a view", Buffer.from([1, 2, 3])],
  ["a view in the middle of a buffer", new Uint8Array(8).fill(1).subarray(2, 5)],
])("copies %s into memory of its own", (_, bytes) => {
  const copy = copyOf(bytes);
  expect([...copy]).toEqual([...bytes]);
  expect(copy.buffer.byteLength).toBe(bytes.length);
  bytes.fill(9);
  expect(copy.includes(9)).toBe(false);
});
