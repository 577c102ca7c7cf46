/** What a repairer does when the host's I/O fails, lies or waits. */
import { describe, expect, test } from "vitest";
import type { BlockDevice } from "../../src/device/block-device.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { DeviceError, StateError } from "../../src/errors.ts";
import { VerityDevice } from "../../src/verity/device.ts";
import { FecRepairer } from "../../src/verity/fec-repair.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import { copyOf, type FecVolume, loseBlock, makeFecVolume, messageBlock } from "./fec-volume.ts";

/** A device whose reads go through `before`, which may throw or change the bytes below. */
function host(bytes: Uint8Array, before: (offsetBytes: number, lengthBytes: number) => void): BlockDevice {
  const memory = new MemoryDevice(bytes);
  return {
    name: "host",
    sizeBytes: bytes.length,
    read: async (offsetBytes, into) => {
      before(offsetBytes, into.length);
      await memory.read(offsetBytes, into);
    },
    close: () => memory.close(),
    [Symbol.asyncDispose]: () => memory.close(),
  };
}

/** Reads that touch one of the blocks fail. */
function failing(bytes: Uint8Array, blocks: readonly number[]): BlockDevice {
  return host(bytes, (offsetBytes, lengthBytes) => {
    for (const block of blocks) {
      if (offsetBytes < (block + 1) * 512 && offsetBytes + lengthBytes > block * 512) {
        throw new DeviceError("device-failed", `sector of block ${block}`);
      }
    }
  });
}

function openings(volume: FecVolume, devices: Partial<Record<"data" | "hash" | "fec", BlockDevice>>) {
  const data = devices.data ?? new MemoryDevice(volume.data);
  const hash = devices.hash ?? new MemoryDevice(volume.hash);
  const device = devices.fec ?? new MemoryDevice(volume.fec);
  const { identity, roots } = volume;
  const repairer = FecRepairer.open({ data, hash, identity, fec: { roots, device, offsetBytes: 0 } });
  return { data, hash, identity, repairer };
}

const whole = await makeFecVolume(900, 2);
const { rounds } = whole.layout;

describe("blocks that cannot be read", () => {
  test("are erasures: as many as there are roots come back", async () => {
    const lost = [3, 3 + rounds];
    const report = await verifyVerity(openings(whole, { data: failing(whole.data, lost) }));
    expect(report.ok).toBe(true);
    expect(report.repairedBlocks.numbers()).toEqual(lost);
  });

  test("one more, and none does", async () => {
    const lost = [3, 3 + rounds, 3 + 2 * rounds];
    const report = await verifyVerity(openings(whole, { data: failing(whole.data, lost) }));
    expect(report.unreadableBlocks.numbers()).toEqual(lost);
  });

  test("in the tree, together with a wrong data block", async () => {
    const volume = copyOf(whole);
    loseBlock(volume, 302);
    const report = await verifyVerity(openings(volume, { hash: failing(volume.hash, [1, 2, 10]) }));
    expect(report.ok).toBe(true);
    expect(report.repairedHashBlocks).toHaveLength(3);
    expect(report.repairedBlocks.numbers()).toEqual([302]);
  });

  test("of the parity: its round is not repaired, the others are", async () => {
    const volume = copyOf(whole);
    for (const block of [4, 5, 6]) loseBlock(volume, block);
    const secondRound = Math.floor(volume.layout.roundParitySizeBytes / 512);
    const report = await verifyVerity(openings(volume, { fec: failing(volume.fec, [secondRound]) }));
    expect(report.unreadableBlocks.numbers()).toEqual([5]);
    expect(report.repairedBlocks.numbers()).toEqual([4, 6]);
  });

  test("a device that is gone is an error, not a bad block", async () => {
    const volume = copyOf(whole);
    loseBlock(volume, 4);
    const gone = host(volume.fec, () => {
      throw new DeviceError("device-missing", "pulled out");
    });
    await expect(verifyVerity(openings(volume, { fec: gone }))).rejects.toThrow("pulled out");
  });
});

test("a host that lies to the repairer alone gets nothing served", async () => {
  const volume = copyOf(whole);
  loseBlock(volume, 10);
  let reads = 0;
  const data = host(volume.data, () => {
    reads++;
    const neighbour = messageBlock(volume, 10 + rounds * (1 + (reads % 200)));
    neighbour[reads % 512] = (neighbour[reads % 512] as number) ^ 1;
  });
  await using device = await VerityDevice.open(openings(volume, { data }));
  const into = new Uint8Array(512);
  await device.read(10 * 512, into).catch(() => undefined);
  const truth = whole.data.subarray(10 * 512, 11 * 512);
  expect([Buffer.from(truth), Buffer.alloc(512)]).toContainEqual(Buffer.from(into));
});

describe("the repairer", () => {
  test("takes overlapping calls in turn", async () => {
    const volume = copyOf(whole);
    const lost = Array.from({ length: 20 }, (_, i) => 40 * i + (i % rounds));
    for (const block of lost) loseBlock(volume, block);
    await using device = await VerityDevice.open(openings(volume, {}));
    const reads = lost.map(async (block) => {
      const into = new Uint8Array(512);
      await device.read(block * 512, into).catch(() => undefined);
      return Buffer.compare(into, whole.data.subarray(block * 512, (block + 1) * 512)) === 0;
    });
    const perRound = (block: number): number => lost.filter((other) => (other - block) % rounds === 0).length;
    expect(await Promise.all(reads)).toEqual(lost.map((block) => perRound(block) <= 2));
  });

  test("an abort ends a repair with its reason", async () => {
    const volume = copyOf(whole);
    loseBlock(volume, 1);
    const { repairer } = openings(volume, {});
    const reason = new Error("enough");
    const repair = repairer.repairDataBlock(1, new Uint8Array(32), AbortSignal.abort(reason));
    await expect(repair).rejects.toBe(reason);
  });

  test("blocks that are not there are refused, and so is a closed repairer", async () => {
    const { repairer } = openings(whole, {});
    const outside = expect.objectContaining({ code: "out-of-bounds" });
    const digest = new Uint8Array(32);
    await expect(repairer.repairDataBlock(900, digest)).rejects.toThrow(outside);
    await expect(repairer.repairDataBlock(-1, digest)).rejects.toThrow(outside);
    await expect(repairer.repairHashBlock(3, 0, digest)).rejects.toThrow(outside);
    await expect(repairer.repairHashBlock(0, 57, digest)).rejects.toThrow(outside);
    repairer.close();
    repairer.close();
    await expect(repairer.repairDataBlock(0, digest)).rejects.toThrow(StateError);
  });
});
