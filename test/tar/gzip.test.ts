/** Gzip in any runtime. */
import { expect, test } from "vitest";
import { decompress, gunzip } from "../../src/tar/index.ts";
import { collect, testGunzip } from "./gunzip-contract.ts";
import { inChunks } from "./read-tar.ts";

testGunzip("portable", gunzip);

test.each([
  ["nothing", new Uint8Array()],
  ["one byte", Uint8Array.of(0x1f)],
  ["three bytes", Uint8Array.of(0x28, 0xb5, 0x2f)],
  ["text", new TextEncoder().encode("plain text")],
])("%s is no compressed stream: it comes as it is", async (_name, bytes) => {
  expect(await collect(decompress(inChunks(bytes, 1)))).toEqual(bytes);
});
