/** Every block of small devices flipped, at every level, and found: exactly the right blocks fail. */
import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { type ErrorLocation, IntegrityError, StorageError } from "../../src/errors.ts";
import type { CorruptionEvent } from "../../src/verity/corruption.ts";
import { VerityDevice, type VerityDeviceOptions } from "../../src/verity/device.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { makeVolume, type Volume } from "./reference-volume.ts";

type Failure = { code: string; at: ErrorLocation };

function open(volume: Volume, more: Partial<VerityDeviceOptions> = {}): Promise<VerityDevice> {
  const data = new MemoryDevice(volume.data, { name: "data" });
  const hash = new MemoryDevice(volume.hash, { name: "hash" });
  return VerityDevice.open({ data, hash, identity: volume.identity, ...more });
}

function failureOf(error: unknown): Failure {
  expect(error).toBeInstanceOf(IntegrityError);
  const { code, at } = error as IntegrityError;
  return { code, at };
}

/** Reads each block; a failed read must leave nothing of the host's in the buffer. */
async function failures(device: VerityDevice, volume: Volume): Promise<Map<number, Failure>> {
  const { dataBlocks, dataBlockSize } = volume.identity;
  const found = new Map<number, Failure>();
  const into = new Uint8Array(dataBlockSize);
  for (let block = 0; block < dataBlocks; block++) {
    into.fill(0);
    try {
      await device.read(block * dataBlockSize, into);
    } catch (error) {
      found.set(block, failureOf(error));
      expect(into.every((byte) => byte === 0)).toBe(true);
    }
  }
  return found;
}

function flip(bytes: Uint8Array, offset: number, bit: number): void {
  bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
}

const kinds: [string, number, Partial<VerityParameters>][] = [
  ["three levels, salt first", 273, {}],
  ["two levels, salt last", 37, { hashType: 0 }],
  ["sha1 in padded slots", 35, { algorithm: "sha1" }],
  ["sha1 packed, with a tail", 35, { algorithm: "sha1", hashType: 0 }],
  ["one block, no tree", 1, {}],
  ["hash blocks larger than data blocks, no salt", 70, { hashBlockSize: 1024, salt: new Uint8Array(0) }],
  ["data blocks larger than hash blocks", 20, { dataBlockSize: 4096 }],
];

describe.each(kinds)("%s", (_, dataBlocks, overrides) => {
  const pristine = makeVolume(dataBlocks, overrides);
  const { dataBlockSize, hashBlockSize } = pristine.identity;

  test("a flipped bit of a data block fails that block and no other", async () => {
    const volume = { ...pristine, data: pristine.data.slice() };
    const device = await open(volume);
    for (let block = 0; block < dataBlocks; block++) {
      for (const [at, bit] of [
        [0, 0],
        [dataBlockSize - 1, 7],
        [dataBlockSize / 2, block % 8],
      ] as const) {
        flip(volume.data, block * dataBlockSize + at, bit);
        const found = await failures(device, volume);
        expect([...found]).toEqual([[block, { code: "block-mismatch", at: { device: "data", block } }]]);
        flip(volume.data, block * dataBlockSize + at, bit);
      }
    }
    expect((await failures(device, volume)).size).toBe(0);
    await device.close();
  });

  test("a flipped bit of a hash block fails all that is under it and no other", async () => {
    const volume = { ...pristine, hash: pristine.hash.slice() };
    let flips = 0;
    for (const [level, blocks] of pristine.levelBlocks.entries()) {
      const span = pristine.digestsPerBlock ** (level + 1);
      for (let index = 0; index < blocks; index++) {
        const start = (pristine.levelOffsets[level] ?? 0) + index * hashBlockSize;
        for (const at of [0, 31, Math.floor(hashBlockSize / 2), hashBlockSize - 1]) {
          flip(volume.hash, start + at, at % 8);
          const expected = { code: "hash-block-mismatch", at: { device: "hash", block: index, level } };
          if (level === pristine.levelBlocks.length - 1) {
            expect(failureOf(await open(volume).catch((error: unknown) => error))).toEqual(expected);
          } else {
            const device = await open(volume);
            const found = await failures(device, volume);
            const under = Array.from({ length: dataBlocks }, (_, block) => block).slice(
              index * span,
              (index + 1) * span,
            );
            expect([...found]).toEqual(under.map((block) => [block, expected]));
            await device.close();
          }
          flip(volume.hash, start + at, at % 8);
          flips++;
        }
      }
    }
    expect(flips).toBe((4 * (pristine.hash.length - Math.max(512, hashBlockSize))) / hashBlockSize);
  });

  test("one read over all of it fails for one bad block, and leaves the buffer zero", async () => {
    const volume = { ...pristine, data: pristine.data.slice() };
    const device = await open(volume, { chunkBytes: 4 * dataBlockSize });
    flip(volume.data, volume.data.length - 1, 0);
    const into = new Uint8Array(volume.data.length).fill(0x5a);
    const refusal = failureOf(await device.read(0, into).catch((error: unknown) => error));
    expect(refusal.at.block).toBe(dataBlocks - 1);
    expect(into.every((byte) => byte === 0) || into.every((byte) => byte === 0x5a)).toBe(true);
    await device.close();
  });
});

