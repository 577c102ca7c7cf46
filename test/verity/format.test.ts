import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { createBlockHasher } from "../../src/crypto/create-block-hasher.ts";
import { FileDevice } from "../../src/device/file-device.node.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { DeviceError, FormatError, UsageError } from "../../src/errors.ts";
import { formatVerity } from "../../src/verity/format.ts";
import { hashAreaEndBytes, treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { firstHashBlock } from "../../src/verity/placement.ts";
import { readSuperblock } from "../../src/verity/superblock.ts";
import { parseUuid, randomUuid, uuidText } from "../../src/verity/uuid.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import {
  goldenData,
  goldenFile,
  goldenIdentity,
  goldenPlacement,
  goldenVolumes,
  seedBytes,
} from "./golden.ts";

const goldenUuid = parseUuid("11111111-2222-4333-8444-555555555555");

describe("golden volumes come out byte for byte", () => {
  test.each(goldenVolumes.filter((volume) => !volume.name.includes("allinone")))("$name", async (volume) => {
    const { rootHash, dataBlocks, ...parameters } = goldenIdentity(volume);
    const data = goldenData(volume);
    const hashBytes = new Uint8Array(volume.hash_file_size);
    if (volume.data_in_hash_file) hashBytes.set(data);
    const hash = new MemoryDevice(hashBytes);
    const identity = await formatVerity({
      data: volume.data_in_hash_file ? hash : new MemoryDevice(data),
      hash,
      parameters,
      dataBlocks,
      placement: goldenPlacement(volume),
      uuid: goldenUuid,
    });
    expect(identity).toEqual({ ...parameters, dataBlocks, rootHash });
    expect(createHash("sha256").update(hashBytes).digest("hex")).toBe(volume.hash_file_sha256);
    if (!volume.data_in_hash_file) expect(Buffer.compare(hashBytes, goldenFile(volume.hash_file))).toBe(0);
  });

  test("the volume whose parity shares the file, up to the parity", async () => {
    const volume = goldenVolumes.find(({ name }) => name === "sha256-fec2-allinone-n300");
    if (volume === undefined) throw new Error("no such volume");
    const bytes = new Uint8Array(volume.hash_file_size);
    bytes.set(goldenData(volume));
    const device = new MemoryDevice(bytes);
    const { rootHash, dataBlocks, ...parameters } = goldenIdentity(volume);
    const placement = goldenPlacement(volume);
    const identity = await formatVerity({ data: device, hash: device, parameters, dataBlocks, placement });
    expect(toHex(identity.rootHash)).toBe(toHex(rootHash));
  });
});

const defaults: VerityParameters = {
  hashType: 1,
  algorithm: "sha256",
  salt: new Uint8Array(0),
  dataBlockSize: 4096,
  hashBlockSize: 4096,
};

