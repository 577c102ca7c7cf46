/**
 * Hashing a gigabyte of a file while more of it is being read: whatever the
 * hasher, the threads, the salt and where one stretch ends and the next begins,
 * true blocks are found true, and flipped ones are found.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BlockDevice,
  chosenHashers,
  type DataDigests,
  digestsOnThisThread,
  FileDevice,
  formatVerity,
  type HasherChoice,
  MemoryDevice,
  SliceDevice,
  startThreadedDigests,
  type VerityParameters,
  verifyVerity,
} from "sealstone/node";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { makeVolume, type Volume } from "./reference-volume.ts";
import { SeededRandom } from "./seeded-random.ts";

const MiB = 2 ** 20;
const fileSizeBytes = 1024 * MiB;
const random = new SeededRandom(20);

interface Shape {
  readonly name: string;
  readonly parameters: Partial<VerityParameters>;
  /** Where the data begin in the file. */
  readonly offsetBytes: number;
  readonly dataBlocks: number;
}

const pages = { dataBlockSize: 4096, hashBlockSize: 4096 };

/** Stretches are of 512 KiB or 2 MiB of data: these end with one, within one, and at odd places of pages. */
const shapes: readonly Shape[] = [
  {
    name: "a salt of 32 bytes, the whole file",
    parameters: { ...pages, salt: random.bytes(32) },
    offsetBytes: 0,
    dataBlocks: fileSizeBytes / 4096,
  },
  {
    name: "no salt, three blocks short of the last stretch",
    parameters: { ...pages, salt: new Uint8Array(0) },
    offsetBytes: 0,
    dataBlocks: fileSizeBytes / 4096 - 3,
  },
  {
    name: "a salt of 200 bytes behind the block, from the second sector on",
    parameters: { ...pages, hashType: 0, salt: random.bytes(200) },
    offsetBytes: 512,
    dataBlocks: fileSizeBytes / 4096 - 259,
  },
  {
    name: "the longest salt, blocks of 1 KiB, a quarter of the file",
    parameters: { dataBlockSize: 1024, hashBlockSize: 4096, salt: random.bytes(256) },
    offsetBytes: 700 * MiB + 1536,
    dataBlocks: (256 * MiB) / 1024 + 1,
  },
  {
    name: "a salt of 7 bytes, blocks of 64 KiB",
    parameters: { dataBlockSize: 65_536, hashBlockSize: 4096, salt: random.bytes(7) },
    offsetBytes: 65_536 - 512,
    dataBlocks: fileSizeBytes / 65_536 - 1,
  },
];

/** Who reads and hashes. */
interface Way {
  readonly name: string;
  open(path: string): Promise<BlockDevice>;
  digests(hasher: HasherChoice): DataDigests & { close?(): Promise<void> };
}

const oneThread = (hasher: HasherChoice) => digestsOnThisThread(chosenHashers(hasher));
const twoThreads = (hasher: HasherChoice) => startThreadedDigests(2, { hasher, includeThisThread: true });

const ways: readonly Way[] = [
  { name: "one thread, reading ahead", open: (path) => FileDevice.open(path), digests: oneThread },
  {
    name: "one thread, reading as it goes",
    open: (path) => FileDevice.open(path, { blocking: true }),
    digests: oneThread,
  },
  { name: "two threads", open: (path) => FileDevice.open(path), digests: twoThreads },
  {
    name: "two threads, of a device that they cannot open",
    open: async (path) => unknownDevice(await FileDevice.open(path)),
    digests: twoThreads,
  },
];

/** A device that is none of the package's own: it is read on this thread, and its bytes are carried to the others. */
function unknownDevice(device: BlockDevice): BlockDevice {
  return {
    name: "unknown",
    sizeBytes: device.sizeBytes,
    read: (offsetBytes, into, options) => device.read(offsetBytes, into, options),
    close: () => device.close(),
    [Symbol.asyncDispose]: () => device.close(),
  };
}