describe("spare space", () => {
  test("digests beyond the claimed blocks are refused on read: a claim of fewer blocks", async () => {
    const volume = makeVolume(300);
    for (const [claimed, firstBad] of [
      [299, 288],
      [290, 288],
      [289, 288],
    ] as const) {
      const identity = { ...volume.identity, dataBlocks: claimed };
      const claim = { ...volume, identity };
      const device = await open(claim, { placement: { hashOffsetBytes: 512, superblock: false } });
      const found = await failures(device, claim);
      expect([...found.keys()]).toEqual(Array.from({ length: claimed - firstBad }, (_, i) => firstBad + i));
      for (const { code, at } of found.values()) {
        expect(code).toBe("spare-not-zero");
        expect(at).toEqual({ device: "hash", level: 0, block: 18 });
      }
      await device.close();
    }
  });

  test.each([
    ["the unused slots of a leaf", {}, 0, 2, 5 * 32],
    ["the last byte of a leaf", {}, 0, 2, 511],
    ["between digests", { algorithm: "sha1" }, 0, 0, 31],
    ["after packed digests", { algorithm: "sha1", hashType: 0 }, 0, 0, 16 * 20],
  ] as const)("a byte in %s that the digests cover is refused", async (_, overrides, level, index, at) => {
    const volume = makeVolume(37, overrides, undefined, (block, l, i) => {
      if (l === level && i === index) block[at] = 1;
    });
    const device = await open(volume);
    const found = await failures(device, volume);
    const under = Array.from({ length: 37 }, (__, block) => block).slice(index * 16, (index + 1) * 16);
    expect([...found.keys()]).toEqual(under);
    for (const failure of found.values()) {
      expect(failure).toEqual({ code: "spare-not-zero", at: { device: "hash", level, block: index } });
    }
    await device.close();
  });

  test("in the root block it is refused at open", async () => {
    const volume = makeVolume(37, {}, undefined, (block, level) => {
      if (level === 1) block[511] = 0x80;
    });
    const refusal = failureOf(await open(volume).catch((error: unknown) => error));
    expect(refusal).toEqual({ code: "spare-not-zero", at: { device: "hash", level: 1, block: 0 } });
  });
});

describe("what is said of corruption", () => {
  test("an event for each bad block of a read, once, and a status that stays", async () => {
    const volume = makeVolume(40);
    const events: CorruptionEvent[] = [];
    const device = await open(volume, { onCorruption: (event) => events.push(event) });
    for (const block of [3, 17, 18]) flip(volume.data, block * 512 + 100, 3);
    await expect(device.read(0, new Uint8Array(20 * 512))).rejects.toMatchObject({ at: { block: 3 } });
    const event = { device: "data", level: undefined, outcome: "refused" };
    expect(events).toEqual([3, 17, 18].map((block) => ({ ...event, block })));
    expect(device.status).toBe("C");
    await device.read(20 * 512, new Uint8Array(512));
    expect(device.status).toBe("C");
    await device.close();
  });

  test("a corrupt hash block names its level", async () => {
    const volume = makeVolume(300);
    const events: CorruptionEvent[] = [];
    const device = await open(volume, { onCorruption: (event) => events.push(event) });
    flip(volume.hash, (volume.levelOffsets[1] ?? 0) + 512, 0);
    await expect(device.read(299 * 512, new Uint8Array(1))).rejects.toThrow(
      "hash block 1 of level 1 on hash",
    );
    expect(events).toEqual([{ device: "hash", level: 1, block: 1, outcome: "refused" }]);
    await device.close();
  });

  test("what the observer throws becomes the read's answer, and the device goes on", async () => {
    const volume = makeVolume(40);
    const oops = new Error("oops");
    const device = await open(volume, {
      onCorruption: () => {
        throw oops;
      },
    });
    flip(volume.data, 0, 0);
    for (let i = 0; i < 40; i++) await expect(device.read(0, new Uint8Array(600))).rejects.toBe(oops);
    await device.read(512, new Uint8Array(512));
    await device.close();
  });
});

describe("corrupt data for those who ask twice", () => {
  const ignoring = { corruption: "ignore", returnCorruptDataToTheCaller: true } as const;

  test.each([
    { corruption: "ignore" },
    { returnCorruptDataToTheCaller: true },
    { corruption: "error", returnCorruptDataToTheCaller: true },
    { corruption: "log" } as unknown as Partial<VerityDeviceOptions>,
  ] as Partial<VerityDeviceOptions>[])("asking with %o alone is refused", async (half) => {
    const refusal = await open(makeVolume(3), half).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StorageError);
    expect(refusal).toMatchObject({ name: "UsageError", at: { field: "corruption" } });
  });

  test("bad data blocks, leaves and root are read as they are, and said", async () => {
    const volume = makeVolume(300);
    flip(volume.data, 5 * 512, 0);
    flip(volume.hash, (volume.levelOffsets[0] ?? 0) + 512, 0);
    flip(volume.hash, volume.levelOffsets[2] ?? 0, 0);
    const events: CorruptionEvent[] = [];
    const device = await open(volume, { ...ignoring, onCorruption: (event) => events.push(event) });
    expect(events).toEqual([{ device: "hash", level: 2, block: 0, outcome: "ignored" }]);
    const whole = new Uint8Array(volume.data.length);
    await device.read(0, whole);
    expect(Buffer.compare(whole, volume.data)).toBe(0);
    expect(device.status).toBe("C");
    await device.close();
  });

  test("with a sound tree only the bad blocks are said to be bad", async () => {
    const volume = makeVolume(300);
    flip(volume.data, 5 * 512, 0);
    const events: CorruptionEvent[] = [];
    const device = await open(volume, { ...ignoring, onCorruption: (event) => events.push(event) });
    const whole = new Uint8Array(volume.data.length);
    await device.read(0, whole);
    expect(Buffer.compare(whole, volume.data)).toBe(0);
    expect(events).toEqual([{ device: "data", level: undefined, block: 5, outcome: "ignored" }]);
    await device.close();
  });
});
