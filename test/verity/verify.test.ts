import { describe, expect, test } from "vitest";
import { createBlockHasher } from "../../src/crypto/create-block-hasher.ts";
import type { BlockDevice } from "../../src/device/block-device.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { DeviceError, FormatError, IntegrityError, UsageError } from "../../src/errors.ts";
import { treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityIdentity, VerityParameters } from "../../src/verity/identity.ts";
import type { BlockRepairer } from "../../src/verity/repair.ts";
import { makeVolume, noSuperblock, small, type Volume, verify } from "./small-volume.ts";

describe("H1, H2: a bad block at each level", () => {
  const blocks = 600;
  const geometry = treeGeometry(small, blocks, 1);

  test("a tree of three levels is what is broken here", () => {
    expect(geometry.levels.map((level) => level.blocks)).toEqual([38, 3, 1]);
  });

  test.each([
    [0, 0],
    [0, 37],
    [1, 0],
    [1, 2],
    [2, 0],
  ])("level %d, block %d: all below it is unreadable, it alone is named", async (level, index) => {
    const volume = await makeVolume(blocks);
    const at = geometry.offsetBytes(level, index) + 3;
    volume.hash[at] = (volume.hash[at] as number) ^ 0x10;
    const report = await verify(volume);
    expect([...report.unreadableBlocks]).toEqual([geometry.dataBlocksUnder(level, index)]);
    expect(report.badHashBlocks).toEqual([{ level, index, reason: "digest-mismatch" }]);
    expect(report.rootHashMatches).toBe(level !== 2);
    expect(report.ok).toBe(false);
  });

  test("several at once: every one is reported", async () => {
    const volume = await makeVolume(blocks);
    for (const block of [0, 1, 17, 300, 599]) volume.data.fill(0, block * 512, block * 512 + 1);
    volume.hash.fill(0, geometry.offsetBytes(0, 20), geometry.offsetBytes(0, 20) + 1);
    const report = await verify(volume);
    expect([...report.unreadableBlocks]).toEqual([
      { first: 0, count: 2 },
      { first: 17, count: 1 },
      { first: 300, count: 1 },
      { first: 320, count: 16 },
      { first: 599, count: 1 },
    ]);
    expect(report.badHashBlocks).toEqual([{ level: 0, index: 20, reason: "digest-mismatch" }]);
  });

  test("H4: two data blocks that changed places", async () => {
    const volume = await makeVolume(blocks);
    const first = volume.data.slice(5 * 512, 6 * 512);
    volume.data.copyWithin(5 * 512, 9 * 512, 10 * 512);
    volume.data.set(first, 9 * 512);
    expect((await verify(volume)).unreadableBlocks.numbers()).toEqual([5, 9]);
  });

  test("a wrong root hash: everything is unreadable, and nothing else is at fault", async () => {
    const volume = await makeVolume(blocks);
    const rootHash = new Uint8Array(32);
    const report = await verify({ ...volume, identity: { ...volume.identity, rootHash } });
    expect(report.rootHashMatches).toBe(false);
    expect([...report.unreadableBlocks]).toEqual([{ first: 0, count: blocks }]);
    expect(report.firstMismatch).toBeUndefined();
  });
});

describe("H3: spare areas", () => {
  /** A volume whose leaf holds bytes where it should not, with every digest above made to fit. */
  async function honestlyHashedSpare(parameters: VerityParameters, spareOffset: number): Promise<Volume> {
    const volume = await makeVolume(5, parameters);
    volume.hash[parameters.hashBlockSize + spareOffset] = 1;
    const hasher = await createBlockHasher({
      ...parameters,
      saltPosition: parameters.hashType === 1 ? "first" : "last",
      capacityBytes: parameters.hashBlockSize,
    });
    hasher.input.set(volume.hash.subarray(parameters.hashBlockSize));
    const rootHash = hasher.digest(0, parameters.hashBlockSize, 1).slice();
    return { ...volume, identity: { ...volume.identity, rootHash } };
  }

  test.each([
    ["an unused slot", small, 160],
    ["the last byte", small, 511],
    ["between a digest and the next slot", { ...small, algorithm: "sha1" }, 20],
    ["after the packed digests of type 0", { ...small, algorithm: "sha1", hashType: 0 }, 100],
  ] as [string, VerityParameters, number][])("%s", async (_name, parameters, spareOffset) => {
    const volume = await honestlyHashedSpare(parameters, spareOffset);
    const report = await verify(volume);
    expect(report).toMatchObject({
      ok: false,
      rootHashMatches: true,
      badHashBlocks: [{ level: 0, index: 0, reason: "spare-not-zero" }],
    });
    expect([...report.unreadableBlocks]).toEqual([{ first: 0, count: 5 }]);
    expect(report.firstMismatch?.kind).toBe("spare");
  });
});

