/** Extent trees of files from one block to 128 GiB. */
import { describe, expect, test } from "vitest";
import { extentLeafBlock, extentLeafBlocks, writeExtentRoot } from "../../src/ext4/compact-extents.ts";
import { extentHeaderFields, extentIndexFields, extentLeafFields } from "../../src/ext4/extent.ts";
import { readStructure } from "../../src/ext4/structure.ts";

const extentBlocks = 32768;

function root(startBlock: number, blocks: number): Uint8Array {
  const bytes = new Uint8Array(60);
  writeExtentRoot(bytes, 0, startBlock, blocks);
  return bytes;
}

const header = (bytes: Uint8Array): object => readStructure(extentHeaderFields, bytes);
const leaf = (bytes: Uint8Array, index: number): object =>
  readStructure(extentLeafFields, bytes, 12 * (index + 1));
const index = (bytes: Uint8Array, at: number): object =>
  readStructure(extentIndexFields, bytes, 12 * (at + 1));

describe("in the inode", () => {
  test("one block", () => {
    const bytes = root(77, 1);
    expect(header(bytes)).toEqual({ magic: 0xf30a, entries: 1, max: 4, depth: 0, generation: 0 });
    expect(leaf(bytes, 0)).toEqual({ logicalBlock: 0, lengthBlocks: 1, startHigh: 0, startLow: 77 });
    expect(bytes.subarray(24)).toEqual(new Uint8Array(36));
  });

  test("128 MiB is one extent, a block more are two", () => {
    expect(header(root(5, extentBlocks))).toMatchObject({ entries: 1 });
    const bytes = root(5, extentBlocks + 1);
    expect(header(bytes)).toMatchObject({ entries: 2 });
    expect(leaf(bytes, 0)).toMatchObject({ lengthBlocks: extentBlocks, startLow: 5 });
    expect(leaf(bytes, 1)).toEqual({
      logicalBlock: extentBlocks,
      lengthBlocks: 1,
      startHigh: 0,
      startLow: 5 + extentBlocks,
    });
  });

  test("512 MiB still fit", () => {
    expect(extentLeafBlocks(4 * extentBlocks)).toBe(0);
    expect(header(root(5, 4 * extentBlocks))).toMatchObject({ entries: 4, depth: 0 });
  });
});

describe("in blocks behind the data", () => {
  test("from a block above 512 MiB on", () => {
    const blocks = 4 * extentBlocks + 1;
    expect(extentLeafBlocks(blocks)).toBe(1);
    const bytes = root(9, blocks);
    expect(header(bytes)).toEqual({ magic: 0xf30a, entries: 1, max: 4, depth: 1, generation: 0 });
    expect(index(bytes, 0)).toEqual({ logicalBlock: 0, leafLow: 9 + blocks, leafHigh: 0, unused: 0 });
    const block = extentLeafBlock(0, 9, blocks);
    expect(block.length).toBe(4096);
    expect(header(block)).toEqual({ magic: 0xf30a, entries: 5, max: 340, depth: 0, generation: 0 });
    expect(leaf(block, 4)).toMatchObject({ logicalBlock: 4 * extentBlocks, lengthBlocks: 1 });
    expect(leaf(block, 5)).toMatchObject({ logicalBlock: 0, lengthBlocks: 0, startLow: 0 });
  });

  test("339 extents need one, 340 two", () => {
    expect(extentLeafBlocks(339 * extentBlocks)).toBe(1);
    expect(extentLeafBlocks(339 * extentBlocks + 1)).toBe(2);
    expect(extentLeafBlocks(1024 * extentBlocks)).toBe(4);
  });

  test("the second block of 340 extents: 338 entries that belong to nothing, as the source counts", () => {
    const blocks = 340 * extentBlocks;
    expect(index(root(1000, blocks), 1)).toMatchObject({ logicalBlock: blocks, leafLow: 1000 + blocks + 1 });
    expect(header(extentLeafBlock(0, 1000, blocks))).toMatchObject({ entries: 340 });
    const block = extentLeafBlock(1, 1000, blocks);
    expect(header(block)).toMatchObject({ entries: 338, max: 340 });
    // Nothing is left, then less than nothing: cut down to a whole extent.
    expect(leaf(block, 0)).toMatchObject({
      logicalBlock: blocks,
      lengthBlocks: 0,
      startLow: 1000 + 2 * blocks,
    });
    expect(leaf(block, 1)).toMatchObject({
      logicalBlock: blocks + extentBlocks,
      lengthBlocks: 32768,
      startLow: 1000 + 2 * blocks + extentBlocks,
    });
  });

  test("128 GiB: numbers wrap at 32 bits and blocks keep to 340 entries", () => {
    const blocks = 1024 * extentBlocks;
    for (let i = 0; i < 4; i++) {
      expect(header(extentLeafBlock(i, 10, blocks))).toMatchObject({ entries: 340 });
    }
    expect(leaf(extentLeafBlock(3, 10, blocks), 4)).toMatchObject({ logicalBlock: blocks, lengthBlocks: 0 });
  });
});