test("left to itself it takes veritysetup's defaults, a fresh salt and a fresh UUID", async () => {
  const format = async () => {
    const hash = new MemoryDevice(16_384);
    const identity = await formatVerity({ data: new MemoryDevice(seedBytes(3 * 4096 + 100)), hash });
    return { identity, superblock: await readSuperblock(hash, 0) };
  };
  const [a, b] = [await format(), await format()];
  const { rootHash: _, ...rest } = a.identity;
  expect(rest).toEqual({ ...defaults, salt: a.superblock.salt, dataBlocks: 3 });
  expect(a.superblock.salt).toHaveLength(32);
  expect(a.superblock.salt).not.toEqual(b.superblock.salt);
  expect(a.superblock.uuid).not.toEqual(b.superblock.uuid);
  expect(uuidText(a.superblock.uuid)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
});

test("one data block: as Linux the digest alone, as hcsshim one leaf", async () => {
  const data = new MemoryDevice(seedBytes(4096));
  const hasher = await createBlockHasher({ ...defaults, saltPosition: "first", capacityBytes: 4096 });
  await data.read(0, hasher.input);
  const digest = hasher.digest(0, 4096, 1).slice();
  const linux = await formatVerity({ data, hash: new MemoryDevice(512), parameters: defaults });
  expect(linux.rootHash).toEqual(digest);
  const hash = new MemoryDevice(8192);
  const leaf = new Uint8Array(4096);
  leaf.set(digest);
  hasher.input.set(leaf);
  const identity = await formatVerity({ data, hash, parameters: defaults, levels: "at-least-one" });
  expect(identity.rootHash).toEqual(hasher.digest(0, 4096, 1));
  const written = new Uint8Array(4096);
  await hash.read(4096, written);
  expect(written).toEqual(leaf);
  const report = await verifyVerity({ data, hash, identity, levels: "at-least-one" });
  expect(report.ok).toBe(true);
});

test("what stands between superblock and tree and around the area stays, as veritysetup leaves it", async () => {
  const bytes = new Uint8Array(65_536).fill(0xee);
  const placement = { hashOffsetBytes: 4096 + 512, superblock: true };
  const parameters = { ...defaults, hashBlockSize: 16_384 };
  await formatVerity({
    data: new MemoryDevice(5 * 4096),
    hash: new MemoryDevice(bytes),
    parameters,
    placement,
  });
  expect(bytes.subarray(0, 4608).every((byte) => byte === 0xee)).toBe(true);
  expect(bytes.subarray(4608 + 512, 16_384).every((byte) => byte === 0xee)).toBe(true);
  expect(bytes.subarray(32_768).every((byte) => byte === 0xee)).toBe(true);
});

describe("refused before anything is written", () => {
  const cases: [string, object, new (...args: never[]) => Error][] = [
    ["more blocks than the data device has", { dataBlocks: 4 }, FormatError],
    ["a hash device one byte too small", { hash: new MemoryDevice(8191) }, FormatError],
    ["less than one data block", { data: new MemoryDevice(4095) }, FormatError],
    ["no blocks", { dataBlocks: 0 }, UsageError],
    ["half a block", { dataBlocks: 1.5 }, UsageError],
    ["a salt of 257 bytes", { parameters: { salt: new Uint8Array(257) } }, UsageError],
    ["a UUID of 4 bytes", { uuid: new Uint8Array(4) }, UsageError],
    ["an odd offset", { placement: { hashOffsetBytes: 100, superblock: true } }, UsageError],
  ];
  test.each(cases)("%s", async (_name, change, error) => {
    const bytes = new Uint8Array(8192).fill(0x55);
    const options = { data: new MemoryDevice(3 * 4096), hash: new MemoryDevice(bytes) };
    await expect(formatVerity({ ...options, ...change })).rejects.toThrow(error);
    expect(bytes.every((byte) => byte === 0x55)).toBe(true);
  });

  test("a tree in the file it covers, opened twice", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sealstone-format-"));
    try {
      const path = join(folder, "volume");
      writeFileSync(path, new Uint8Array(65_536).fill(0x55));
      symlinkSync(path, join(folder, "link"));
      await using data = await FileDevice.open(path);
      await using hash = await FileDevice.open(join(folder, "link"), { writable: true });
      await expect(formatVerity({ data, hash, dataBlocks: 8 })).rejects.toThrow(FormatError);
      expect(readFileSync(path).every((byte) => byte === 0x55)).toBe(true);
      const placement = { hashOffsetBytes: 32_768, superblock: true };
      const identity = await formatVerity({ data, hash, dataBlocks: 8, placement });
      expect((await verifyVerity({ data, hash, identity, placement })).ok).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a tree on the device it covers", async () => {
    const device = new MemoryDevice(65_536);
    await expect(formatVerity({ data: device, hash: device })).rejects.toThrow(FormatError);
  });
});

describe("a failure leaves no superblock", () => {
  /** A volume is there already; the format over it fails. */
  async function formattedBefore(): Promise<Uint8Array> {
    const bytes = new Uint8Array(2 ** 18);
    await formatVerity({ data: new MemoryDevice(seedBytes(2 ** 22)), hash: new MemoryDevice(bytes) });
    expect(bytes.subarray(0, 6)).toEqual(new TextEncoder().encode("verity"));
    return bytes;
  }

  test("of the data device", async () => {
    const bytes = await formattedBefore();
    const data = new MemoryDevice(2 ** 22);
    data.read = async (offset, into) => {
      if (offset + into.length === data.sizeBytes) throw new DeviceError("device-failed", "EIO");
      into.fill(1);
    };
    await expect(formatVerity({ data, hash: new MemoryDevice(bytes) })).rejects.toThrow(DeviceError);
    expect(bytes.subarray(0, 512).every((byte) => byte === 0)).toBe(true);
  });

  test("of the hash device, at any write", async () => {
    for (let failing = 2; ; failing++) {
      const bytes = await formattedBefore();
      const hash = new MemoryDevice(bytes);
      let writes = 0;
      hash.write = async (offset, from) => {
        if (++writes === failing) throw new DeviceError("device-failed", "EIO");
        bytes.set(from, offset);
      };
      const data = new MemoryDevice(seedBytes(2 ** 22));
      const failed = await formatVerity({ data, hash }).then(
        () => false,
        () => true,
      );
      if (!failed) break;
      expect(bytes.subarray(0, 512).every((byte) => byte === 0)).toBe(true);
      expect(failing).toBeLessThan(20);
    }
  });

  test("by an abort on the way", async () => {
    const bytes = await formattedBefore();
    const controller = new AbortController();
    const reason = new Error("enough");
    const seen: number[] = [];
    const formatting = formatVerity({
      data: new MemoryDevice(seedBytes(2 ** 22)),
      hash: new MemoryDevice(bytes),
      signal: controller.signal,
      onProgress: ({ doneBlocks, totalBlocks }) => {
        seen.push(doneBlocks / totalBlocks);
        if (seen.length === 2) controller.abort(reason);
      },
    });
    await expect(formatting).rejects.toBe(reason);
    expect(seen).toEqual([0.125, 0.25]);
    expect(bytes.subarray(0, 512).every((byte) => byte === 0)).toBe(true);
  });
});

test("H8: what the hash device does to the blocks it was handed changes nothing", async () => {
  const bytes = new Uint8Array(2 ** 20);
  const hash = new MemoryDevice(bytes);
  const kept: Uint8Array[] = [];
  hash.write = async (offset, from) => {
    bytes.set(from, offset);
    kept.push(from);
    for (const buffer of kept) buffer.fill(0xee);
  };
  const parameters = { ...defaults, dataBlockSize: 512, hashBlockSize: 512 };
  const data = new MemoryDevice(seedBytes(9000 * 512));
  const identity = await formatVerity({ data, hash, parameters });
  expect(identity.rootHash).toEqual(
    (await formatVerity({ data, hash: new MemoryDevice(2 ** 20), parameters })).rootHash,
  );
  expect((await verifyVerity({ data, hash, identity })).ok).toBe(true);
});

test("the superblock is written last", async () => {
  const bytes = new Uint8Array(2 ** 16);
  const hash = new MemoryDevice(bytes);
  const log: string[] = [];
  hash.write = async (offset, from) => {
    log.push(`write ${offset} ${from.some((byte) => byte !== 0) ? "bytes" : "zeros"}`);
    bytes.set(from, offset);
  };
  hash.flush = async () => {
    log.push("flush");
  };
  await formatVerity({ data: new MemoryDevice(seedBytes(130 * 4096)), hash });
  expect(log).toEqual([
    "write 0 zeros",
    "flush",
    "write 8192 bytes",
    "write 4096 bytes",
    "flush",
    "write 0 bytes",
    "flush",
  ]);
});

test("leaves of a big device are written in long runs", async () => {
  const blocks = 40_000;
  const parameters = { ...defaults, dataBlockSize: 512, hashBlockSize: 512 };
  const geometry = treeGeometry(parameters, blocks, 1);
  const hash = new MemoryDevice(geometry.endBlock * 512);
  const write = hash.write.bind(hash);
  let writes = 0;
  hash.write = (...args) => {
    writes++;
    return write(...args);
  };
  const data = new MemoryDevice(seedBytes(blocks * 512));
  const identity = await formatVerity({ data, hash, parameters });
  expect(writes).toBeLessThan(15);
  expect((await verifyVerity({ data, hash, identity })).ok).toBe(true);
});

test("every block size from 512 to 512 KiB, data and hash", async () => {
  for (let dataBits = 9; dataBits <= 19; dataBits++) {
    for (let hashBits = 9; hashBits <= 19; hashBits += 2) {
      const parameters = { ...defaults, dataBlockSize: 2 ** dataBits, hashBlockSize: 2 ** hashBits };
      const placement = { hashOffsetBytes: 0, superblock: true };
      const geometry = treeGeometry(parameters, 5, firstHashBlock(placement, parameters.hashBlockSize));
      const hash = new MemoryDevice(hashAreaEndBytes(geometry, placement));
      const data = new MemoryDevice(5 * 2 ** dataBits);
      await data.write(3 * 2 ** dataBits, Uint8Array.of(1, 2, 3));
      const identity = await formatVerity({ data, hash, parameters });
      expect((await verifyVerity({ data, hash, identity })).ok).toBe(true);
      await data.write(5 * 2 ** dataBits - 1, Uint8Array.of(1));
      const report = await verifyVerity({ data, hash, identity });
      expect([...report.unreadableBlocks]).toEqual([{ first: 4, count: 1 }]);
    }
  }
});

test("UUIDs as text", () => {
  expect(uuidText(goldenUuid)).toBe("11111111-2222-4333-8444-555555555555");
  const uuid = randomUuid();
  expect(parseUuid(uuidText(uuid).toUpperCase())).toEqual(uuid);
  for (const text of ["", "11111111222243338444555555555555", "11111111-2222-4333-8444-55555555555g"]) {
    expect(() => parseUuid(text)).toThrow(UsageError);
  }
});
