/** Content written at random, held against a model in memory, `e2fsck` and what the kernel reads. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/compare.ts";
import { formatExt4 } from "../../src/ext4/format-ext4.ts";
import { WritableVolume } from "../../src/ext4/writable-volume.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { FileModel, randomOperation, readWhole } from "./data-model.ts";
import { describeWithLoopMounts, mounted } from "./loop-mount.ts";
import { fsck, writableDevice, zeroFile } from "./scratch-file.ts";
import { createFile } from "./volume-files.ts";

const mib = 2 ** 20;

describeWithLoopMounts("file data", () => {
  test.each([
    ["with room for all", 1, 64 * mib, 2 * mib],
    ["in many small pieces", 2, 64 * mib, 4 * mib],
    ["where space runs out", 3, 3 * mib, mib],
    ["where space runs out, with little memory", 4, 2 * mib, 300_000],
  ])("%s", { timeout: 60_000 }, async (_, seed, sizeBytes, limitBytes) => {
    const random = new SeededRandom(seed);
    const image = zeroFile(sizeBytes);
    try {
      const device = await writableDevice(image);
      await formatExt4(device, { isZero: true });
      const volume = await WritableVolume.open(device, { dirtyBytes: random.pick([65_536, 8 * mib]) });
      const files = new Map<number, { name: string; model: FileModel }>();
      for (const name of ["a", "b", "c", "d"]) {
        const inode = await volume.change({}, () => createFile(volume, name));
        files.set(inode.number, { name, model: new FileModel() });
      }
      for (let round = 0; round < 4; round++) {
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
    } finally {
      image.remove();
    }
  });
});
