/** `SealedDevice` on a device in memory: what it costs beyond the sealing itself, and what freshness costs. */
import { randomBytes } from "node:crypto";
import { createSectorCipher, type SectorCipher } from "sealstone/crypto";
import { MemoryDevice } from "sealstone/device";
import { SealedDevice } from "sealstone/scratch";
import type { Contender } from "../measure/interleave.ts";
import type { Suite } from "./suite.ts";
import { TaggedDevice } from "./tagged-device.ts";

const MiB = 2 ** 20;
const size = 4096;
const sizeBytes = 64 * MiB;
const sectorsPerMiB = MiB / size;

const longWrites = "sealstone, writes of 1 MiB";
const longReads = "sealstone, reads of 1 MiB";
const sealing = "sealing 1 MiB a call";
const opening = "opening 1 MiB a call";
const taggedWrites = "tags on the disk, writes of 1 MiB";
const taggedReads = "tags on the disk, reads of 1 MiB";
const shortWrites = "sealstone, random writes of 4 KiB";
const shortReads = "sealstone, random reads of 4 KiB";
const sealingOne = "sealing 4 KiB a call";
const openingOne = "opening 4 KiB a call";

/** Long writes and reads in order, beside sealing and opening alone, and beside a device without freshness. */
export const sealedLong: Suite = {
  name: "sealed-device-long",
  title: "SealedDevice: writes and reads of 1 MiB",
  about:
    "A sealed device of 64 MiB on a device in memory, all of it touched, written and read from end to end in steps " +
    "of 1 MiB. Beside it the bare sealing and opening of as many bytes, and a device that seals the same " +
    "batches by the same cipher, but keeps nonces and tags on the disk, where the host can put back older ones.",
  pace: { rounds: 15, timeMs: 150 },
  prepare: async () => {
    const sealed = await SealedDevice.create(new MemoryDevice(sizeBytes));
    const tagged = await TaggedDevice.create(sizeBytes);
    const cipher = await filled();
    return {
      contenders: [
        ...throughout(longWrites, longReads, sealed),
        ...throughout(taggedWrites, taggedReads, tagged),
        { name: sealing, bytes: 16 * MiB, run: () => times(16, () => cipher.seal(0, sectorsPerMiB)) },
        { name: opening, bytes: 16 * MiB, run: () => times(16, () => open(cipher, 0, sectorsPerMiB)) },
      ],
      ratios: [
        { of: longWrites, to: sealing, atLeast: 0.85 },
        { of: longReads, to: opening, atLeast: 0.85 },
        { of: longWrites, to: taggedWrites, atLeast: 0.92 },
        { of: longReads, to: taggedReads, atLeast: 0.92 },
      ],
      close: async () => {
        cipher.close();
        tagged.close();
        await sealed.close();
      },
    };
  },
};

/** Short writes and reads all over the device, one after the other. */
export const sealedShort: Suite = {
  name: "sealed-device-short",
  title: "SealedDevice: random writes and reads of 4 KiB",
  about:
    "1,024 writes, and as many reads, of one sector each, one after the other, at random places of the same device. " +
    "Beside it the WASM routine alone, called with one sector at a time.",
  pace: { rounds: 15, timeMs: 150 },
  prepare: async () => {
    const sealed = await SealedDevice.create(new MemoryDevice(sizeBytes));
    for (let at = 0; at < sizeBytes; at += MiB) await sealed.write(at, new Uint8Array(randomBytes(MiB)));
    const cipher = await filled();
    const from = new Uint8Array(randomBytes(size));
    const into = new Uint8Array(size);
    const places = Array.from({ length: 1024 }, () => Math.floor(Math.random() * (sizeBytes / size)) * size);
    const bytes = places.length * size;
    return {
      contenders: [
        {
          name: shortWrites,
          bytes,
          run: async () => {
            for (const place of places) await sealed.write(place, from);
          },
        },
        {
          name: shortReads,
          bytes,
          run: async () => {
            for (const place of places) await sealed.read(place, into);
          },
        },
        { name: sealingOne, bytes, run: () => times(1024, (i) => cipher.seal(i % sectorsPerMiB, 1)) },
        { name: openingOne, bytes, run: () => times(1024, (i) => open(cipher, i % sectorsPerMiB, 1)) },
      ],
      ratios: [
        { of: shortWrites, to: sealingOne, atLeast: 0.6 },
        { of: shortReads, to: openingOne, atLeast: 0.6 },
      ],
      close: async () => {
        cipher.close();
        await sealed.close();
      },
    };
  },
};

/** A MiB of sectors under nonces of their own, sealed once, so that they open. */
async function filled(): Promise<SectorCipher> {
  const cipher = await createSectorCipher({
    suite: "chacha20-poly1305",
    sectorSizeBytes: size,
    capacitySectors: sectorsPerMiB,
    aadSizeBytes: 16,
  });
  cipher.plaintext.set(randomBytes(MiB));
  cipher.seal(0, sectorsPerMiB);
  return cipher;
}

function open(cipher: SectorCipher, slot: number, count: number): void {
  if (cipher.open(slot, count) > 0) throw new Error("a sector did not open");
}

function times(count: number, work: (i: number) => void): void {
  for (let i = 0; i < count; i++) work(i);
}

/** A part of a device from end to end, a MiB a call: 16 MiB a run, another stretch each time. */
function throughout(
  writing: string,
  reading: string,
  device: Pick<SealedDevice, "read" | "write">,
): Contender[] {
  const from = new Uint8Array(randomBytes(MiB));
  const into = new Uint8Array(MiB);
  const bytes = 16 * MiB;
  let start = 0;
  const stretch = async (call: (at: number) => Promise<void>): Promise<void> => {
    start = (start + bytes) % sizeBytes;
    for (let at = start; at < start + bytes; at += MiB) await call(at);
  };
  return [
    { name: writing, bytes, run: () => stretch((at) => device.write(at, from)) },
    { name: reading, bytes, run: () => stretch((at) => device.read(at, into)) },
  ];
}
