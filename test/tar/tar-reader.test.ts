/** Limits, the archive's end, and how the reader behaves over several calls. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StateError, UsageError } from "../../src/errors.ts";
import { TarReader } from "../../src/tar/index.ts";
import { inChunks, readTar } from "./read-tar.ts";
import { refusal, text } from "./reader-outcome.ts";
import { base256, TarBuilder, toBytes } from "./tar-builder.ts";

describe("limits and ends", () => {
  test.each(["x", "L", "K", "g"])("an extension header of type %s may have 1 MiB", async (type) => {
    const record = toBytes(`1048576 a=${"b".repeat(1048576 - 11)}\n`);
    const fits = new TarBuilder().add({ type, content: record }).file("a");
    expect((await readTar([fits.end().bytes()])).length).toBe(type === "g" ? 2 : 1);
    const over = new TarBuilder().add({ type, content: new Uint8Array((1 << 20) + 1) }).file("a");
    expect((await refusal(over)).code).toBe("does-not-fit");
    const claimed = new TarBuilder().add({ type, size: base256(2n ** 62n, 12) });
    expect((await refusal(claimed)).code).toBe("truncated");
  });

  test("a size of 2^53 or more is refused, a negative one too", async () => {
    expect((await refusal(new TarBuilder().add({ size: 2n ** 53n }))).code).toBe("does-not-fit");
    expect((await refusal(new TarBuilder().add({ size: -1 }))).code).toBe("bad-field");
    expect((await refusal(new TarBuilder().add({ pax: { size: "-1" } }))).code).toBe("bad-field");
  });

  const one = new TarBuilder().file("a", "content").bytes();
  test.each([
    ["nothing", new Uint8Array(), 0],
    ["two blocks of zeros", new Uint8Array(1024), 0],
    ["one block of zeros", new Uint8Array(512), 0],
    ["no end marker", one, 1],
    ["no padding", one.subarray(0, 519), 1],
    ["an extension header at the end", new TarBuilder().raw(one).add({ type: "L", content: "x" }).bytes(), 1],
    ["an end marker and garbage", new TarBuilder().raw(one).end().raw("garbage").bytes(), 1],
  ])("%s is an archive", async (_what, bytes, count) => {
    expect(await readTar([bytes])).toHaveLength(count);
  });

  test.each([
    ["a header that is cut", one.subarray(0, 511), "truncated", 511],
    ["content that is cut", one.subarray(0, 518), "truncated", 518],
    ["a block of zeros that is cut", new Uint8Array(600), "truncated", 600],
    ["one block of zeros and a header", new TarBuilder().end(1).raw(one).bytes(), "bad-field", 512],
  ])("%s is refused, and where", async (_what, bytes, code, offsetBytes) => {
    const { code: found, at } = await refusal(bytes);
    expect([found, at.offsetBytes]).toEqual([code, offsetBytes]);
  });
});

describe("the reader", () => {
  const tar = new TarBuilder().file("a", "x".repeat(3000)).file("b", "y").end().raw("tail").bytes();

  test("skips what is not read, and reads to the end marker alone until it is told to drain", async () => {
    const reader = new TarReader(inChunks(tar, 100));
    await reader.next();
    expect(await reader.read()).toMatchObject({ kind: "data" });
    expect(text((await reader.next())?.name as Uint8Array)).toBe("b");
    expect(await reader.next()).toBeUndefined();
    expect(await reader.next()).toBeUndefined();
    expect([reader.offsetBytes, await reader.drain(), reader.offsetBytes]).toEqual([
      tar.length - 4,
      4,
      tar.length,
    ]);
  });

  test("hands out views of the source's chunks", async () => {
    const reader = new TarReader([tar]);
    await reader.next();
    const piece = await reader.read();
    expect(piece?.kind === "data" && piece.bytes.buffer).toBe(tar.buffer);
  });

  test("keeps nothing of a chunk for longer than the source does", async () => {
    const memory = new Uint8Array(64);
    function* reusing(): Generator<Uint8Array> {
      for (const chunk of inChunks(tar, 64)) {
        memory.set(chunk);
        yield memory.subarray(0, chunk.length);
        memory.fill(0xee);
      }
    }
    expect(await readTar(reusing())).toEqual(await readTar([tar]));
  });

  test("stays with its error, passes the source's on, and is closed", async () => {
    const broken = new TarReader([tar.subarray(0, 600)]);
    await broken.next();
    await broken.read();
    const error = await broken.read().catch((reason: unknown) => reason);
    await expect(broken.next()).rejects.toBe(error);
    await expect(new TarReader(["text" as unknown as Uint8Array]).next()).rejects.toThrow(UsageError);
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield tar;
      } finally {
        closed = true;
      }
    }
    const reader = new TarReader(source());
    await reader.next();
    await reader.close();
    await reader.close();
    expect(closed).toBe(true);
    await expect(reader.next()).rejects.toMatchObject({ name: "StateError", code: "closed" });
  });

  test("takes one call at a time", async () => {
    const reader = new TarReader([tar]);
    const first = reader.next();
    await expect(reader.next()).rejects.toThrow(StateError);
    expect(text((await first)?.name as Uint8Array)).toBe("a");
  });
});

const fileName = fc.stringMatching(/^[a-z]{1,20}$/);
const file = fc.record({
  name: fileName,
  content: fc.uint8Array({ maxLength: 2000 }),
  mode: fc.nat(0o7777),
  uid: fc.nat(),
  mtime: fc.integer(),
  // Keys of a vendor's own: `gid` and the like would take numbers alone.
  pax: fc.dictionary(
    fileName.map((key) => `VENDOR.${key}`),
    fc.string({ minLength: 1 }),
  ),
});

test("any files come back as they were put in, however the archive is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(file, { maxLength: 6 }),
      fc.integer({ min: 1, max: 1500 }),
      async (files, size) => {
        const tar = new TarBuilder();
        for (const { name, content, ...rest } of files)
          tar.file(name, content, { ...rest, pax: { ...rest.pax, path: name } });
        const entries = await readTar(inChunks(tar.end().bytes(), size));
        expect(entries.map(({ entry, content }) => [text(entry.name), content])).toEqual(
          files.map(({ name, content }) => [name, content]),
        );
        expect(
          entries.map(({ entry }) => [Number(entry.mode), Number(entry.uid), entry.modifiedAt?.seconds]),
        ).toEqual(files.map(({ mode, uid, mtime }) => [mode, uid, BigInt(mtime)]));
      },
    ),
  );
});
