/** Content written at random, held against a model in memory, `e2fsck` and what the kernel reads. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/compare.ts";
import { formatExt4 } from "../../src/ext4/format-ext4.ts";
import { WritableVolume } from "../../src/ext4/writable-volume.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { FileModel, randomOperation, readWhole } from "./data-model.ts";
import { describeWithLoopMounts, type Image, makeImage, mounted } from "./loop-mount.ts";
import { fsck, writableDevice, zeroFile } from "./scratch-file.ts";
import { createFile } from "./volume-files.ts";

const mib = 2 ** 20;

/** How a file system is put to use. */
interface Exercise {
  readonly seed: number;
  /** Where files end, about. */
  readonly limitBytes: number;
  readonly dirtyBytes?: number;
}

/** Does things to four files at random, and looks at them in all ways. */
async function exercise(image: Image, { seed, limitBytes, dirtyBytes = 8 * mib }: Exercise): Promise<void> {
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

describeWithLoopMounts("content, in file systems of our own", () => {
  test.each([
    ["with room for all", 64 * mib, { seed: 1, limitBytes: 2 * mib }],
    ["with little memory", 64 * mib, { seed: 2, limitBytes: 2 * mib, dirtyBytes: 65_536 }],
    ["where space runs out", 3 * mib, { seed: 3, limitBytes: mib }],
    [
      "where space runs out, with little memory",
      2 * mib,
      { seed: 4, limitBytes: 300_000, dirtyBytes: 65_536 },
    ],
  ])("%s", { timeout: 60_000 }, async (_, sizeBytes, how) => {
    const image = zeroFile(sizeBytes);
    try {
      const device = await writableDevice(image);
      await formatExt4(device, { isZero: true });
      await device.close();
      await exercise(image, how);
    } finally {
      image.remove();
    }
  });
});

describeWithLoopMounts("content, in file systems that mkfs.ext4 makes", () => {
  test.each([
    ["as it comes, with a journal", []],
    ["without a journal", ["-O", "^has_journal"]],
    ["blocks of 1 KiB", ["-O", "^has_journal", "-b", "1024"]],
    ["blocks of 2 KiB, inodes of 128 bytes", ["-O", "^has_journal", "-b", "2048", "-I", "128"]],
    ["descriptors with CRC-16", ["-O", "^has_journal,^metadata_csum,uninit_bg", "-b", "1024"]],
    ["no checksums, 32 bits", ["-O", "^has_journal,^metadata_csum,^64bit", "-b", "1024"]],
    ["no flex_bg, no resize_inode", ["-O", "^has_journal,^flex_bg,^resize_inode", "-b", "1024"]],
    ["tables that were not zeroed", ["-E", "lazy_itable_init=1", "-O", "^has_journal"]],
  ])("%s", { timeout: 60_000 }, async (_, mkfs) => {
    const image = makeImage(["-q", ...mkfs], 24 * mib);
    try {
      await exercise(image, { seed: 5, limitBytes: mib });
    } finally {
      image.remove();
    }
  });
});
