/** The sealed device where the records of most sectors lie on the host's disk. */
import { expect, test, vi } from "vitest";
import { Core } from "../../src/crypto/core.ts";
import { createNativeSectorCipher } from "../../src/crypto/native-sector-cipher.node.ts";
import { MemoryDevice } from "../../src/device/index.ts";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence } from "../../src/scratch/write-sequence.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import { expectBytes, patternBytes } from "../device/contract.ts";
import { describeWritableBlockDeviceContract } from "../device/writable-contract.ts";
import { largerDisk } from "./larger-table.ts";

const tables = [
  { levels: 1, recordsPerLeaf: 3, cachedLeaves: 2 },
  { levels: 2, recordsPerLeaf: 5, cachedLeaves: 3 },
] as const;

for (const table of tables) {
  describeWritableBlockDeviceContract(
    `SealedDevice with ${table.levels} levels of leaves`,
    async (content) => {
      const { sizeBytes, options, leaf } = largerDisk(content.length / 512, 512, table);
      const host = new MemoryDevice(sizeBytes);
      const device = await SealedDevice.createWithSequence(host, options, processSequence, leaf);
      await device.write(0, content);
      return { device };
    },
  );
}

const MiB = 2 ** 20;

/** A disk of 8 MiB with leaves of the usual size, of which two are cached. */
async function made(): Promise<{ host: HostileDevice; device: SealedDevice }> {
  const host = new HostileDevice(8 * MiB, { blockSizeBytes: 4096 });
  const device = await SealedDevice.create(host, { tableMemoryBytes: 400, leafCacheBytes: 8192 });
  return { host, device };
}

test("sectors that were never written cost no I/O, and those that are forgotten whole leaves at a time none", async () => {
  const { host, device } = await made();
  expect(device.sizeBytes).toBe(2036 * 4096);
  await device.read(0, new Uint8Array(device.sizeBytes));
  expect(host.trace).toEqual([]);
  await device.write(0, patternBytes(device.sizeBytes));
  expect(device.stats()).toMatchObject({ touchedSectors: 2036, tableMemoryBytes: 12 + 12 * 24 });
  host.trace.length = 0;
  await device.discard(170 * 4096, 5 * 170 * 4096);
  expect(host.trace).toEqual([]);
  expect(device.stats().touchedSectors).toBe(2036 - 5 * 170);
  await device.discard(0, device.sizeBytes);
  expect(host.trace).toEqual([]);
  expect(device.stats()).toMatchObject({ touchedSectors: 0, tableMemoryBytes: 12 });
});

test("flush writes no leaves, and stats tell how often one was in memory", async () => {
  const { host, device } = await made();
  await device.write(0, new Uint8Array(4096));
  host.trace.length = 0;
  await device.flush();
  expect(host.trace.map(({ asked }) => asked)).toEqual(["flush"]);
  await device.write(4096, new Uint8Array(4096));
  expect(device.stats()).toMatchObject({ leafHits: 1, leafMisses: 1 });
  expect(device.stats().leafCacheBytes).toBeLessThan(8192 + 100);
});

test("a leaf that was altered is an error of its sectors, until all of them are discarded", async () => {
  const { host, device } = await made();
  await device.write(0, patternBytes(device.sizeBytes));
  await host.act({ kind: "flip", offsetBytes: 2036 * 4096 + 4096, bit: 0 });
  const sector = new Uint8Array(4096);
  for (const at of [170, 200, 339]) {
    const lost = { name: "IntegrityError", code: "sector-mismatch", at: { sector: at } };
    await expect(device.read(at * 4096, sector)).rejects.toMatchObject(lost);
    await expect(device.write(at * 4096, sector)).rejects.toMatchObject(lost);
    await expect(device.discard(at * 4096, 4096)).rejects.toMatchObject({ ...lost, at: { sector: at } });
  }
  await device.read(169 * 4096, sector);
  await device.read(340 * 4096, sector);
  await device.discard(170 * 4096, 170 * 4096);
  await device.write(200 * 4096, sector.fill(9));
  const into = new Uint8Array(170 * 4096);
  await device.read(170 * 4096, into);
  expect(into.reduce((sum, byte) => sum + byte, 0)).toBe(9 * 4096);
});

test("a leaf that cannot be written stays in memory, and the call that needed its place fails", async () => {
  const { host, device } = await made();
  const content = patternBytes(3 * 4096);
  await device.write(0, content.subarray(0, 4096));
  await device.write(170 * 4096, content.subarray(4096, 8192));
  host.plan({ fault: { kind: "fail", when: "before" }, call: "write" });
  const third = content.subarray(8192);
  await expect(device.write(340 * 4096, third)).rejects.toMatchObject({ name: "DeviceError" });
  await device.write(340 * 4096, third);
  for (const [i, at] of [0, 170, 340].entries()) {
    const into = new Uint8Array(4096);
    await device.read(at * 4096, into);
    expectBytes(into, content.subarray(i * 4096, (i + 1) * 4096));
  }
});

test.each([
  { suite: "aes-256-gcm" },
  { suite: "aes-256-xts-hmac-sha256" },
  { suite: "aes-256-xts-hmac-sha256", createCipher: createNativeSectorCipher },
] as const)("leaves are of the device's suite: $suite", async (options) => {
  const host = new MemoryDevice(8 * MiB);
  const sizes = { tableMemoryBytes: 2000, leafCacheBytes: 8192 };
  const device = await SealedDevice.create(host, { ...options, ...sizes });
  const content = patternBytes(device.sizeBytes);
  await device.write(0, content);
  const into = new Uint8Array(content.length);
  await device.read(0, into);
  expectBytes(into, content);
  expect(device.stats().leafMisses).toBeGreaterThan(20);
});

test("close wipes the keys and contents of every level", async () => {
  const create = vi.spyOn(Core, "create");
  const { device } = await made();
  await device.write(0, patternBytes(device.sizeBytes));
  const cores = await Promise.all(create.mock.results.map(({ value }) => value as Promise<Core>));
  create.mockRestore();
  expect(cores).toHaveLength(2);
  expect(cores.every(({ bytes }) => bytes.some((byte) => byte !== 0))).toBe(true);
  await device.close();
  expect(cores.every(({ bytes }) => bytes.every((byte) => byte === 0))).toBe(true);
});

test.each([{ tableMemoryBytes: 20 }, { tableMemoryBytes: 400, leafCacheBytes: 8191 }])(
  "refuses what is too little for its records: %o",
  async (sizes) => {
    const creating = SealedDevice.create(new MemoryDevice(8 * MiB), sizes);
    await expect(creating).rejects.toMatchObject({ name: "UsageError", code: "invalid-argument" });
  },
);
