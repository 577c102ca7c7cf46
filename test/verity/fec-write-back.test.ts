import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { repairVerity } from "../../src/verity/fec-write-back.ts";
import { copyOf, type FecVolume, hashMessageBlock, loseBlock, makeFecVolume } from "./fec-volume.ts";
import { verify } from "./small-volume.ts";

function repairOf(volume: FecVolume) {
  return repairVerity({
    data: new MemoryDevice(volume.data),
    hash: new MemoryDevice(volume.hash),
    identity: volume.identity,
    fec: { roots: volume.roots, device: new MemoryDevice(volume.fec), offsetBytes: 0 },
  });
}

describe("writing back", async () => {
  const whole = await makeFecVolume(900, 4);

  test("what can be rebuilt is on the devices afterwards", async () => {
    const volume = copyOf(whole);
    const lost = [5, 6, 7, 800, hashMessageBlock(volume, 0, 3), hashMessageBlock(volume, 1, 0)];
    for (const block of lost) loseBlock(volume, block);
    const report = await repairOf(volume);
    expect(report.ok).toBe(true);
    expect(report.repairedBlocks.numbers()).toEqual([5, 6, 7, 800]);
    expect(volume).toEqual(whole);
    const again = await verify(volume);
    expect(again.ok).toBe(true);
    expect(again.repairedBlocks.blocks).toBe(0);
  });

  test("what cannot is left as it was", async () => {
    const volume = copyOf(whole);
    const { rounds } = volume.layout;
    for (let i = 0; i < 5; i++) loseBlock(volume, i * rounds + 2);
    loseBlock(volume, 3);
    const before = copyOf(volume);
    const report = await repairOf(volume);
    expect(report.unreadableBlocks.numbers()).toEqual([0, 1, 2, 3, 4].map((i) => i * rounds + 2));
    expect(report.repairedBlocks.numbers()).toEqual([3]);
    before.data.set(whole.data.subarray(3 * 512, 4 * 512), 3 * 512);
    expect(volume).toEqual(before);
  });

  test("a whole volume is not written to", async () => {
    const hash = new MemoryDevice(whole.hash.slice());
    const data = new MemoryDevice(whole.data.slice());
    data.write = () => Promise.reject(new Error("written"));
    hash.write = data.write;
    const fec = { roots: 4, device: new MemoryDevice(whole.fec), offsetBytes: 0 };
    const report = await repairVerity({ data, hash, identity: whole.identity, fec });
    expect(report.ok).toBe(true);
  });
});