describe("H24: the right root hash with another geometry", () => {
  test("fewer data blocks show in the spare slots", async () => {
    const volume = await makeVolume(100);
    const report = await verify(
      { ...volume, identity: { ...volume.identity, dataBlocks: 99 } },
      noSuperblock,
    );
    expect(report.badHashBlocks).toContainEqual({ level: 0, index: 6, reason: "spare-not-zero" });
    expect([...report.unreadableBlocks]).toEqual([{ first: 96, count: 3 }]);
  });

  test("an interior level offered as data is refused by the identity", async () => {
    const volume = await makeVolume(600);
    const geometry = treeGeometry(small, 600, 1);
    // The leaves as data of 38 blocks: the levels above them are a right tree over them.
    const leaves = volume.hash.slice(geometry.offsetBytes(0, 0));
    const claim = { ...volume.identity, dataBlocks: 38 };
    expect((await verify({ ...volume, data: leaves, identity: claim }, noSuperblock)).ok).toBe(true);
    await expect(verify({ ...volume, data: leaves, identity: claim })).rejects.toThrow(
      expect.objectContaining({ name: "IntegrityError", code: "identity-mismatch" }),
    );
    await expect(verify({ ...volume, data: leaves })).rejects.toThrow(FormatError);
  });

  test.each([
    ["salt", { salt: new Uint8Array(5) }],
    ["hash type", { hashType: 0 }],
    ["data block size", { dataBlockSize: 1024, dataBlocks: 50 }],
  ] as [string, Partial<VerityIdentity>][])(
    "another %s: not the superblock's, and not the root's",
    async (_name, change) => {
      const volume = await makeVolume(100);
      const other = { ...volume, identity: { ...volume.identity, ...change } };
      await expect(verify(other)).rejects.toThrow(IntegrityError);
      const report = await verify(other, noSuperblock);
      expect(report.ok).toBe(false);
      expect(report.unreadableBlocks.blocks).toBe(other.identity.dataBlocks);
    },
  );
});

describe("H9, H10: blocks that cannot be read", () => {
  /** Fails reads that touch one of the bytes. */
  function failing(
    bytes: Uint8Array,
    code: "device-failed" | "device-missing",
    ...offsets: number[]
  ): BlockDevice {
    const device = new MemoryDevice(bytes);
    const read = device.read.bind(device);
    device.read = async (offset, into, options) => {
      if (offsets.some((bad) => offset <= bad && bad < offset + into.length)) {
        throw new DeviceError(code, `cannot read at ${offset}`);
      }
      await read(offset, into, options);
    };
    return device;
  }

  test("data blocks: named with their cause, their neighbours judged", async () => {
    const volume = await makeVolume(600);
    volume.data.fill(0, 8 * 512, 8 * 512 + 9);
    const report = await verify(volume, { data: failing(volume.data, "device-failed", 7 * 512, 599 * 512) });
    expect(report.unreadableBlocks.numbers()).toEqual([7, 8, 599]);
    expect(report.readFailures.map(({ level, block }) => [level, block])).toEqual([
      [undefined, 7],
      [undefined, 599],
    ]);
    expect(report.readFailures[0]?.cause).toBeInstanceOf(DeviceError);
  });

  test("hash blocks: what is below them is unreadable", async () => {
    const volume = await makeVolume(600);
    const geometry = treeGeometry(small, 600, 1);
    const hash = failing(
      volume.hash,
      "device-failed",
      geometry.offsetBytes(0, 4),
      geometry.offsetBytes(1, 2),
    );
    const report = await verify(volume, { hash });
    expect(report.badHashBlocks).toEqual(
      expect.arrayContaining([
        { level: 0, index: 4, reason: "read-failed" },
        { level: 1, index: 2, reason: "read-failed" },
      ]),
    );
    expect([...report.unreadableBlocks]).toEqual([
      geometry.dataBlocksUnder(0, 4),
      geometry.dataBlocksUnder(1, 2),
    ]);
  });

  test("the only data block of a device without a tree", async () => {
    const volume = await makeVolume(1);
    const report = await verify(volume, { data: failing(volume.data, "device-failed", 0) });
    expect(report).toMatchObject({ ok: false, rootHashMatches: false });
    expect(report.unreadableBlocks.numbers()).toEqual([0]);
  });

  test("a device that is gone is an error", async () => {
    const volume = await makeVolume(600);
    const data = failing(volume.data, "device-missing", 70_000);
    await expect(verify(volume, { data })).rejects.toThrow(DeviceError);
    const hash = failing(volume.hash, "device-missing", 5000);
    await expect(verify(volume, { hash })).rejects.toThrow(DeviceError);
  });
});

