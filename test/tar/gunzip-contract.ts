/** What `gunzip` and `gunzipNative` promise, as tests that both run. */
import { describe, expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/index.ts";
import { DeviceError, FormatError } from "../../src/errors.ts";
import { type Decompressor, decompress } from "../../src/tar/index.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { type GzipHeaderInput, gzipFlags, gzipHeader, gzipMember } from "./gzip-builder.ts";
import { inChunks } from "./read-tar.ts";
import { concatBytes, toBytes } from "./tar-builder.ts";

/** No piece is larger, whatever the data unpacks to. */
const maxPieceBytes = 256 * 1024;

/** All tests. */
export function testGunzip(name: string, gunzip: Decompressor): void {
  describe(`gzip, ${name}`, () => {
    testMembers(gunzip);
    testHeaders(gunzip);
    testDamage(gunzip);
    testWhatFollows(gunzip);
    testFlow(gunzip);
  });
}

/** Everything that a stream gives; its pieces are held to their limit. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) {
    if (part.length === 0 || part.length > maxPieceBytes) throw new Error(`a piece of ${part.length} bytes`);
    parts.push(Uint8Array.from(part));
  }
  return concatBytes(parts);
}

/** The class of the error that a stream must end with. */
export async function refusal(source: AsyncIterable<Uint8Array>): Promise<string> {
  const error = await collect(source).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  return (error as FormatError).code;
}

const random = new SeededRandom(7);
const data = concatBytes([random.bytes(100_000), new Uint8Array(3_000_000), random.bytes(1000)]);
const packed = gzipMember(data);
const hello = gzipMember(toBytes("hello"));
/** Three members, with and without fields, one of them empty. */
const small = Promise.all([
  gzipMember(toBytes("hello, hello, hello"), { name: "a" }),
  gzipMember(new Uint8Array()),
  gzipMember(toBytes("world"), { extra: toBytes("xy"), comment: "b", headerCrc: true }),
]);

function testMembers(gunzip: Decompressor): void {
  test.each([1 << 20, 65_536, 1000, 97])("one member in chunks of %d bytes", async (size) => {
    expectSame(await collect(decompress(inChunks(await packed, size), { gunzip })), data);
  });

  test("members of random sizes and fields, cut anywhere", async () => {
    for (let seed = 0; seed < 25; seed++) {
      const { bytes, expected } = await randomMembers(new SeededRandom(seed), 150_000);
      expectSame(await collect(gunzip(inRandomChunks(bytes, new SeededRandom(seed)))), expected);
    }
  });

  test("each member a chunk, and two chunks cut at each byte", async () => {
    const members = await small;
    const bytes = concatBytes(members);
    const expected = toBytes("hello, hello, helloworld");
    expectSame(await collect(gunzip(members)), expected);
    for (let at = 0; at <= bytes.length; at++) {
      expectSame(await collect(gunzip([bytes.subarray(0, at), bytes.subarray(at)])), expected);
    }
    expectSame(await collect(gunzip(inChunks(bytes, 1))), expected);
  });

  test("empty members: alone, first, last, many", async () => {
    const empty = await gzipMember(new Uint8Array());
    const none = Array.from({ length: 500 }, () => empty);
    expectSame(await collect(gunzip([empty])), new Uint8Array());
    expectSame(await collect(gunzip([concatBytes([...none, await hello, ...none])])), toBytes("hello"));
    expectSame(await collect(gunzip([...none, await hello, ...none])), toBytes("hello"));
  });

  test("a match does not reach into the member before", async () => {
    // Fixed codes: a match of 3 bytes at distance 1 (RFC 1951, 3.2.6), with nothing before it.
    const broken = concatBytes([await gzipHeader({}), Uint8Array.of(0x03, 0x02, 0, 0, 0, 0, 0, 0, 0, 0)]);
    expect(await refusal(gunzip([await hello, broken]))).toBe("bad-field");
    expect(await refusal(gunzip([concatBytes([await hello, broken])]))).toBe("bad-field");
  });
}

function testHeaders(gunzip: Decompressor): void {
  const long = "n".repeat(70_000);
  const taken: readonly (readonly [string, GzipHeaderInput])[] = [
    ["text", { flags: gzipFlags.text }],
    ["an extra field", { extra: toBytes("BC\x02\x00\x10\x00") }],
    ["an empty extra field", { extra: new Uint8Array() }],
    ["the largest extra field", { extra: new Uint8Array(65_535) }],
    ["a name", { name: "layer.tar" }],
    ["empty names", { name: "", comment: "" }],
    ["long names", { name: long, comment: long }],
    ["a header CRC", { headerCrc: true }],
    ["all", { flags: gzipFlags.text, extra: toBytes("xyz"), name: "n", comment: "c", headerCrc: true }],
  ];
  test.each(taken)("a header with %s", async (_name, header) => {
    const members = [await gzipMember(toBytes("one"), header), await gzipMember(toBytes("two"), header)];
    const bytes = concatBytes(members);
    expectSame(await collect(gunzip(inChunks(bytes, Math.ceil(bytes.length / 100)))), toBytes("onetwo"));
  });

  const refused: readonly (readonly [string, GzipHeaderInput])[] = [
    ["another method", { method: 7 }],
    ["reserved flags", { flags: gzipFlags.reserved }],
    ["a wrong CRC", { headerCrc: 0x1234, name: "n" }],
  ];
  test.each(refused)("a header with %s is refused", async (_name, header) => {
    const member = await gzipMember(toBytes("one"), header);
    expect(await refusal(gunzip([member]))).toBe("bad-field");
    expect(await refusal(gunzip([await hello, member]))).toBe("bad-field");
  });
}

function testDamage(gunzip: Decompressor): void {
  test("cut at each byte it is truncated, but between members", async () => {
    const members = await small;
    const bytes = concatBytes(members);
    const ends = members.map((_, i) => concatBytes(members.slice(0, i + 1)).length);
    for (let length = 0; length < bytes.length; length++) {
      const source = gunzip(inChunks(bytes.subarray(0, length), 16));
      if (!ends.includes(length)) expect(await refusal(source), `cut to ${length}`).toBe("truncated");
      else expectSame(await collect(source), toBytes("hello, hello, hello"));
    }
  });

  test.each([50_000, -9, -8, -1])("a long member cut at %d is truncated", async (length) => {
    expect(await refusal(gunzip(inChunks((await packed).subarray(0, length), 4096)))).toBe("truncated");
  });

  test("each bit that counts is checked", async () => {
    const first = await gzipMember(toBytes("hello, hello"), { headerCrc: true });
    const bytes = concatBytes([first, await hello]);
    const unchecked = new Set<number>();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const outcome = await collect(gunzip([changed])).catch((reason: unknown) => reason);
      if (outcome instanceof Uint8Array) {
        expectSame(outcome, toBytes("hello, hellohello"));
        unchecked.add(bit >> 3);
      } else expect(outcome, `bit ${bit}`).toBeInstanceOf(FormatError);
    }
    // The second header's flag for text, time, extra flags and system; what fills up a last byte of deflate.
    const start = first.length;
    const header = [3, 4, 5, 6, 7, 8, 9].map((at) => start + at);
    const fill = [start - 9, bytes.length - 9];
    expect([...unchecked].filter((at) => !header.includes(at) && !fill.includes(at))).toEqual([]);
  });

  test.each([
    ["the data", 2000],
    ["the CRC", -6],
    ["the length", -2],
  ])("a change of %s of a long member is refused", async (_what, at) => {
    const bytes = (await packed).slice();
    const offset = at < 0 ? bytes.length + at : at;
    bytes[offset] = (bytes[offset] as number) ^ 0x55;
    expect(await refusal(gunzip([bytes]))).toBe("bad-field");
    expect(await refusal(gunzip([await hello, bytes, await hello]))).toBe("bad-field");
  });
}