let folder = "";
let path = "";
const bytes = new Uint8Array(fileSizeBytes);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sealstone-read-ahead-"));
  path = join(folder, "data");
  // Each sector is another one; beyond that the content is no matter.
  const pattern = random.bytes(MiB);
  for (let offset = 0; offset < fileSizeBytes; offset += MiB) bytes.set(pattern, offset);
  const numbers = new DataView(bytes.buffer);
  for (let offset = 0; offset < fileSizeBytes; offset += 512) numbers.setUint32(offset, offset / 512);
  const file = openSync(path, "w");
  for (let offset = 0; offset < fileSizeBytes; offset += MiB) writeSync(file, bytes, offset, MiB, offset);
  closeSync(file);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Flips a bit of the file; again, and it is as it was. */
function flip(offsetBytes: number): void {
  const file = openSync(path, "r+");
  const byte = new Uint8Array(1);
  readSync(file, byte, 0, 1, offsetBytes);
  byte[0] = (byte[0] as number) ^ 0x10;
  writeSync(file, byte, 0, 1, offsetBytes);
  closeSync(file);
}

/** Blocks to flip: the first and last, those on both sides of stretches' ends, and some by chance. */
function blocksToFlip({ identity: { dataBlocks, dataBlockSize } }: Volume): number[] {
  const perStretch = (2 * MiB) / dataBlockSize;
  const chosen = new Set([0, dataBlocks - 1]);
  for (const stretch of [1, 2, 3, 64, 65]) {
    chosen.add(stretch * perStretch - 1).add(stretch * perStretch);
    chosen.add((stretch * perStretch) / 4 - 1).add((stretch * perStretch) / 4);
  }
  for (let i = 0; i < 20; i++) chosen.add(random.below(dataBlocks));
  return [...chosen].filter((block) => block < dataBlocks).sort((a, b) => a - b);
}

describe.each(shapes)("$name", ({ parameters, offsetBytes, dataBlocks }) => {
  let volume: Volume;
  beforeAll(() => {
    const sizeBytes = dataBlocks * (parameters.dataBlockSize ?? 4096);
    volume = makeVolume(dataBlocks, parameters, bytes.subarray(offsetBytes, offsetBytes + sizeBytes));
  }, 120_000);

  describe.each(ways)("$name", ({ open, digests: startDigests }) => {
    test.each<HasherChoice>(["native", "wasm"])("hashed by %s", async (hasher) => {
      const { identity } = volume;
      const sizeBytes = identity.dataBlocks * identity.dataBlockSize;
      const data = new SliceDevice(await open(path), offsetBytes, sizeBytes);
      const digests = startDigests(hasher);
      onTestFinished(async () => {
        await digests.close?.();
        await data.close();
      });
      const formatted = new MemoryDevice(new Uint8Array(volume.hash.length));
      const verify = async (): Promise<unknown> => {
        const hash = new MemoryDevice(volume.hash);
        const { ok, unreadableBlocks, badHashBlocks } = await verifyVerity({ data, hash, identity, digests });
        return {
          ok,
          badHashBlocks,
          unreadable: [...unreadableBlocks].map(({ first, count }) => [first, count]),
        };
      };
      const well = { ok: true, badHashBlocks: [], unreadable: [] };

      const uuid = new Uint8Array(16).fill(0x11);
      const format = { data, hash: formatted, parameters: identity, dataBlocks, digests, uuid };
      const { rootHash } = await formatVerity(format);
      expect(toHex(rootHash)).toBe(toHex(identity.rootHash));
      const area = new Uint8Array(volume.hash.length);
      await formatted.read(0, area);
      expect(Buffer.compare(area, volume.hash)).toBe(0);

      expect(await verify()).toEqual(well);
      // At once, so that each is being read for while another is hashed.
      expect(await Promise.all([verify(), verify(), verify()])).toEqual([well, well, well]);

      const blocks = blocksToFlip(volume);
      const places = blocks.map((block) => offsetBytes + block * identity.dataBlockSize + random.below(1024));
      for (const place of places) flip(place);
      try {
        const { ok, unreadable } = (await verify()) as { ok: boolean; unreadable: [number, number][] };
        expect(ok).toBe(false);
        const found = unreadable.flatMap(([first, count]) =>
          Array.from({ length: count }, (_, i) => first + i),
        );
        expect(found).toEqual(blocks);
      } finally {
        for (const place of places) flip(place);
      }
    });
  });
});
