/** Content written at random, held against a model in memory, `e2fsck` and what the kernel reads. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { equalBytes } from "../../src/bytes/compare.ts";
import { formatExt4 } from "../../src/ext4/format-ext4.ts";
import { WritableVolume } from "../../src/ext4/writable-volume.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { FileModel, randomOperation, readWhole } from "./data-model.ts";
import { type Image, makeImage, mounted, run } from "./loop-mount.ts";
import { fsck, writableDevice, zeroFile } from "./scratch-file.ts";
import { createFile } from "./volume-files.ts";

const mib = 2 ** 20;

/** How a file system is put to use. */
export interface Exercise {
  readonly seed: number;
  /** Where files end, about. */
  readonly limitBytes: number;
  readonly dirtyBytes?: number;
}

/** Does things to four files at random, and looks at them in all ways. */
export async function exercise(
  image: Image,
  { seed, limitBytes, dirtyBytes = 8 * mib }: Exercise,
): Promise<void> {
  const random = new SeededRandom(seed);
  const device = await writableDevice(image);
  const volume = await WritableVolume.open(device, { dirtyBytes });
  const files = new Map<number, { name: string; model: FileModel }>();
  for (const name of ["a", "b", "c", "d"]) {
    const inode = await volume.change({}, () => createFile(volume, name));
    files.set(inode.number, { name, model: new FileModel() });
  }
  for (let round = 0; round < 3; round++) {
    for (let step = 0; step < 60; step++) {
      const [number, { model }] = random.pick([...files]);
      await randomOperation(random, volume, number, model, limitBytes);
    }
    for (const [number, { model }] of files) {
      expect(equalBytes(await readWhole(volume, number), model.bytes)).toBe(true);
    }
    await volume.flush();
    expect(fsck(image)).toBe("");
  }
  await device.close();
  mounted(image, "ro,noload", (folder) => {
    for (const { name, model } of files.values()) {
      expect(equalBytes(readFileSync(`${folder}/${name}`), model.bytes)).toBe(true);
    }
  });
}

/** In a file system of our own. */
export async function exerciseOwn(sizeBytes: number, how: Exercise): Promise<void> {
  const image = zeroFile(sizeBytes);
  try {
    const device = await writableDevice(image);
    await formatExt4(device, { isZero: true });
    await device.close();
    await exercise(image, how);
  } finally {
    image.remove();
  }
}

/** In one that `mkfs.ext4` makes. */
export async function exerciseForeign(mkfs: readonly string[], seed: number): Promise<void> {
  const image = makeImage(mkfs, 24 * mib);
  try {
    await exercise(image, { seed, limitBytes: mib });
  } finally {
    image.remove();
  }
}

/** What the kernel wrote is changed by us, and read by the kernel again. */
export async function exerciseKernelFile(mkfs: readonly string[], seed: number): Promise<void> {
  const image = makeImage(mkfs, 24 * mib);
  try {
    const random = new SeededRandom(seed);
    const model = new FileModel();
    model.bytes = Uint8Array.from({ length: 700_001 }, (_, i) => (i * 3 + (i >>> 9)) & 0xff);
    const number = mounted(image, "rw", (folder) => {
      writeFileSync(`${folder}/kernel`, model.bytes);
      run("fallocate", ["-p", "-o", "100000", "-l", "50000", `${folder}/kernel`]);
      run("fallocate", ["-n", "-o", "800000", "-l", "400000", `${folder}/kernel`]);
      return statSync(`${folder}/kernel`).ino;
    });
    model.punch(100_000, 50_000);
    const device = await writableDevice(image);
    const volume = await WritableVolume.open(device, {});
    expect(equalBytes(await readWhole(volume, number), model.bytes)).toBe(true);
    for (let step = 0; step < 40; step++) await randomOperation(random, volume, number, model, mib);
    await volume.flush();
    await device.close();
    expect(fsck(image)).toBe("");
    mounted(image, "rw", (folder) => {
      expect(equalBytes(readFileSync(`${folder}/kernel`), model.bytes)).toBe(true);
      writeFileSync(`${folder}/next`, model.bytes);
    });
    expect(fsck(image)).toBe("");
  } finally {
    image.remove();
  }
}
