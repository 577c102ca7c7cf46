/** Limits, descriptor blocks, and the number of groups. */
import { describe, expect, test } from "vitest";
import { descriptorBlocks, diskSizeLimitBytes, planGeometry } from "../../src/ext4/compact-layout.ts";

const gib = 2 ** 30;
const tib = 2 ** 40;

test.each([
  [undefined, 16 * gib],
  [0, 16 * gib],
  [-1, 16 * tib],
  [16 * tib + 1, 16 * tib],
  [16 * tib, 16 * tib],
  [1, 4096],
  [4096, 4096],
  [4097, 8192],
  [128 * gib, 128 * gib],
])("a maximum of %s bytes is %s", (wanted, limit) => {
  expect(diskSizeLimitBytes(wanted)).toBe(limit);
});

test.each([
  [4096, 1],
  [16 * gib, 1],
  [16 * gib + 4096, 2],
  [128 * gib, 8],
  [16 * tib, 1024],
])("up to %s bytes there are %s blocks of descriptors", (limit, blocks) => {
  expect(descriptorBlocks(limit)).toBe(blocks);
});

describe("groups", () => {
  test("an empty image is one small group", () => {
    expect(planGeometry(4, 11)).toEqual({
      groups: 1,
      inodesPerGroup: 16,
      inodeTableBlock: 4,
      inodeTableBlocksPerGroup: 1,
      bitmapBlock: 5,
      validBlocks: 7,
      diskBlocks: 7,
    });
  });

  test("as many inodes as are in use are enough", () => {
    expect(planGeometry(4, 16).inodesPerGroup).toBe(16);
    expect(planGeometry(4, 17).inodesPerGroup).toBe(32);
  });

  test("a group has at most 32768 inodes: one more, and the image grows by a group", () => {
    expect(planGeometry(100, 32768)).toMatchObject({ groups: 1, inodesPerGroup: 32768, diskBlocks: 2150 });
    expect(planGeometry(100, 32769)).toMatchObject({ groups: 2, diskBlocks: 32769 });
  });

  test("40,000 inodes need two groups, so 128 MiB and a block", () => {
    const geometry = planGeometry(300, 40_011);
    expect(geometry.groups).toBe(2);
    expect(geometry.diskBlocks * 4096).toBe(128 * 2 ** 20 + 4096);
  });

  test("tables take room from the data's groups", () => {
    // 32768 blocks less a table of one block and two bitmaps.
    expect(planGeometry(32765, 11)).toMatchObject({ groups: 1, diskBlocks: 32768 });
    expect(planGeometry(32766, 11)).toMatchObject({ groups: 2 });
  });

  test("there is always room for every block and inode", () => {
    for (const blocks of [4, 1000, 32765, 65530, 1e6, 33554432]) {
      for (const inodes of [11, 16, 17, 1000, 32768, 32769, 5e5, 1e6]) {
        const { groups, inodesPerGroup, validBlocks, diskBlocks } = planGeometry(blocks, inodes);
        expect(groups * inodesPerGroup).toBeGreaterThanOrEqual(inodes);
        expect(inodesPerGroup % 16).toBe(0);
        expect(diskBlocks).toBeGreaterThanOrEqual(validBlocks);
        // All groups but the last are whole, and the last has a block at least.
        expect(Math.ceil(diskBlocks / 32768)).toBe(groups);
      }
    }
  });
});
