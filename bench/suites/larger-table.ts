/** A sealed device whose records lie in leaves on the disk, beside the same with all records in memory. */
import { MemoryDevice } from "sealstone/device";
import { SealedDevice } from "sealstone/scratch";
import type { Contender } from "../measure/interleave.ts";
import type { Prepared, Suite } from "./suite.ts";

const MiB = 2 ** 20;
const sizeBytes = 256 * MiB;
const sectorSize = 4096;
const recordBytes = 24;
const recordsPerLeaf = 170;
const reads = 2048;

const oneLevel = "all records in memory";
const inLeaves = "records in leaves, a tenth of them cached";

const about = "256 MiB of sectors of 4096 bytes on a device in memory, every one of them written.";

export const largerTableWrites: Suite = suite("writes", "long", 0.9);
export const largerTableReads: Suite = suite("reads", "long", 0.9);
export const largerTableShortWrites: Suite = suite("writes", "short", 0.3);
export const largerTableShortReads: Suite = suite("reads", "short", 0.45);

function suite(what: "reads" | "writes", length: "long" | "short", atLeast: number): Suite {
  const isLong = length === "long";
  const how = isLong ? "in a row, 1 MiB each" : "at random places, 4 KiB each, one after the other";
  return {
    name: `larger-table-${length}-${what}`,
    title: `SealedDevice with records on the disk: ${isLong ? "long" : "random short"} ${what}`,
    about: `${about} ${what === "reads" ? "Reads" : "Writes"} ${how}.`,
    pace: { rounds: 9, timeMs: 150 },
    prepare: () => prepare(what === "writes", isLong, atLeast),
  };
}

async function prepare(writes: boolean, isLong: boolean, atLeast: number): Promise<Prepared> {
  const flat = await SealedDevice.create(new MemoryDevice(sizeBytes));
  const leaves = Math.ceil(sizeBytes / sectorSize / recordsPerLeaf);
  const leafy = await SealedDevice.create(new MemoryDevice(sizeBytes), {
    tableMemoryBytes: leaves * (recordBytes + 1),
    leafCacheBytes: Math.floor(leaves / 10) * sectorSize,
  });
  const usedBytes = Math.floor(leafy.sizeBytes / MiB) * MiB;
  const length = isLong ? MiB : sectorSize;
  const buffer = new Uint8Array(length).fill(7);
  const places = isLong
    ? Array.from({ length: usedBytes / MiB }, (_, i) => i * MiB)
    : Array.from({ length: reads }, () => Math.floor((Math.random() * usedBytes) / sectorSize) * sectorSize);
  const contender = (name: string, device: SealedDevice): Contender => ({
    name,
    bytes: places.length * length,
    run: async () => {
      for (const place of places) {
        if (writes) await device.write(place, buffer);
        else await device.read(place, buffer);
      }
    },
  });
  const filling = new Uint8Array(MiB).fill(7);
  for (const device of [flat, leafy]) {
    for (let at = 0; at < usedBytes; at += MiB) await device.write(at, filling);
  }
  return {
    contenders: [contender(oneLevel, flat), contender(inLeaves, leafy)],
    ratios: [{ of: inLeaves, to: oneLevel, atLeast }],
    close: async () => {
      await flat.close();
      await leafy.close();
    },
  };
}
