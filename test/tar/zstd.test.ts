/** Zstandard: what the `zstd` command makes, and frames made by hand. */
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { decompress, unzstd } from "../../src/tar/index.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { inChunks } from "./read-tar.ts";
import { concatBytes, toBytes } from "./tar-builder.ts";
import { skipZstd, zstd } from "./zstd-program.ts";

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(Uint8Array.from(part));
  return concatBytes(parts);
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await collect(unzstd(inChunks(bytes, 1000))).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  return (error as FormatError).code;
}

/** Text that compresses by matches and literals, near and far. */
function makeData(sizeBytes: number, seed: number): Uint8Array {
  const random = new SeededRandom(seed);
  const words = Array.from({ length: 200 }, () => random.bytes(1 + random.below(12)));
  const parts: Uint8Array[] = [];
  for (let length = 0; length < sizeBytes; length += (parts.at(-1) as Uint8Array).length) {
    parts.push(random.below(50) === 0 ? random.bytes(random.below(300)) : random.pick(words));
  }
  return concatBytes(parts).slice(0, sizeBytes);
}

const magic = [0x28, 0xb5, 0x2f, 0xfd];
/** A block's header. */
const block = (type: number, size: number, isLast = true): number[] => {
  const header = (size << 3) | (type << 1) | (isLast ? 1 : 0);
  return [header & 255, (header >> 8) & 255, header >> 16];
};
/** No checksum, no content size, a window of 1 KiB times a power of two. */
const frame = (blocks: number[], exponent = 7): Uint8Array =>
  Uint8Array.from([...magic, 0, exponent << 3, ...blocks]);
const hello = frame([...block(0, 5), ...toBytes("hello")]);

describe.skipIf(skipZstd)("by the zstd command (skipped where it is missing)", () => {
  test.each([
    ["-1"],
    ["-3"],
    ["-12"],
    ["-19"],
    ["--ultra -22"],
    ["--long=27"],
    ["--no-check"],
    ["--fast=5"],
    ["-3 --no-content-size"],
  ])("%s", (options) => expectSame(makeData(300_000, 1), options.split(" ")));

  test.each([0, 1, 5, 100, 255, 256, 300, 65_791, 131_072, 131_073])("%d bytes", (size) =>
    expectSame(makeData(size, size), ["-5"]),
  );

  async function expectSame(data: Uint8Array, options: string[]): Promise<void> {
    const packed = new Uint8Array(zstd(data, options));
    const twice = concatBytes([packed, skippable, packed]);
    const unpacked = await collect(decompress(inChunks(twice, 10_007)));
    expect(Buffer.compare(unpacked, concatBytes([data, data]))).toBe(0);
  }

  test("long runs", () => expectSame(concatBytes([new Uint8Array(3_000_000), makeData(1000, 3)]), ["-3"]));

  test("truncated anywhere, changed anywhere: refused", async () => {
    const data = makeData(5000, 5);
    const packed = new Uint8Array(zstd(data, ["-19", "--check"]));
    for (let at = 1; at < packed.length; at += 11) {
      expect(await refusal(packed.subarray(0, at)), `cut at ${at}`).toMatch(/truncated/);
    }
    for (let at = 0; at < packed.length; at += 5) {
      const changed = packed.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      const outcome = await collect(unzstd([changed])).catch((reason: unknown) => reason);
      // One bit of a frame's header says nothing that counts here: that its size is given in another way.
      if (outcome instanceof Uint8Array) expect(Buffer.compare(outcome, data)).toBe(0);
      else expect(outcome).toBeInstanceOf(FormatError);
    }
  });
});

const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);

test("frames of raw and repeated blocks, and none", async () => {
  const two = frame([...block(0, 2, false), 1, 2, ...block(1, 1000), 7]);
  const expected = concatBytes([Uint8Array.of(1, 2), new Uint8Array(1000).fill(7), toBytes("hello")]);
  expect(await collect(decompress([skippable, two, frame(block(0, 0)), hello]))).toEqual(expected);
});

test("a bomb is handed out block by block", async () => {
  const bomb = frame(
    Array.from({ length: 10_000 }, (_, i) => [...block(1, 131_072, i === 9999), 0]).flat(),
    10,
  );
  let sizeBytes = 0;
  let chunks = 0;
  for await (const chunk of unzstd([bomb])) {
    expect(chunk.length).toBeLessThanOrEqual(131_072);
    sizeBytes += chunk.length;
    if (++chunks === 500) break;
  }
  expect(sizeBytes).toBe(500 * 131_072);
});

test.each([
  ["garbage behind a frame", concatBytes([hello, toBytes("garbage")]), "bad-magic"],
  ["zeros behind a frame", concatBytes([hello, new Uint8Array(4)]), "bad-magic"],
  ["a reserved bit", Uint8Array.from([...magic, 8, 0, ...block(0, 0)]), "bad-field"],
  ["a dictionary", Uint8Array.from([...magic, 1, 0, 5, ...block(0, 0)]), "bad-field"],
  ["a window of 256 MiB", frame(block(0, 0), 18), "does-not-fit"],
  [
    "a single segment of 2^63 bytes",
    Uint8Array.from([...magic, 0xe0, 0, 0, 0, 0, 0, 0, 0, 128]),
    "does-not-fit",
  ],
  ["a block of type 3", frame(block(3, 0)), "bad-field"],
  ["a block beyond 128 KiB", frame(block(1, 131_073), 10), "bad-field"],
  ["a block beyond the window", frame([...block(1, 2000), 0], 0), "bad-field"],
  [
    "a content size that is another",
    Uint8Array.from([...magic, 0x20, 6, ...block(0, 5), ...toBytes("hello")]),
    "bad-field",
  ],
  [
    "a checksum that does not hold",
    Uint8Array.from([...magic, 4, 56, ...block(0, 0), 1, 2, 3, 4]),
    "bad-field",
  ],
  ["a skippable frame that is cut", skippable.subarray(0, 10), "truncated"],
  ["a magic that is cut", concatBytes([hello, Uint8Array.of(0x28, 0xb5)]), "truncated"],
  ["an empty compressed block", frame(block(2, 0)), "bad-field"],
  ["literals beyond their block", frame([...block(2, 2), 0xff, 0xff]), "bad-field"],
  ["more sequences than fit", frame([...block(2, 6), 0, 0xff, 0xff, 0xff, 0x54, 1], 10), "bad-field"],
])("%s is refused", async (_name, bytes, code) => {
  expect(await refusal(bytes)).toBe(code);
});

test("weights of no bits each have an end all the same", async () => {
  // Literals in one stream, sizes of 10 bits; the weights' FSE table gives one symbol all 32 of 32.
  const tree = [4, 0xf0, 0x03, 0, 1];
  const literals = [0x02 | (5 << 4), ((tree.length + 1) << 6) & 0xff, (tree.length + 1) >> 2, ...tree, 1];
  expect(await refusal(frame([...block(2, literals.length + 1), ...literals, 0]))).toBe("bad-field");
});
