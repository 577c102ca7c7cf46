/** `VerityDevice` over the volumes of veritysetup, held against what kernels did with them. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { FormatError, IntegrityError } from "../../src/errors.ts";
import { VerityDevice, type VerityDeviceOptions } from "../../src/verity/device.ts";
import { FecRepairer } from "../../src/verity/fec-repair.ts";
import { firstHashBlock, type VerityPlacement } from "../../src/verity/placement.ts";
import { type Corruption, corruptedVolume, corruptions, goldenCorruption } from "./corruptions.ts";
import {
  type GoldenVolume,
  goldenData,
  goldenFile,
  goldenIdentity,
  goldenPlacement,
  goldenVolume,
  goldenVolumes,
} from "./golden.ts";
import { blockDigest, makeVolume } from "./reference-volume.ts";

/** Volumes whose files are all here; FEC makes no difference to a sound one. */
const stored = goldenVolumes.filter((volume) => !volume.data_in_hash_file);

/** The first hash block as the kernel is told it; it never reads a superblock. */
function kernelPlacement(volume: GoldenVolume): VerityPlacement {
  const block = firstHashBlock(goldenPlacement(volume), volume.hash_block_size);
  return { hashOffsetBytes: block * volume.hash_block_size, superblock: false };
}

function openingOf(corruption: Corruption): VerityDeviceOptions {
  const { volume, data, hash, fec, rootHash } = corruptedVolume(corruption);
  const opening = {
    data: new MemoryDevice(data),
    hash: new MemoryDevice(hash),
    identity: { ...goldenIdentity(volume), rootHash },
    placement: kernelPlacement(volume),
  };
  if (fec.length === 0) return opening;
  const roots = Number(/--fec-roots (\d+)/.exec(volume.cmd)?.[1]);
  const parity = { roots, device: new MemoryDevice(fec), offsetBytes: 0 };
  return { ...opening, repairer: FecRepairer.open({ ...opening, fec: parity }) };
}

/** The blocks that cannot be read; all of them where the device does not open, as every read of the kernel's fails. */
async function badBlocks(options: VerityDeviceOptions): Promise<{ blocks: number[]; status: string }> {
  const { dataBlocks, dataBlockSize } = options.identity;
  const device = await VerityDevice.open(options).catch((error: unknown) => error);
  if (!(device instanceof VerityDevice)) {
    expect(device).toBeInstanceOf(IntegrityError);
    return { blocks: Array.from({ length: dataBlocks }, (_, block) => block), status: "C" };
  }
  const blocks: number[] = [];
  const into = new Uint8Array(dataBlockSize);
  for (let block = 0; block < dataBlocks; block++) {
    try {
      await device.read(block * dataBlockSize, into);
    } catch (error) {
      expect(error).toBeInstanceOf(IntegrityError);
      blocks.push(block);
    }
  }
  await device.close();
  return { blocks, status: device.status };
}

describe("golden volumes", () => {
  test.each(stored)("$name reads whole as its data", async (volume) => {
    const data = goldenData(volume);
    const device = await VerityDevice.open({
      data: new MemoryDevice(data.slice()),
      hash: new MemoryDevice(goldenFile(volume.hash_file)),
      identity: goldenIdentity(volume),
      placement: goldenPlacement(volume),
    });
    expect(device.sizeBytes).toBe(data.length);
    const whole = new Uint8Array(data.length);
    await device.read(0, whole);
    expect(Buffer.compare(whole, data)).toBe(0);
    expect(device.status).toBe("V");
    await device.close();
  });

  test("a single block below a leaf, as hcsshim builds it", async () => {
    const volume = makeVolume(1);
    const leaf = new Uint8Array(512);
    leaf.set(volume.identity.rootHash);
    const identity = { ...volume.identity, rootHash: blockDigest(volume.identity, leaf) };
    const data = new MemoryDevice(volume.data);
    const hash = new MemoryDevice(leaf);
    const placement = { hashOffsetBytes: 0, superblock: false };
    const device = await VerityDevice.open({ data, hash, identity, placement, levels: "at-least-one" });
    const block = new Uint8Array(512);
    await device.read(0, block);
    expect(block).toEqual(volume.data);
    await device.close();
    const linux = await VerityDevice.open({ data, hash, identity, placement });
    await expect(linux.read(0, block)).rejects.toMatchObject({ code: "block-mismatch" });
    await linux.close();
  });

  test("data and tree on one device", async () => {
    const volume = goldenVolume("sha256-nosalt-n130");
    const data = goldenData(volume);
    const hash = goldenFile(volume.hash_file);
    const both = new MemoryDevice(Uint8Array.from(Buffer.concat([data, hash])));
    const device = await VerityDevice.open({
      data: both,
      hash: both,
      identity: goldenIdentity(volume),
      placement: { hashOffsetBytes: data.length, superblock: true },
    });
    const whole = new Uint8Array(data.length);
    await device.read(0, whole);
    expect(Buffer.compare(whole, data)).toBe(0);
    await device.close();
  });
});

describe("corruptions, as kernels answered them", () => {
  const plain = corruptions.filter(({ base, open_opts, kernel }) => {
    return open_opts === "" && kernel["uml"]?.bad_blocks && !base.includes("fec");
  });
  const withFec = corruptions.filter(({ base }) => base.includes("fec"));

  test("there are cases", () => expect(plain.length).toBeGreaterThanOrEqual(10));

  test.each(plain)("$name", async (corruption) => {
    const found = await badBlocks(openingOf(corruption));
    for (const answer of Object.values(corruption.kernel)) {
      expect(found.blocks).toEqual(answer.bad_blocks);
      expect(found.status).toBe(answer.status);
    }
  });

  // The status differs in one case: the kernel says C although every block was read, having met a bad hash block twice.
  test.each(withFec)("$name", async (corruption) => {
    const found = await badBlocks(openingOf(corruption));
    const answer = corruption.kernel["6.12"];
    expect(found.blocks).toEqual(answer?.bad_blocks);
    expect(found.status).toBe(found.blocks.length === 0 ? "V" : "C");
    if (corruption.name !== "fec2-roothash-whole") expect(found.status).toBe(answer?.status);
  });

  test("blocks of zeros are checked like any others", async () => {
    const corruption = goldenCorruption("zeros-dirty-ignore_zero_blocks");
    expect((await badBlocks(openingOf(corruption))).blocks).toEqual([1, 3, 4]);
  });

  test("asked for twice, corrupt data comes as the kernel's ignore_corruption gives it", async () => {
    const corruption = goldenCorruption("ignore_corruption");
    const device = await VerityDevice.open({
      ...openingOf(corruption),
      corruption: "ignore",
      returnCorruptDataToTheCaller: true,
    });
    const whole = new Uint8Array(device.sizeBytes);
    await device.read(0, whole);
    const answer = corruption.kernel["6.12"];
    expect(createHash("sha256").update(whole).digest("hex")).toBe(answer?.read_sha256);
    expect(device.status).toBe(answer?.status);
    await device.close();
  });

  test("a superblock is looked at where there is one: its UUID is free, its padding is not", async () => {
    const opening = (name: string) => {
      const corruption = goldenCorruption(name);
      return VerityDevice.open({
        ...openingOf(corruption),
        placement: goldenPlacement(goldenVolume(corruption.base)),
      });
    };
    await (await opening("sb-uuid-changed")).close();
    const refusal = await opening("sb-pad2-changed").catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(FormatError);
    expect(refusal).toMatchObject({ code: "bad-padding" });
  });
});