function testWhatFollows(gunzip: Decompressor): void {
  test.each([
    ["text", toBytes("999"), "bad-field"],
    ["zeros", new Uint8Array(512), "bad-field"],
    ["a byte", Uint8Array.of(9), "truncated"],
    ["half a magic", Uint8Array.of(0x1f), "truncated"],
    ["a magic", Uint8Array.of(0x1f, 0x8b), "truncated"],
    ["a magic and more", Uint8Array.of(0x1f, 0x8b, 0), "truncated"],
    ["zstd's magic", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), "bad-field"],
  ])("%s behind the last member is refused", async (_what, garbage, code) => {
    for (const member of [await hello, await packed, concatBytes(await small)]) {
      expect(await refusal(gunzip([member, garbage]))).toBe(code);
      expect(await refusal(gunzip([concatBytes([member, garbage])]))).toBe(code);
    }
  });

  test("a single zero behind the last member is refused", async () => {
    expect(await refusal(gunzip([await hello, Uint8Array.of(0)]))).toMatch(/^(bad-field|truncated)$/);
  });

  test("nothing is no member", async () => {
    expect(await refusal(gunzip([]))).toBe("truncated");
    expect(await refusal(gunzip([new Uint8Array()]))).toBe("truncated");
  });
}

function testFlow(gunzip: Decompressor): void {
  test("errors of the source pass unchanged", async () => {
    const error = new DeviceError("device-failed", "gone");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield (await packed).subarray(0, 5000);
      throw error;
    }
    await expect(collect(decompress(failing(), { gunzip }))).rejects.toBe(error);
  });

  test.each([1, 64])(
    "who stops early stops the source, and it is not read ahead of: %d members",
    async (count) => {
      const member = await gzipMember(new Uint8Array((16 << 20) / count));
      const bomb = concatBytes(Array.from({ length: count }, () => member));
      let pulledBytes = 0;
      let closed = false;
      function* source(): Generator<Uint8Array> {
        try {
          for (const chunk of inChunks(bomb, 1024)) {
            pulledBytes += chunk.length;
            yield chunk;
          }
        } finally {
          closed = true;
        }
      }
      for await (const chunk of decompress(source(), { gunzip })) {
        expect(chunk.length).toBeLessThanOrEqual(maxPieceBytes);
        await new Promise((resolve) => setTimeout(resolve, 20));
        break;
      }
      expect(closed).toBe(true);
      expect(pulledBytes).toBeLessThan(bomb.length / 2);
    },
  );

  test("a bomb in one chunk, read slowly, is handed out in small pieces", async () => {
    const bomb = await gzipMember(new Uint8Array(8 << 20));
    let sizeBytes = 0;
    for await (const chunk of gunzip([concatBytes([bomb, bomb])])) {
      expect(chunk.length).toBeLessThanOrEqual(maxPieceBytes);
      sizeBytes += chunk.length;
      if (sizeBytes % (1 << 20) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(sizeBytes).toBe(16 << 20);
  });
}

/** Members with and without fields, of random sizes: runs of at most `runLimitBytes`. */
export async function randomMembers(
  random: SeededRandom,
  runLimitBytes: number,
): Promise<{ bytes: Uint8Array; expected: Uint8Array }> {
  const contents: Uint8Array[] = [];
  const members: Uint8Array[] = [];
  for (let i = random.below(8); i >= 0; i--) {
    const runs = Array.from({ length: random.below(4) }, () =>
      random.below(2) === 0
        ? random.bytes(random.below(runLimitBytes / 30))
        : new Uint8Array(random.below(runLimitBytes)),
    );
    const content = concatBytes(runs);
    contents.push(content);
    members.push(
      await gzipMember(content, {
        flags: random.below(2),
        headerCrc: random.below(2) === 0,
        ...(random.below(2) === 0 && { extra: random.bytes(random.below(300)) }),
        ...(random.below(2) === 0 && { name: "n".repeat(random.below(300)) }),
        ...(random.below(2) === 0 && { comment: "c".repeat(random.below(300)) }),
      }),
    );
  }
  return { bytes: concatBytes(members), expected: concatBytes(contents) };
}

function* inRandomChunks(bytes: Uint8Array, random: SeededRandom): Generator<Uint8Array> {
  const limitBytes = random.pick([200, 1000, 100_000]);
  for (let at = 0; at < bytes.length; ) {
    const end = at + random.below(limitBytes + 1);
    // A source may use its memory again once the next chunk is asked for.
    const chunk = bytes.slice(at, end);
    yield chunk;
    chunk.fill(0xee);
    at = end;
  }
}

/** Compares in one go: vitest's own comparison takes seconds for as many bytes. */
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(equalBytes(actual, expected), "the bytes are as expected").toBe(true);
}
