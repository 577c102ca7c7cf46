/** Directories of a hundred thousand names and of a million: made, found, renamed and taken away without a scan. */
import { readdirSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import type { BlockDevice, WritableBlockDevice } from "../../src/device/block-device.ts";
import { formatExt4 } from "../../src/ext4/format-ext4.ts";
import { openWritableExt4 } from "../../src/ext4/writable-ext4-tree.ts";
import { bytesOf } from "../tree/memory-tree.ts";
import { describeWithLoopMounts, mounted } from "./loop-mount.ts";
import { fsck, writableDevice, zeroFile } from "./scratch-file.ts";

const mib = 2 ** 20;
/** The way down, the inode and its bitmap, each perhaps not in memory. */
const mostReads = 12;

describeWithLoopMounts("large directories", () => {
  test.each([
    [100_000, 512 * mib],
    // A group has 32,768 inodes at the most.
    [1_000_000, 4096 * mib],
  ])("%i names", { timeout: 1_200_000 }, async (count, sizeBytes) => {
    const image = zeroFile(sizeBytes);
    try {
      const device = await writableDevice(image);
      await formatExt4(device, { inodes: count + 1000, isZero: true });
      const reads = countReads(device);
      const tree = await openWritableExt4(device);
      const { root } = tree;
      const directory = await tree.create(root, bytesOf("d"), { type: "directory", permissions: 0o755 });
      let most = 0;
      const counted = async (call: () => Promise<unknown>): Promise<void> => {
        const before = reads();
        await call();
        most = Math.max(most, reads() - before);
      };
      const name = (i: number): Uint8Array => bytesOf(`a file whose number is ${i}`);
      const file = { type: "file", permissions: 0o644 } as const;
      for (let i = 0; i < count; i++) await tree.create(directory, name(i), file);
      // A million names are more than is kept in memory: each may read its own leaf, where a scan would read thousands.
      expect(reads()).toBeLessThan(count);
      await tree.flush();
      const step = count / 100;
      for (let i = 0; i < count; i += step) {
        await counted(async () => expect(await tree.lookup(directory, name(i))).toBeDefined());
        await counted(() => tree.rename(directory, name(i), directory, bytesOf(`renamed ${i}`)));
        await counted(() => tree.unlink(directory, name(i + 1)));
      }
      expect(most).toBeLessThan(mostReads);
      await tree.close();
      await device.close();
      expect(fsck(image)).toBe("");
      mounted(image, "ro,noload", (folder) => {
        expect(readdirSync(`${folder}/d`)).toHaveLength(count - 100);
        expect(statSync(`${folder}/d/renamed ${count / 100}`).size).toBe(0);
      });
    } finally {
      image.remove();
    }
  });
});

/** Counts a device's reads from now on. */
function countReads(device: WritableBlockDevice): () => number {
  let count = 0;
  const read: BlockDevice["read"] = device.read.bind(device);
  device.read = (...range) => {
    count++;
    return read(...range);
  };
  return () => count;
}
