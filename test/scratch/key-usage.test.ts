/** What one key may seal, and what happens when it has. */
import { afterEach, expect, test, vi } from "vitest";
import type { SealingSuite } from "../../src/crypto/index.ts";
import { MemoryDevice } from "../../src/device/index.ts";
import { StateError } from "../../src/errors.ts";
import { KeyUsage } from "../../src/scratch/key-usage.ts";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence } from "../../src/scratch/write-sequence.ts";
import { expectBytes, patternBytes } from "../device/contract.ts";
import { largerDisk } from "./larger-table.ts";

afterEach(() => vi.restoreAllMocks());

const blockCiphers = ["aes-256-gcm", "aes-256-xts-hmac-sha256"] as const;

/** From now on keys are made with so many sectors left, or those for sectors of one size. */
function nearTheEnd(left: number, ofSizeBytes?: number): void {
  vi.spyOn(KeyUsage, "ofNewKey").mockImplementation((suite: SealingSuite, sectorSizeBytes: number) => {
    const most = KeyUsage.mostSectors(suite, sectorSizeBytes);
    const isNear = ofSizeBytes === undefined || ofSizeBytes === sectorSizeBytes;
    return new KeyUsage(suite, sectorSizeBytes, isNear ? most - left : 0);
  });
}

test.each([
  ["aes-256-gcm", 4096, 2 ** 52],
  ["aes-256-gcm", 512, 2 ** 52],
  ["aes-256-xts-hmac-sha256", 4096, 2 ** 48],
  ["aes-256-xts-hmac-sha256", 65_536, 2 ** 48],
] as const)("%s with sectors of %d bytes seals less than %d bytes", (suite, sectorSize, mostBytes) => {
  const bytes = KeyUsage.mostSectors(suite, sectorSize) * sectorSize;
  expect(bytes).toBeLessThan(mostBytes);
  expect(bytes).toBeGreaterThan(0.94 * mostBytes);
});

test("ChaCha20-Poly1305 has no limit that could be reached", () => {
  const usage = new KeyUsage("chacha20-poly1305", 4096, 2 ** 62);
  expect(() => usage.take(2 ** 32)).not.toThrow();
});

test("what would pass the limit is refused whole and not counted", () => {
  const usage = new KeyUsage("aes-256-gcm", 4096, KeyUsage.mostSectors("aes-256-gcm", 4096) - 3);
  expect(() => usage.take(4)).toThrow(StateError);
  usage.take(3);
  expect(() => usage.take(1)).toThrow("copy what is there to a new sealed device");
});

test.each(blockCiphers)("a device of %s stops before its key has sealed too much", async (suite) => {
  nearTheEnd(3);
  const host = new MemoryDevice(8 * 4096);
  const device = await SealedDevice.create(host, { suite });
  const content = patternBytes(2 * 4096);
  await device.write(0, content);
  const before = new Uint8Array(8 * 4096);
  await host.read(0, before);
  await expect(device.write(4096, content)).rejects.toMatchObject({ name: "StateError", code: "exhausted" });
  const after = new Uint8Array(8 * 4096);
  await host.read(0, after);
  expectBytes(after, before);
  await device.write(4 * 4096, content.subarray(0, 4096));
  await expect(device.write(5, Uint8Array.of(1))).rejects.toThrow("one key of");
  const into = new Uint8Array(6 * 4096);
  await device.read(0, into);
  expectBytes(into.subarray(0, 2 * 4096), content);
  expectBytes(into.subarray(4 * 4096, 5 * 4096), content.subarray(0, 4096));
  await device.discard(0, 8 * 4096);
});

test("leaves whose key is used up stay as they are, and everything can be read", async () => {
  const leaf = { sizeBytes: 4096, mostRecords: 2 };
  const table = { levels: 1, recordsPerLeaf: 2, cachedLeaves: 2 };
  // The key of sectors is far from its end, that of leaves can write five of them back.
  nearTheEnd(5, leaf.sizeBytes);
  const { options } = largerDisk(16, 512, table);
  const host = new MemoryDevice(16 * 512 + 8 * 4096);
  const sizes = { ...options, suite: "aes-256-gcm", leafCacheBytes: 2 * 4096 } as const;
  const device = await SealedDevice.createWithSequence(host, sizes, processSequence, leaf);
  expect(device.sizeBytes).toBe(16 * 512);
  const expected = new Uint8Array(16 * 512);
  const refused: number[] = [];
  for (let round = 1; round < 3; round++) {
    for (let sector = 0; sector < 16; sector++) {
      const content = patternBytes(512).fill(16 * round + sector, 3);
      try {
        await device.write(sector * 512, content);
        expected.set(content, sector * 512);
      } catch (error) {
        expect(error).toMatchObject({ name: "StateError", code: "exhausted" });
        refused.push(16 * round + sector);
      }
    }
  }
  // Five leaves are on disk and one that is changed in memory; beside that is the place for all others.
  expect(refused.filter((at) => at < 32)).toEqual([28, 29, 30, 31]);
  for (let sector = 15; sector >= 0; sector--) {
    const into = new Uint8Array(512);
    await device.read(sector * 512, into);
    expectBytes(into, expected.subarray(sector * 512, (sector + 1) * 512));
  }
  await expect(device.discard(0, 512)).rejects.toMatchObject({ name: "StateError", code: "exhausted" });
  await device.discard(0, device.sizeBytes);
  expect(device.stats().touchedSectors).toBe(0);
});

test("each device has a key of its own", async () => {
  nearTheEnd(1);
  const [one, other] = await Promise.all(
    [0, 1].map(() => SealedDevice.create(new MemoryDevice(4096), { suite: "aes-256-gcm" })),
  );
  const content = patternBytes(4096);
  await one?.write(0, content);
  await expect(one?.write(0, content)).rejects.toBeInstanceOf(StateError);
  await expect(other?.write(0, content)).resolves.toBeUndefined();
});
