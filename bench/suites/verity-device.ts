/** `VerityDevice` on a device in memory: what checking costs beyond the hashing itself. */
import { randomBytes } from "node:crypto";
import { type BlockHasher, createBlockHasher } from "sealstone/crypto";
import { MemoryDevice } from "sealstone/device";
import { formatVerity, hashAreaEndBytes, treeGeometry, VerityDevice } from "sealstone/verity";
import type { Suite } from "./suite.ts";

const MiB = 2 ** 20;
const blockSize = 4096;
const sizeBytes = 64 * MiB;
const parameters = {
  hashType: 1,
  algorithm: "sha256",
  salt: new Uint8Array(randomBytes(32)),
  dataBlockSize: blockSize,
  hashBlockSize: blockSize,
} as const;

const batch = "hashing 1 MiB a call";
const longReads = "sealstone, reads of 1 MiB";
const single = "hashing 4 KiB a call";
const shortReads = "sealstone, random reads of 4 KiB";

/** Long reads in order, beside hashing the same number of bytes in the same batches. */
export const deviceLongReads: Suite = {
  name: "device-long-reads",
  title: "VerityDevice: reads of 1 MiB",
  about:
    "A verified device of 64 MiB on a device in memory, read from end to end in steps of 1 MiB, beside the bare " +
    "hashing of as many bytes: the difference is fetching, comparing and copying out.",
  pace: { rounds: 15, timeMs: 300 },
  prepare: async () => {
    const { device, hasher } = await open();
    const into = new Uint8Array(MiB);
    return {
      contenders: [
        {
          name: longReads,
          bytes: sizeBytes,
          run: async () => {
            for (let at = 0; at < sizeBytes; at += MiB) await device.read(at, into);
          },
        },
        {
          name: batch,
          bytes: sizeBytes,
          run: () => {
            for (let i = 0; i < sizeBytes / MiB; i++) hasher.digest(0, blockSize, MiB / blockSize);
          },
        },
      ],
      ratios: [{ of: longReads, to: batch, atLeast: 0.9 }],
      close: () => close(device, hasher),
    };
  },
};

/** Short reads all over the device, one after the other, with the tree's blocks in the cache. */
export const deviceShortReads: Suite = {
  name: "device-short-reads",
  title: "VerityDevice: random reads of 4 KiB",
  about:
    "1,024 reads of one block each, one after the other, at random places of the same device; the hash blocks are in " +
    "the cache. Beside it the bare hashing of one block a call.",
  pace: { rounds: 15, timeMs: 150 },
  prepare: async () => {
    const { device, hasher } = await open();
    const into = new Uint8Array(blockSize);
    const blocks = sizeBytes / blockSize;
    const places = Array.from({ length: 1024 }, () => Math.floor(Math.random() * blocks) * blockSize);
    for (let at = 0; at < sizeBytes; at += blockSize) await device.read(at, into);
    return {
      contenders: [
        {
          name: shortReads,
          bytes: places.length * blockSize,
          run: async () => {
            for (const place of places) await device.read(place, into);
          },
        },
        {
          name: single,
          bytes: places.length * blockSize,
          run: () => {
            for (let i = 0; i < places.length; i++) hasher.digest((i % 256) * blockSize, blockSize, 1);
          },
        },
      ],
      ratios: [{ of: shortReads, to: single, atLeast: 0.6 }],
      close: () => close(device, hasher),
    };
  },
};

async function open(): Promise<{ device: VerityDevice; hasher: BlockHasher }> {
  const data = new MemoryDevice(new Uint8Array(randomBytes(sizeBytes)));
  const geometry = treeGeometry(parameters, sizeBytes / blockSize, 1);
  const hash = new MemoryDevice(hashAreaEndBytes(geometry, { hashOffsetBytes: 0, superblock: true }));
  const identity = await formatVerity({ data, hash, parameters });
  const device = await VerityDevice.open({ data, hash, identity, hashCacheBytes: 8 * MiB });
  const { algorithm, salt } = parameters;
  const hasher = await createBlockHasher({ algorithm, salt, saltPosition: "first", capacityBytes: MiB });
  hasher.input.set(randomBytes(MiB));
  return { device, hasher };
}

async function close(device: VerityDevice, hasher: BlockHasher): Promise<void> {
  await device.close();
  hasher.close();
}
