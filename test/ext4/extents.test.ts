/** Trees of extents that grow deep and shrink again; sparse files, large ones, and the last block of a device. */
import { readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { FileError } from "../../src/errors.ts";
import { formatExt4 } from "../../src/ext4/format-ext4.ts";
import { WritableVolume } from "../../src/ext4/writable-volume.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { describeWithLoopMounts, type Image, makeImage, mounted, run } from "./loop-mount.ts";
import { fsck, writableDevice, zeroFile } from "./scratch-file.ts";
import { createFile, fileData, unlinkFile } from "./volume-files.ts";

const mib = 2 ** 20;
/** The inode behind lost+found. */
const firstFile = 12;
const gib = 2 ** 30;

/** Opens a file system with one empty file, lets something happen to it, flushes and checks. */
async function withFile(
  image: Image,
  use: (volume: WritableVolume, number: number) => Promise<void>,
): Promise<void> {
  const device = await writableDevice(image);
  const volume = await WritableVolume.open(device, {});
  const { number } = await volume.change({}, () => createFile(volume, "file"));
  await use(volume, number);
  await volume.flush();
  await device.close();
  expect(fsck(image)).toBe("");
}

async function formatted(sizeBytes: number): Promise<Image> {
  const image = zeroFile(sizeBytes);
  const device = await writableDevice(image);
  await formatExt4(device, { isZero: true });
  await device.close();
  return image;
}

function write(volume: WritableVolume, number: number, at: number, bytes: Uint8Array): Promise<number> {
  return volume.change({}, () => fileData(volume, number).write(at, bytes));
}

function punch(volume: WritableVolume, number: number, at: number, length: number): Promise<void> {
  return volume.change({}, () => fileData(volume, number).punchHole(at, length));
}

describeWithLoopMounts("extents", () => {
  test.each([
    ["blocks of 4 KiB", 4096, 3000],
    ["blocks of 1 KiB: three levels", 1024, 6000],
  ])("every other block, %s", { timeout: 60_000 }, async (_, size, blocks) => {
    const image =
      size === 4096
        ? await formatted(64 * mib)
        : makeImage(["-O", "^has_journal", "-b", "1024", "-N", "64"], 32 * mib);
    try {
      const taken = new Set<number>();
      await withFile(image, async (volume, number) => {
        const before = volume.use().freeBlocks;
        const random = new SeededRandom(blocks);
        const order = Array.from({ length: blocks }, (_, i) => 2 * i);
        for (let i = order.length - 1; i > 0; i--) {
          const j = random.below(i + 1);
          [order[i], order[j]] = [order[j] as number, order[i] as number];
        }
        for (const logical of order) {
          await write(volume, number, logical * size, new Uint8Array(size).fill(1 + (logical % 251)));
          taken.add(logical);
        }
        await volume.flush();
        expect(fsck(image)).toBe("");
        for (const logical of order.slice(blocks / 3)) {
          await punch(volume, number, logical * size, size);
          taken.delete(logical);
        }
        await volume.flush();
        expect(fsck(image)).toBe("");
        const inode = volume.inodes.get(number);
        expect(before - volume.use().freeBlocks).toBe(inode.blocks);
      });
      mounted(image, "ro,noload", (folder) => {
        const content = readFileSync(`${folder}/file`);
        for (let logical = 0; logical < content.length / size; logical++) {
          const expected = taken.has(logical) ? 1 + (logical % 251) : 0;
          const block = content.subarray(logical * size, (logical + 1) * size);
          if (block.some((byte) => byte !== expected)) throw new Error(`block ${logical} differs`);
        }
      });
      await removeFile(image);
    } finally {
      image.remove();
    }
  });
});

describeWithLoopMounts("limits", () => {
  test("a sparse file beyond 4 GiB, and beyond 2^32 sectors", async () => {
    const image = await formatted(64 * mib);
    try {
      const places = [0, 5 * gib + 1, 2 ** 41 + 4095, (2 ** 32 - 1) * 4096 - 3];
      await withFile(image, async (volume, number) => {
        for (const at of places) expect(await write(volume, number, at, Uint8Array.of(1, 2, 3))).toBe(3);
        const last = places.at(-1) as number;
        await expect(write(volume, number, last + 3, Uint8Array.of(1))).rejects.toMatchObject({
          code: "EFBIG",
        });
        expect(await write(volume, number, last + 2, Uint8Array.of(4, 5))).toBe(1);
        const data = fileData(volume, number);
        const starts: number[] = [];
        for (let at = 0; ; ) {
          const stretch = data.nextData(at);
          if (stretch === undefined) break;
          starts.push(stretch.offsetBytes);
          at = stretch.offsetBytes + stretch.lengthBytes;
        }
        expect(starts).toEqual([0, 5 * gib, 2 ** 41, (2 ** 32 - 2) * 4096]);
      });
      mounted(image, "ro,noload", (folder) => {
        expect(statSync(`${folder}/file`).size).toBe((2 ** 32 - 1) * 4096);
        const tail = run("tail", ["-c", "3", `${folder}/file`]);
        expect(tail).toBe("\x01\x02\x04");
      });
    } finally {
      image.remove();
    }
  });
});

describeWithLoopMounts("want of space", () => {
  test("the last free block can be had, and what comes short says how much", async () => {
    const image = await formatted(2 * mib);
    try {
      await withFile(image, async (volume, number) => {
        const free = volume.use().freeBlocks;
        const all = new Uint8Array(4 * mib).fill(7);
        expect(await write(volume, number, 0, all)).toBe(free * 4096);
        expect(volume.use().freeBlocks).toBe(0);
        await expect(write(volume, number, free * 4096, all)).rejects.toBeInstanceOf(FileError);
        expect(await write(volume, number, 5000, Uint8Array.of(1))).toBe(1);
        await punch(volume, number, 8192, 4096);
        expect(await write(volume, number, 5 * mib, Uint8Array.of(1))).toBe(1);
        await expect(
          volume.change({}, () => fileData(volume, number).allocate(6 * mib, 1, true)),
        ).rejects.toMatchObject({ code: "ENOSPC" });
      });
    } finally {
      image.remove();
    }
  });

  test("inodes run out and come back", async () => {
    const image = await formatted(mib);
    try {
      await withFile(image, async (volume) => {
        const { freeInodes } = volume.use();
        const made = volume.change({}, () => {
          const root = volume.inodes.get(2);
          for (let i = 0; i <= freeInodes; i++) {
            volume.inodes.create(root, { mode: 0o100644, uid: 0, gid: 0 });
          }
        });
        await expect(made).rejects.toMatchObject({ code: "ENOSPC" });
        expect(volume.use().freeInodes).toBe(freeInodes);
      });
    } finally {
      image.remove();
    }
  });
});

describeWithLoopMounts("a file without a name that is open", () => {
  test("is gone on the device, and lives until it is closed", async () => {
    const image = await formatted(8 * mib);
    try {
      await withFile(image, async (volume, number) => {
        const before = volume.use();
        const other = await volume.change({}, () => createFile(volume, "open"));
        const content = new Uint8Array(300_000).fill(9);
        await write(volume, other.number, 0, content);
        for (let at = 0; at < 20; at++)
          await write(volume, other.number, 400_000 + at * 8192, content.subarray(0, 9));
        await volume.change({}, () => {
          unlinkFile(volume, other.number);
          volume.inodes.orphan(volume.inodes.get(other.number));
        });
        const held = before.freeBlocks - volume.use().freeBlocks;
        expect(held).toBeGreaterThan(90);
        await volume.flush();
        expect(fsck(image)).toBe("");
        await write(volume, other.number, 200_000, new Uint8Array(200_000).fill(5));
        await write(volume, number, 0, new Uint8Array(3 * mib).fill(6));
        await volume.flush();
        expect(fsck(image)).toBe("");
        const into = new Uint8Array(400_000);
        expect(await fileData(volume, other.number).read(0, into, {})).toBe(400_000);
        expect(into[199_999]).toBe(9);
        expect(into.subarray(200_000).every((byte) => byte === 5)).toBe(true);
        const live = volume.inodes.get(other.number);
        await volume.change({}, () => volume.inodes.release(live));
        expect(volume.use()).toEqual({ ...before, freeBlocks: before.freeBlocks - 768 });
        await volume.change({}, () => createFile(volume, "next"));
      });
    } finally {
      image.remove();
    }
  });
});

/** Removes the file, after which nothing is left of it. */
async function removeFile(image: Image): Promise<void> {
  const device = await writableDevice(image);
  const volume = await WritableVolume.open(device, {});
  await volume.change({}, () => {
    unlinkFile(volume, firstFile);
    volume.inodes.remove(volume.inodes.get(firstFile));
  });
  await volume.flush();
  await device.close();
  expect(fsck(image)).toBe("");
}
