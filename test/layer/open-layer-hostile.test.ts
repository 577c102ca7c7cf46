/** What a hostile host does to a layer image, by the rows of the threat list; each must be refused. */
import { describe, expect, test } from "vitest";
import { writeU32Le, writeU64Le } from "../../src/bytes/codec.ts";
import { toHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { FormatError, IntegrityError } from "../../src/errors.ts";
import { openLayer } from "../../src/layer/opened-layer.ts";
import { layerSuperblock } from "../../src/layer/verity-parameters.ts";
import { serializeVhdFooter } from "../../src/layer/vhd-footer.ts";
import { serializeSuperblock } from "../../src/verity/superblock.ts";
import { HostileDevice } from "../verity/hostile-device.ts";
import { goldenImage, goldenLayers, imageBytes } from "./golden-images.ts";
import {
  blockDigest,
  changed,
  ends,
  hashBlock,
  joined,
  put,
  refusal,
  resumFooter,
  small,
  smallRootHash,
} from "./layer-parts.ts";

const superblock = ends.fileSystem;
const ext4 = 1024;

describe("H1 H2: a bit flipped", () => {
  test.each([
    ["the first data byte", 0, "block-mismatch"],
    ["the file system's label", ext4 + 120, "block-mismatch"],
    ["the last data byte", ends.fileSystem - 1, "block-mismatch"],
    ["the hash block's first byte", ends.superblock, "hash-block-mismatch"],
    ["the hash block's last digest", ends.superblock + 14 * 32 - 1, "hash-block-mismatch"],
    ["the hash block's spare area", ends.tree - 1, "hash-block-mismatch"],
  ])("in %s", async (_, offset, code) => {
    const error = await refusal(changed((bytes) => bytes.set([(bytes[offset] as number) ^ 1], offset)));
    expect(error).toBeInstanceOf(IntegrityError);
    expect(error.code).toBe(code);
  });
});

describe("H3: what should be zero is not", () => {
  test.each([
    ["superblock, after the name", superblock + 40],
    ["superblock, after the salt's size", superblock + 82],
    ["superblock, after the salt", superblock + 88 + 32],
    ["superblock, its last byte", superblock + 511],
    ["the first byte after the superblock", superblock + 512],
    ["the last byte of the superblock's block", superblock + 4095],
  ])("%s", async (_, offset) => {
    const error = await refusal(changed(put(offset, 1)));
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ code: "bad-padding", at: { layer: "base", device: "memory" } });
    expect(error.at.offsetBytes).toBeLessThanOrEqual(offset);
  });

  test("a footer's spare byte, its checksum mended", async () => {
    const error = await refusal(
      changed((bytes) => {
        bytes[ends.image - 1] = 1;
        resumFooter(bytes);
      }),
    );
    expect(error).toMatchObject({ name: "FormatError", code: "bad-padding" });
  });

  test("more digests than blocks, under a root hash that fits", async () => {
    const bytes = changed(put(ends.superblock + 14 * 32, 1));
    const rootHash = blockDigest(bytes.subarray(ends.superblock, ends.tree));
    expect(await refusal(bytes, { rootHash })).toMatchObject({
      name: "IntegrityError",
      code: "spare-not-zero",
    });
  });
});

test("H4: two blocks in each other's place", async () => {
  const bytes = changed((image) => {
    const one = image.slice(4096, 8192);
    image.copyWithin(4096, 9 * 4096, 10 * 4096);
    image.set(one, 9 * 4096);
  });
  expect(await refusal(bytes)).toMatchObject({ code: "block-mismatch" });
});

