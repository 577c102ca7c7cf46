/** Gzip: by Node's own zlib and by the platform's stream. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DeviceError, FormatError } from "../../src/errors.ts";
import { decompressNative } from "../../src/tar/decompress.node.ts";
import { gunzipNative } from "../../src/tar/gzip.node.ts";
import { decompress, gunzip } from "../../src/tar/index.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { inChunks } from "./read-tar.ts";
import { concatBytes } from "./tar-builder.ts";

const random = new SeededRandom(7);
const data = concatBytes([random.bytes(100_000), new Uint8Array(3_000_000), random.bytes(1000)]);
const packed = new Uint8Array(gzipSync(data));

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(Uint8Array.from(part));
  return concatBytes(parts);
}

async function refusal(source: AsyncIterable<Uint8Array>): Promise<string> {
  const error = await collect(source).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  return (error as FormatError).code;
}

describe.each([
  ["native", gunzipNative, decompressNative],
  ["portable", gunzip, decompress],
] as const)("gzip, %s", (_name, unzip, recognise) => {
  test.each([1 << 20, 1000, 97])("is decompressed from chunks of %d bytes", async (size) => {
    expect(Buffer.compare(await collect(recognise(inChunks(packed, size))), data)).toBe(0);
  });

  test("all members are, empty ones too", async () => {
    const members = [packed, gzipSync(new Uint8Array()), gzipSync(Uint8Array.of(1, 2, 3))];
    const all = await collect(unzip(inChunks(concatBytes(members), 5000)));
    expect(Buffer.compare(all, concatBytes([data, Uint8Array.of(1, 2, 3)]))).toBe(0);
  });

  test.each([3, 9, 11, 50_000, packed.length - 9, packed.length - 8, packed.length - 1])(
    "cut to %d bytes it is truncated",
    async (length) => {
      expect(await refusal(unzip(inChunks(packed.subarray(0, length), 4096)))).toBe("truncated");
    },
  );

  test.each([
    ["the method", 2],
    ["the data", 2000],
    ["the CRC", packed.length - 6],
    ["the length", packed.length - 2],
  ])("a change of %s is refused", async (_what, at) => {
    const bytes = packed.slice();
    bytes[at] = (bytes[at] as number) ^ 0x55;
    expect(await refusal(unzip([bytes]))).toBe("bad-field");
  });

  test("garbage behind the last member is refused", async () => {
    expect(await refusal(unzip([packed, Uint8Array.of(9, 9, 9)]))).toBe("bad-field");
  });

  test("errors of the source pass unchanged", async () => {
    const error = new DeviceError("device-failed", "gone");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield packed.subarray(0, 5000);
      throw error;
    }
    await expect(collect(recognise(failing()))).rejects.toBe(error);
  });

  test("who stops early stops the source, and it is not read ahead of", async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(64 << 20)));
    let pulled = 0;
    let closed = false;
    function* source(): Generator<Uint8Array> {
      try {
        for (const chunk of inChunks(bomb, 1024)) {
          pulled += chunk.length;
          yield chunk;
        }
      } finally {
        closed = true;
      }
    }
    for await (const chunk of recognise(source())) {
      expect(chunk.length).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, 20));
      break;
    }
    expect(closed).toBe(true);
    expect(pulled).toBeLessThan(bomb.length / 2);
  });
});

test("as in Go, zeros behind a member are refused", async () => {
  expect(await refusal(gunzipNative([packed, new Uint8Array(512)]))).toBe("bad-field");
  expect(await refusal(gunzipNative([concatBytes([packed, new Uint8Array(512)])]))).toBe("bad-field");
});

test.each([
  ["nothing", new Uint8Array()],
  ["one byte", Uint8Array.of(0x1f)],
  ["three bytes", Uint8Array.of(0x28, 0xb5, 0x2f)],
  ["text", new TextEncoder().encode("plain text")],
])("%s is no compressed stream: it comes as it is", async (_name, bytes) => {
  expect(await collect(decompressNative(inChunks(bytes, 1)))).toEqual(bytes);
});
