/** File systems that are not in order, opened for writing: refused by name, or in use, never worse. */
import { expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { FileError, FormatError } from "../../src/errors.ts";
import type { FileData } from "../../src/ext4/file-data.ts";
import { formatExt4 } from "../../src/ext4/format-ext4.ts";
import { sealSuperblock } from "../../src/ext4/live-superblock.ts";
import { readField, writeField } from "../../src/ext4/structure.ts";
import {
  compatFeature,
  incompatFeature,
  roCompatFeature,
  superblockFields,
} from "../../src/ext4/superblock.ts";
import { WritableVolume } from "../../src/ext4/writable-volume.ts";
import { forEachSeed, type SeededRandom } from "../../src/testing/seeded-random.ts";
import { createFile, fileData } from "./volume-files.ts";

type SuperblockField = "featureCompat" | "featureIncompat" | "featureRoCompat" | "state" | "lastOrphan";

async function formatted(): Promise<Uint8Array> {
  const bytes = new Uint8Array(1 << 20);
  const uuid = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
  await formatExt4(new MemoryDevice(bytes), { uuid, hashSeed: uuid, isZero: true });
  return bytes;
}

function edit(bytes: Uint8Array, field: SuperblockField, change: (value: number) => number): void {
  const superblock = bytes.subarray(1024, 2048);
  const before = readField(superblock, 0, superblockFields[field]);
  writeField(superblock, 0, superblockFields[field], change(before));
  sealSuperblock(superblock);
}

test.each<[string, SuperblockField, (value: number) => number]>([
  ["inlineData", "featureIncompat", (value) => value | incompatFeature.inlineData],
  ["metaBg", "featureIncompat", (value) => value | incompatFeature.metaBg],
  ["mmp", "featureIncompat", (value) => value | incompatFeature.mmp],
  ["quota", "featureRoCompat", (value) => value | roCompatFeature.quota],
  ["orphanPresent", "featureRoCompat", (value) => value | roCompatFeature.orphanPresent],
  ["excludeBitmap", "featureCompat", (value) => value | compatFeature.excludeBitmap],
  ["no feature extents", "featureIncompat", (value) => value & ~incompatFeature.extents],
  ["no feature filetype", "featureIncompat", (value) => value & ~incompatFeature.filetype],
  ["no feature large_file", "featureRoCompat", (value) => value & ~roCompatFeature.largeFile],
  ["not flushed", "state", (value) => value & ~1],
  ["has errors", "state", (value) => value | 2],
  ["files without names", "lastOrphan", () => 12],
])("refused: %s", async (why, field, change) => {
  const bytes = await formatted();
  edit(bytes, field, change);
  const opening = WritableVolume.open(new MemoryDevice(bytes), {});
  await expect(opening).rejects.toMatchObject({ code: "unsupported" });
  await expect(opening).rejects.toThrow(why);
});

/** A file system without checksums, so that what is spoilt goes unnoticed, with three files. */
async function filled(): Promise<Uint8Array> {
  const bytes = await formatted();
  const volume = await WritableVolume.open(new MemoryDevice(bytes), {});
  for (const [index, name] of ["a", "b", "c"].entries()) {
    await volume.change({}, async () => {
      const data = fileData(volume, createFile(volume, name).number);
      for (let at = 0; at < 10 + 10 * index; at++) {
        await data.write(2 * at * 4096, new Uint8Array(4096).fill(at));
      }
    });
  }
  await volume.flush();
  edit(bytes, "featureRoCompat", (value) => value & ~roCompatFeature.metadataCsum);
  return bytes;
}

function makeInode(volume: WritableVolume): void {
  volume.inodes.create(volume.inodes.get(2), { mode: 0o40755, uid: 1, gid: 2 });
}

/** Uses a file system as its user would. */
async function useAll(volume: WritableVolume, random: SeededRandom): Promise<void> {
  for (const number of [12, 13, 14]) {
    const change = (run: (data: FileData) => unknown): Promise<unknown> =>
      volume.change({}, () => run(fileData(volume, number)));
    const steps = [
      () => change((data) => data.read(0, new Uint8Array(100_000), {})),
      () => change((data) => data.write(random.below(200_000), new Uint8Array(random.below(90_000)))),
      () => change((data) => data.punchHole(random.below(100_000), random.below(90_000))),
      () => change((data) => data.allocate(random.below(200_000), 1 + random.below(90_000), true)),
      () => change((data) => data.truncate(random.below(200_000))),
      () => change((data) => data.nextData(0)),
      () => volume.change({}, () => makeInode(volume)),
      () => volume.change({}, () => volume.inodes.remove(volume.inodes.get(number))),
      () => volume.flush(),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        if (error instanceof FileError || error instanceof FormatError) continue;
        throw error;
      }
    }
  }
}

test("whatever is spoilt, calls end well or say why", async () => {
  const whole = await filled();
  // Superblock, descriptors, bitmaps, the first inodes, and the first blocks of content and trees.
  const places = [1024, 4096, 2 * 4096, 3 * 4096, 4 * 4096 + 256, 4 * 4096 + 11 * 256, 8 * 4096, 13 * 4096];
  let opened = 0;
  const seeds = Array.from({ length: 150 }, (_, seed) => seed);
  await forEachSeed(seeds, async (random) => {
    const bytes = whole.slice();
    for (let spoilt = 0; spoilt <= random.below(4); spoilt++) {
      const at = random.pick(places) + random.below(random.pick([64, 256, 1024, 20_000]));
      bytes[at] = random.pick([0, 1, 0xff, random.below(256)]);
    }
    let volume: WritableVolume;
    try {
      volume = await WritableVolume.open(new MemoryDevice(bytes), {});
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      return;
    }
    opened += 1;
    await useAll(volume, random);
  });
  expect(opened).toBeGreaterThan(75);
});
