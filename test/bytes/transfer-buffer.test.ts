import { expect, test } from "vitest";
import { transferBuffer } from "../../src/bytes/transfer-buffer.ts";

test.each([0, 1, 512, 2047, 2048, 4096, 1_048_576])(
  "gives %i zeros and nothing else in their buffer",
  (size) => {
    const bytes = transferBuffer(size);
    expect(bytes.length).toBe(size);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(new Uint8Array(bytes.buffer).every((byte) => byte === 0)).toBe(true);
  },
);

test("starts in the middle of a page of its buffer where that counts", () => {
  expect(transferBuffer(4096).byteOffset % 4096).toBe(2048);
  expect(transferBuffer(64).byteOffset).toBe(0);
});
