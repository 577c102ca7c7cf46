/** Records of neighbouring sectors, which are asked for and changed a batch at a time. */
import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/index.ts";
import { RecordFormat } from "../../src/scratch/record-format.ts";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import { expectBytes, patternBytes } from "../device/contract.ts";

const size = 512;
const perExtent = 1024;
const sectors = 2 * perExtent + 100;

describe("RecordFormat", () => {
  const format = new RecordFormat(16);
  const none = [0, 0, 0, 0, 0, 0];
  const poisoned = [1, 0, 0, 0, 0, 0];
  const late = [1, 7, 0, 0, 0, 0];
  const page = Uint32Array.from([9, none, none, late, poisoned, none, poisoned].flat());

  test("tells runs of absent sectors from runs of others", () => {
    expect(format.countAlike(page, 1, 6)).toBe(2);
    expect(format.countAlike(page, 7, 5)).toBe(1);
    expect(format.countAlike(page, 13, 4)).toBe(2);
    expect(format.countAlike(page, 13, 1)).toBe(1);
    expect(format.countAbsent(page, 1, 6)).toBe(3);
  });

  test("finds the first poisoned sector, and takes no number for one", () => {
    expect(format.findPoisoned(page, 1, 6)).toBe(3);
    expect(format.findPoisoned(page, 25, 2)).toBe(1);
    expect(format.findPoisoned(page, 1, 3)).toBe(-1);
  });

  test.each([16, 32])("gives back what it took, and nothing beside it, with tags of %d bytes", (tagSize) => {
    const records = new RecordFormat(tagSize);
    const descriptors = Uint32Array.from({ length: 16 * 4 }, (_, i) => i + 100);
    const kept = new Uint32Array(1 + 2 * records.words + 1);
    records.store(kept, 1, 2, descriptors, 1);
    const tagWords = tagSize / 4;
    const record = (slot: number): number[] => [
      ...descriptors.subarray(16 * slot + 1, 16 * slot + 3),
      ...descriptors.subarray(16 * slot + 4, 16 * slot + 4 + tagWords),
    ];
    expect([...kept]).toEqual([0, ...record(1), ...record(2), 0]);
    const loaded = new Uint32Array(16 * 4);
    records.load(kept, 1, 2, loaded, 2);
    const expected = new Uint32Array(16 * 4);
    for (const slot of [1, 2]) {
      expected.set(record(slot).slice(0, 2), 16 * (slot + 1) + 1);
      expected.set(record(slot).slice(2), 16 * (slot + 1) + 4);
    }
    expect([...loaded]).toEqual([...expected]);
  });
});

describe("SealedDevice of several extents", () => {
  test("reads what was written across them, and zeros where there is nothing", async () => {
    const device = await SealedDevice.create(new MemoryDevice(sectors * size), { sectorSizeBytes: size });
    const content = new Uint8Array(sectors * size);
    const write = async (offsetBytes: number, lengthBytes: number): Promise<void> => {
      const from = patternBytes(lengthBytes);
      content.set(from, offsetBytes);
      await device.write(offsetBytes, from);
    };
    await write((perExtent - 5) * size + 100, 10 * size);
    expect(device.stats().touchedSectors).toBe(11);
    await write((perExtent - 7) * size, (perExtent + 20) * size);
    expect(device.stats().touchedSectors).toBe(perExtent + 20);
    content.fill(0, (perExtent - 2) * size, (perExtent + 3) * size);
    await device.discard((perExtent - 2) * size, 5 * size);
    expect(device.stats().touchedSectors).toBe(perExtent + 15);
    const into = new Uint8Array(sectors * size).fill(1);
    await device.read(0, into);
    expectBytes(into, content);
    await device.close();
  });

  test("poisons every sector of a write that fails across them", async () => {
    const host = new HostileDevice(new MemoryDevice(sectors * size));
    const device = await SealedDevice.create(host, { sectorSizeBytes: size });
    host.plan({ fault: { kind: "fail", when: "before" }, times: Number.POSITIVE_INFINITY });
    const first = perExtent - 3;
    const into = new Uint8Array(size);
    await expect(device.write(first * size, new Uint8Array(6 * size))).rejects.toMatchObject({
      name: "DeviceError",
    });
    const states: unknown[] = [];
    for (let sector = first - 1; sector <= first + 6; sector++) {
      states.push(await device.read(sector * size, into).catch(({ code, at }) => [code, at.sector]));
    }
    const poisoned = Array.from({ length: 6 }, (_, i) => ["poisoned", first + i]);
    expect(states).toEqual([undefined, ...poisoned, undefined]);
    await device.close();
  });
});
