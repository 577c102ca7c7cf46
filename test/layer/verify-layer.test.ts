import { describe, expect, test } from "vitest";
import { writeU32Le } from "../../src/bytes/codec.ts";
import { fromHex, toHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { UsageError } from "../../src/errors.ts";
import { verifyLayer } from "../../src/layer/verify-layer.ts";
import { HostileDevice } from "../verity/hostile-device.ts";
import { expectFlipsFound } from "./flipped-layer.ts";
import { goldenImage, goldenLayers, imageBytes } from "./golden-images.ts";
import { changed, ends, joined, put, small, smallRootHash } from "./layer-parts.ts";

const verify = (bytes: Uint8Array, rootHash = smallRootHash) =>
  verifyLayer(new MemoryDevice(bytes), { rootHash });

test.each(goldenLayers)("$name is whole", async (golden) => {
  const report = await verify(imageBytes(golden), fromHex(golden.result.verity_root_hash));
  expect(report).toMatchObject({
    ok: true,
    rootHashMatches: true,
    problems: [],
    dataBlocks: golden.result.ext4_size / 4096,
    superblock: { uuid: new Uint8Array(16).fill(0x11) },
    trailers: [{ sizeBytes: 512, footer: { sizeBytes: golden.result.image_size - 512 } }],
    blocks: { ok: true },
  });
});

test("H1 H2 H3: bits flipped here and there, and closer in superblock and footer", async () => {
  const offsets = Array.from({ length: ends.image }, (_, offset) => offset).filter((offset) => {
    const dense = offset >= ends.fileSystem && offset < ends.fileSystem + 512;
    return offset % (dense || offset >= ends.tree ? 7 : 331) === 0;
  });
  expect(await expectFlipsFound(offsets)).toBe(offsets.length);
});

describe("all that is wrong is reported", () => {
  test("data, superblock, its padding, and footer at once", async () => {
    const bytes = changed((image) => {
      put(5 * 4096, 1)(image);
      put(9 * 4096, 1)(image);
      put(ends.fileSystem + 12, 0)(image);
      put(ends.fileSystem + 72, 13)(image);
      put(ends.fileSystem + 88, 1)(image);
      put(ends.fileSystem + 600, 1)(image);
      put(ends.tree + 100, 1)(image);
    });
    const report = await verify(bytes);
    expect(report.ok).toBe(false);
    expect(report.rootHashMatches).toBe(true);
    expect(report.problems.map(({ at }) => at.field)).toEqual([
      "hashType",
      "dataBlocks",
      "salt",
      "padding",
      "checksum",
    ]);
    expect(report.blocks?.unreadableBlocks.numbers(10)).toEqual([5, 9]);
  });

  test("another layer, whole in itself", async () => {
    const other = goldenImage("03-rootdir.layer");
    const report = await verify(imageBytes(other));
    expect(report).toMatchObject({ ok: false, rootHashMatches: false, blocks: { ok: true } });
    expect(toHex(report.shownRootHash ?? new Uint8Array())).toBe(other.result.verity_root_hash);
    expect(report.problems).toMatchObject([{ code: "hash-block-mismatch" }]);
    expect(report.problems[0]?.message).toContain(small.result.verity_root_hash);
  });

  test("another layer, corrupt besides", async () => {
    const bytes = imageBytes(goldenImage("03-rootdir.layer"));
    put(7 * 4096, 1)(bytes);
    const report = await verify(bytes);
    expect(report.problems).toMatchObject([{ code: "hash-block-mismatch" }]);
    expect(report.blocks?.unreadableBlocks.numbers(10)).toEqual([7]);
  });

  test("the first block, in which the size stands", async () => {
    const report = await verify(changed(put(2000, 1)));
    expect(report.problems).toEqual([]);
    expect(report.blocks?.unreadableBlocks.numbers(10)).toEqual([0]);
  });

  test("no file system, no tree", async () => {
    const none = await verify(changed((bytes) => bytes.fill(0, 0, 4096)));
    expect(none).toMatchObject({ ok: false, problems: [{ code: "bad-magic" }], trailers: [] });
    expect(none.blocks).toBeUndefined();
    const short = await verify(imageBytes(small).slice(0, ends.superblock));
    expect(short).toMatchObject({
      ok: false,
      problems: [{ code: "does-not-fit" }],
      superblock: { dataBlocks: 14 },
    });
  });

  test("bytes behind the layer, unless they may be there", async () => {
    const bytes = joined(imageBytes(small), new Uint8Array(4096));
    expect(await verify(bytes)).toMatchObject({ ok: false, problems: [{ code: "bad-padding" }] });
    const options = { rootHash: smallRootHash, ignoreTrailingBytes: true };
    const report = await verifyLayer(new MemoryDevice(bytes), options);
    expect(report).toMatchObject({ ok: true, trailers: [{ offsetBytes: ends.tree, sizeBytes: 4608 }] });
  });
});

test("H10: blocks that cannot be read are reported with the others", async () => {
  const device = new HostileDevice(imageBytes(small), (read) => {
    if (read.offsetBytes <= 4096 && read.offsetBytes + read.into.length > 4096) throw new Error("EIO");
    read.honest();
  });
  const report = await verifyLayer(device, { rootHash: smallRootHash });
  expect(report.ok).toBe(false);
  expect(report.blocks?.unreadableBlocks.numbers(20)).toEqual([1]);
});

test("H7: a size that changes when it is read again is reported", async () => {
  const data = imageBytes(small);
  const device = new HostileDevice(data, (read) => {
    read.honest();
    // Each read of block 0 but the first is of other bytes: the tree has the last word.
    if (read.index > 0 && read.offsetBytes === 0) writeU32Le(read.into, 1028, 13);
  });
  const report = await verifyLayer(device, { rootHash: smallRootHash });
  expect(report.ok).toBe(false);
  expect(report.blocks?.unreadableBlocks.numbers(20)).toEqual([0]);
});

test("progress ends with all blocks; an abort ends it", async () => {
  const seen: number[] = [];
  const device = new MemoryDevice(imageBytes(small));
  await verifyLayer(device, {
    rootHash: smallRootHash,
    onProgress: ({ doneBlocks, totalBlocks }) => seen.push(doneBlocks / totalBlocks),
  });
  expect(seen.at(-1)).toBe(1);
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(verifyLayer(device, { rootHash: smallRootHash, signal })).rejects.toThrow("enough");
});

test("a root hash of another length is the caller's mistake", async () => {
  await expect(verify(imageBytes(small), new Uint8Array(20))).rejects.toBeInstanceOf(UsageError);
});