describe("repair", () => {
  /** Offers the true bytes of some blocks, and rubbish for all others. */
  function repairer(truth: Volume, data: number[], hash: string[]): BlockRepairer {
    const geometry = treeGeometry(truth.identity, truth.identity.dataBlocks, 1);
    return {
      repairDataBlock: async (block) =>
        data.includes(block) ? truth.data.slice(block * 512, (block + 1) * 512) : new Uint8Array(512),
      repairHashBlock: async (level, index) => {
        if (!hash.includes(`${level}/${index}`)) return undefined;
        const offset = geometry.offsetBytes(level, index);
        return truth.hash.slice(offset, offset + 512);
      },
      close() {},
    };
  }

  test("what is rebuilt is checked again; what is not stays unreadable", async () => {
    const truth = await makeVolume(600);
    const geometry = treeGeometry(small, 600, 1);
    const broken = { ...truth, data: truth.data.slice(), hash: truth.hash.slice() };
    for (const block of [3, 4, 200]) broken.data.fill(0xff, block * 512, (block + 1) * 512);
    for (const [level, index] of [
      [0, 2],
      [0, 30],
      [2, 0],
    ] as const) {
      const offset = geometry.offsetBytes(level, index);
      broken.hash.fill(0xff, offset, offset + 512);
    }
    const report = await verify(broken, { repairer: repairer(truth, [3, 200], ["0/2", "2/0"]) });
    expect(report.rootHashMatches).toBe(true);
    expect(report.ok).toBe(false);
    expect(report.repairedBlocks.numbers()).toEqual([3, 200]);
    expect(report.repairedHashBlocks).toEqual(
      expect.arrayContaining([
        { level: 0, index: 2 },
        { level: 2, index: 0 },
      ]),
    );
    expect([...report.unreadableBlocks]).toEqual([{ first: 4, count: 1 }, geometry.dataBlocksUnder(0, 30)]);
    const whole = repairer(truth, [3, 4, 200], ["0/2", "0/30", "2/0"]);
    expect((await verify(broken, { repairer: whole })).ok).toBe(true);
  });

  test("a repairer that cannot read what it needs is a failed read, no end of the verifying", async () => {
    const truth = await makeVolume(600);
    const broken = { ...truth, data: truth.data.slice(), hash: truth.hash.slice() };
    broken.data.fill(0xff, 300 * 512, 301 * 512);
    broken.hash.fill(0xff, 512, 1024);
    const failing = () => Promise.reject(new DeviceError("device-failed", "no parity"));
    const repairing = { repairDataBlock: failing, repairHashBlock: failing, close() {} };
    const report = await verify(broken, { repairer: repairing });
    expect(report.rootHashMatches).toBe(false);
    expect(report.readFailures).toMatchObject([{ level: 2, block: 0, cause: { message: "no parity" } }]);
    const gone = () => Promise.reject(new DeviceError("device-missing", "no parity"));
    await expect(verify(broken, { repairer: { ...repairing, repairHashBlock: gone } })).rejects.toThrow(
      "no parity",
    );
  });

  test("the only data block of a device without a tree", async () => {
    const truth = await makeVolume(1);
    const broken = { ...truth, data: new Uint8Array(512) };
    expect((await verify(broken, { repairer: repairer(truth, [], []) })).ok).toBe(false);
    const report = await verify(broken, { repairer: repairer(truth, [0], []) });
    expect(report).toMatchObject({ ok: true, rootHashMatches: true });
    expect(report.repairedBlocks.numbers()).toEqual([0]);
  });
});

test("H7: a hash block that is another at its second reading is read once", async () => {
  const volume = await makeVolume(600);
  const reads = new Map<number, number>();
  const hash = new MemoryDevice(volume.hash);
  const read = hash.read.bind(hash);
  hash.read = (offset, into, options) => {
    for (let at = offset; at < offset + into.length; at += 512) reads.set(at, (reads.get(at) ?? 0) + 1);
    return read(offset, into, options);
  };
  expect((await verify(volume, { hash })).ok).toBe(true);
  expect([...reads.values()]).toEqual(Array.from({ length: volume.hash.length / 512 }, () => 1));
});

test("H26: alternating bad blocks cost no more than their ranges", async () => {
  const volume = await makeVolume(4000);
  for (let block = 0; block < 4000; block += 2) {
    volume.data[block * 512] = (volume.data[block * 512] as number) ^ 1;
  }
  const report = await verify(volume);
  expect(report.unreadableBlocks.size).toBe(2000);
  expect(report.unreadableBlocks.blocks).toBe(2000);
});

test("progress comes to its end, and an abort ends it early with the signal's reason", async () => {
  const volume = await makeVolume(5000);
  const seen: number[] = [];
  await verify(volume, { onProgress: ({ doneBlocks }: { doneBlocks: number }) => seen.push(doneBlocks) });
  expect(seen).toEqual([1024, 2048, 3072, 4096, 5000]);
  const reason = new Error("enough");
  const controller = new AbortController();
  const onProgress = () => controller.abort(reason);
  await expect(verify(volume, { signal: controller.signal, onProgress })).rejects.toBe(reason);
  await expect(verify(volume, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test.each([
  ["a root hash of another length", { rootHash: new Uint8Array(20) }],
  ["no data blocks", { dataBlocks: 0 }],
  ["2^53 data blocks", { dataBlocks: 2 ** 53 }],
] as [string, Partial<VerityIdentity>][])("%s is the caller's mistake", async (_name, change) => {
  const volume = await makeVolume(3);
  await expect(verify({ ...volume, identity: { ...volume.identity, ...change } })).rejects.toThrow(
    UsageError,
  );
});
