/** The golden tars: read whole, or refused in the class of Go's error. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { loadGoldenTars } from "./golden-tars.ts";
import { inChunks, readTar } from "./read-tar.ts";

/** Go's errors that its tar reader makes; all others are the conversion's. */
const codes: ReadonlyMap<string, readonly string[]> = new Map([
  ["archive/tar: invalid tar header", ["bad-field", "bad-magic"]],
  ["unexpected EOF", ["truncated"]],
]);

const golden = loadGoldenTars().map((tar) => ({ ...tar, codes: codes.get(tar.error ?? "") }));
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test.each(golden)("$name is the file that the manifest names", ({ bytes, sha256 }) => {
  expect(digest(bytes)).toBe(sha256);
});

test.each(golden.filter((tar) => tar.codes))("$name is refused in the class of Go's error", async (tar) => {
  const failure = await readTar([tar.bytes]).catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(FormatError);
  expect(tar.codes).toContain((failure as FormatError).code);
});

test.each(golden.filter((tar) => !tar.codes))("$name reads whole, however it is cut", async ({ bytes }) => {
  const summary = async (source: Iterable<Uint8Array>): Promise<unknown> =>
    (await readTar(source)).map(({ entry, content, holes }) => {
      expect(content).toHaveLength(entry.sizeBytes);
      return { entry, digest: digest(content), holes };
    });
  const whole = await summary([bytes]);
  expect(await summary(inChunks(bytes, bytes.length > 1 << 20 ? 65_000 : 700))).toEqual(whole);
});
