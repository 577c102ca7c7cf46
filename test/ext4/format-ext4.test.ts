/** Empty file systems of many sizes, held against `e2fsck`, `dumpe2fs` and the kernel. */
import { readdirSync, statfsSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/compare.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { openExt4 } from "../../src/ext4/ext4-tree.ts";
import { type FormatOptions, formatExt4 } from "../../src/ext4/format-ext4.ts";
import { describeWithLoopMounts, mounted, run } from "./loop-mount.ts";
import { fsck, writableDevice, zeroFile } from "./scratch-file.ts";

const mib = 2 ** 20;
const group = 128 * mib;
const fixed: FormatOptions = {
  uuid: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
  hashSeed: Uint8Array.from({ length: 16 }, (_, i) => 2 * i),
  time: { seconds: 1_700_000_000n, nanoseconds: 0 },
  label: new TextEncoder().encode("scratch"),
};

describeWithLoopMounts("formatExt4", () => {
  test.each([
    ["48 KiB", 48 << 10, {}],
    ["an odd MiB", mib + 12_345, {}],
    ["16 MiB", 16 * mib, {}],
    ["a group", group, {}],
    ["a group and a tail too small to use", group + 50 * 4096, {}],
    ["a group and a small tail", group + 700 * 4096, {}],
    ["26 groups and a half", 26 * group + group / 2, {}],
    ["10 GiB", 80 * group, {}],
    ["few inodes", 300 * mib, { inodes: 1 }],
    ["many inodes", 300 * mib, { bytesPerInode: 2048 }],
    ["most inodes", 300 * mib, { inodes: 98_304 }],
    ["3 TiB", 3 * 2 ** 40, { bytesPerInode: 1 << 20 }],
  ])("%s", { timeout: 120_000 }, async (_, sizeBytes, options) => {
    const image = zeroFile(sizeBytes);
    try {
      const device = await writableDevice(image);
      await formatExt4(device, { ...fixed, ...options, isZero: true });
      await device.close();
      expect(fsck(image)).toBe("");
      expect(run("dumpe2fs", ["-h", image.path])).toMatch(/Filesystem volume name: +scratch\n/);
      mounted(image, "rw", (folder) => {
        expect(readdirSync(folder)).toEqual(["lost+found"]);
        expect(statfsSync(folder).bavail).toBeGreaterThanOrEqual(0);
        writeFileSync(`${folder}/file`, "content");
      });
      expect(fsck(image)).toBe("");
    } finally {
      image.remove();
    }
  });
});

test("the same values make the same bytes, whatever was there", async () => {
  const images = [0, 0xa5].map((byte) => new Uint8Array(4 * mib).fill(byte));
  for (const image of images) await formatExt4(new MemoryDevice(image), fixed);
  expect(equalBytes(images[0] as Uint8Array, images[1] as Uint8Array)).toBe(true);
  const tree = await openExt4(new MemoryDevice(images[0] as Uint8Array));
  expect((await tree.getattr(tree.root)).linkCount).toBe(3);
});

test.each([
  ["a size that is too small", { sizeBytes: 40 << 10 }],
  ["a size that the device has not", { sizeBytes: 5 * mib }],
  ["a UUID of zeros", { uuid: new Uint8Array(16) }],
  ["a short seed", { hashSeed: new Uint8Array(15) }],
  ["a long label", { label: new Uint8Array(17) }],
  ["no bytes for an inode", { bytesPerInode: 0 }],
])("%s is refused", async (_, options) => {
  const device = new MemoryDevice(4 * mib);
  await expect(formatExt4(device, options)).rejects.toMatchObject({ code: "invalid-argument" });
});