describe("H20: the device is of another size", () => {
  test.each([1, 511, 513, 4096, 4608])("%d bytes more than a layer without a footer", async (more) => {
    const bytes = joined(imageBytes(small).subarray(0, ends.tree), new Uint8Array(more));
    const error = await refusal(bytes);
    expect(error).toMatchObject({ name: "FormatError", code: "bad-padding" });
    expect(error.message).toContain(String(more));
  });

  test("bytes behind the layer are taken where the caller expects them", async () => {
    const bytes = joined(imageBytes(small), new Uint8Array(1000).fill(7));
    const options = { rootHash: smallRootHash, ignoreTrailingBytes: true };
    await using layer = await openLayer(new MemoryDevice(bytes), options);
    expect(layer.trailers).toEqual([{ device: "memory", offsetBytes: ends.tree, sizeBytes: 1512 }]);
  });
});

describe("H21: cut short or gone on", () => {
  test("at every length that loses a part", async () => {
    const bytes = imageBytes(small);
    const lengths = [0, 1, 1024, 2047, 2048, 4096, ends.fileSystem - 1, ends.fileSystem];
    for (const length of [...lengths, ends.superblock - 1, ends.superblock, ends.tree - 1]) {
      const error = await refusal(bytes.slice(0, length));
      expect(error, String(length)).toBeInstanceOf(FormatError);
      expect(["truncated", "does-not-fit"], String(length)).toContain(error.code);
    }
  });

  test("at every length within the footer but its start", async () => {
    const bytes = imageBytes(small);
    for (const length of [1, 64, 256, 511]) {
      expect(await refusal(bytes.slice(0, ends.tree + length))).toMatchObject({ code: "bad-padding" });
    }
    await using layer = await openLayer(new MemoryDevice(bytes.slice(0, ends.tree)), {
      rootHash: smallRootHash,
    });
    expect(layer.trailers).toEqual([]);
  });

  test("an image without a tree says so", async () => {
    const fileSystem = imageBytes(small).subarray(0, ends.fileSystem);
    const footer = serializeVhdFooter({ sizeBytes: ends.fileSystem, uniqueId: new Uint8Array(16) });
    for (const bytes of [fileSystem, joined(fileSystem, footer)]) {
      expect((await refusal(bytes)).message).toContain("no verity superblock and no hash tree");
    }
  });
});

describe("H23: the superblock", () => {
  const u32 = (offset: number, value: number) => (bytes: Uint8Array) =>
    writeU32Le(bytes, superblock + offset, value);
  const text = (offset: number, value: string) => (bytes: Uint8Array) =>
    bytes.fill(0, superblock + offset, superblock + offset + 32).set(Buffer.from(value), superblock + offset);
  test.each<[string, string, (bytes: Uint8Array) => void]>([
    ["bad magic", "magic", put(superblock, 0x56)],
    ["a magic padded by NULs before it", "magic", put(superblock, 0, 0, 0x76, 0x65, 0x72, 0x69, 0x74, 0x79)],
    ["version 0", "version", u32(8, 0)],
    ["version 2", "version", u32(8, 2)],
    ["hash type 0", "hashType", u32(12, 0)],
    ["hash type 2", "hashType", u32(12, 2)],
    ["an unknown algorithm", "algorithm", text(32, "md4")],
    ["a weak algorithm", "algorithm", text(32, "sha1")],
    ["another algorithm", "algorithm", text(32, "sha512")],
    ["the algorithm in capitals", "algorithm", text(32, "SHA256")],
    ["an algorithm named like a property", "algorithm", text(32, "__proto__")],
    ["a salt of 257 bytes", "saltSize", put(superblock + 80, 1, 1)],
    ["a salt of 31 bytes", "salt", put(superblock + 80, 31)],
    ["a salt of 33 bytes", "salt", put(superblock + 80, 33)],
    ["no salt", "salt", put(superblock + 80, 0)],
    ["another salt", "salt", put(superblock + 88 + 31, 1)],
    ["data blocks of 0 bytes", "dataBlockSize", u32(64, 0)],
    ["data blocks of 3 bytes", "dataBlockSize", u32(64, 3)],
    ["data blocks of 2^31 bytes", "dataBlockSize", u32(64, 2 ** 31)],
    ["data blocks of 512 bytes", "dataBlockSize", u32(64, 512)],
    ["hash blocks of 0 bytes", "hashBlockSize", u32(68, 0)],
    ["hash blocks of 1024 bytes", "hashBlockSize", u32(68, 1024)],
    ["no data blocks", "dataBlocks", u32(72, 0)],
    ["2^63 data blocks", "dataBlocks", put(superblock + 72, 0, 0, 0, 0, 0, 0, 0, 0x80)],
    ["one data block less", "dataBlocks", u32(72, 13)],
    ["one data block more", "dataBlocks", u32(72, 15)],
  ])("%s", async (_, field, change) => {
    const error = await refusal(changed(change));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.at).toMatchObject({ field, layer: "base" });
    expect(error.message).toMatch(/^layer base: /);
  });

  test("the UUID alone is free", async () => {
    const bytes = changed((image) => image.fill(0x77, superblock + 16, superblock + 32));
    await using layer = await openLayer(new MemoryDevice(bytes), { rootHash: smallRootHash });
    expect(layer.rootHash).toEqual(smallRootHash);
  });

  test("a superblock over the data it should follow", async () => {
    // The file system says that it ends where its last block begins.
    const bytes = changed((image) => writeU32Le(image, ext4 + 4, 13));
    expect(await refusal(bytes)).toMatchObject({ name: "FormatError", code: "bad-magic" });
  });
});

describe("H23 H26: the file system's size", () => {
  test.each<[string, string, (bytes: Uint8Array) => void]>([
    ["no file system", "magic", put(ext4 + 56, 0)],
    ["no blocks", "blocksCountLow", (bytes) => writeU32Le(bytes, ext4 + 4, 0)],
    ["a high word", "blocksCountHigh", (bytes) => writeU32Le(bytes, ext4 + 336, 1)],
    ["blocks of 2^41 bytes", "logBlockSize", (bytes) => writeU32Le(bytes, ext4 + 24, 31)],
    ["blocks of 2^(2^32 + 9) bytes", "logBlockSize", (bytes) => writeU32Le(bytes, ext4 + 24, 0xffff_ffff)],
    ["2^32 - 1 blocks", "blocksCountLow", (bytes) => writeU32Le(bytes, ext4 + 4, 0xffff_ffff)],
    [
      "blocks of 1 KiB that make no whole 4 KiB",
      "blocksCountLow",
      (bytes) => bytes.set([13, 0, 0, 0], ext4 + 4),
    ],
  ])("%s", async (name, field, change) => {
    const bytes = changed(change);
    if (name.includes("1 KiB")) writeU32Le(bytes, ext4 + 24, 0);
    const error = await refusal(bytes);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.at.field).toBe(field);
  });
});

describe("H24: the right root hash for other blocks", () => {
  /** 200 blocks and the two levels above them: enough for an interior block. */
  const large = goldenLayers.find(
    ({ result }) => result.ext4_size / 4096 > 128,
  ) as (typeof goldenLayers)[number];
  const bytes = imageBytes(large);
  const { ext4_size } = large.result;
  const tree = bytes.subarray(ext4_size + 4096, ext4_size + 4096 + large.result.verity_tree_size);
  const [top, leaves] = [tree.subarray(0, 4096), tree.subarray(4096)];
  const rootHash = blockDigest(top);

  /** The tree's own blocks as the data of a small device: it verifies under the same root hash. */
  function levelConfusion(): Uint8Array<ArrayBuffer> {
    const block = new Uint8Array(4096);
    block.set(serializeSuperblock(layerSuperblock(leaves.length / 4096, new Uint8Array(16))));
    return joined(leaves, block, top);
  }

  test("the small device has the same root hash", () => {
    expect(toHex(rootHash)).toBe(large.result.verity_root_hash);
    expect(toHex(hashBlock(leaves))).toBe(toHex(top));
  });

  test("hash blocks as data, by an honest device", async () => {
    expect(await refusal(levelConfusion(), { rootHash })).toMatchObject({
      name: "FormatError",
      code: "bad-magic",
    });
  });

  test("hash blocks as data, by a device that shows a file system first", async () => {
    const device = new HostileDevice(levelConfusion(), (read) => {
      read.honest();
      if (read.index > 0) return;
      read.into.set(bytes.subarray(1024, 2048));
      writeU32Le(read.into, 4, leaves.length / 4096);
    });
    await expect(openLayer(device, { rootHash })).rejects.toMatchObject({
      name: "FormatError",
      code: "bad-magic",
    });
  });

  test("a verified file system of another size, under its own root hash", async () => {
    // What a builder with the wrong size in the superblock would have made: 14 blocks that say 13.
    const data = imageBytes(small).slice(0, ends.fileSystem);
    writeU32Le(data, ext4 + 4, 13);
    const block = imageBytes(small).subarray(ends.fileSystem, ends.superblock);
    const own = hashBlock(data);
    const device = new HostileDevice(joined(data, block, own), (read) => {
      read.honest();
      if (read.index === 0) writeU32Le(read.into, 4, 14);
    });
    await expect(openLayer(device, { rootHash: blockDigest(own) })).rejects.toMatchObject({
      name: "IntegrityError",
      code: "identity-mismatch",
      at: { field: "blocksCountLow" },
    });
  });
});

describe("H25: another layer's image", () => {
  test("names both root hashes, the layer, and what to do", async () => {
    const other = goldenImage("03-rootdir.layer");
    const error = await refusal(imageBytes(other));
    expect(error).toMatchObject({
      name: "IntegrityError",
      code: "hash-block-mismatch",
      at: { layer: "base" },
    });
    expect(error.message).toContain(other.result.verity_root_hash);
    expect(error.message).toContain(small.result.verity_root_hash);
    expect(error.message).toContain("name the right image");
  });

  test("its superblock before our tree", async () => {
    const other = imageBytes(goldenImage("03-rootdir.layer"));
    const block = other.subarray(15 * 4096, 16 * 4096);
    const error = await refusal(changed((bytes) => bytes.set(block, ends.fileSystem)));
    expect(error).toMatchObject({ name: "FormatError", at: { field: "dataBlocks" } });
  });

  test("its footer behind our tree", async () => {
    const footer = imageBytes(goldenImage("03-rootdir.layer")).subarray(-512);
    const error = await refusal(changed((bytes) => bytes.set(footer, ends.tree)));
    expect(error).toMatchObject({ name: "FormatError", at: { field: "currentSize" } });
  });

  test("its hash device beside our data", async () => {
    const other = imageBytes(goldenImage("03-rootdir.layer"));
    const hashDevice = new MemoryDevice(other.slice(15 * 4096, 17 * 4096));
    const data = imageBytes(small).slice(0, ends.fileSystem);
    expect(await refusal(data, { hashDevice })).toMatchObject({
      name: "FormatError",
      at: { field: "dataBlocks" },
    });
  });
});

test("an image whose tree was made before 2023 is named as such", async () => {
  // 128 data blocks filled the leaf; a block of zeros was added, and with it another level.
  const data = new Uint8Array(128 * 4096);
  data.set(imageBytes(small).subarray(0, ends.fileSystem));
  writeU32Le(data, ext4 + 4, 128);
  const block = new Uint8Array(4096);
  const uuid = new Uint8Array(16);
  block.set(serializeSuperblock(layerSuperblock(128, uuid)));
  const leaf = joined(hashBlock(data), new Uint8Array(4096));
  const top = hashBlock(leaf);
  const parts = joined(data, block, top, leaf);
  const footer = serializeVhdFooter({ sizeBytes: parts.length, uniqueId: uuid });
  const error = await refusal(joined(parts, footer), { rootHash: blockDigest(top) });
  expect(error.message).toContain("before February 2023");
});

test("H39: an error names root hashes and no content", async () => {
  const error = await refusal(changed((bytes) => writeU64Le(bytes, 8192, 0x1234)));
  expect(error.message).not.toContain("1234");
});
