/**
 * The extent trees of a compact image: a file's data is one run of blocks, so
 * a tree follows from where it starts and how long it is. Up to four extents
 * stand in the inode; more stand in blocks of 340 right behind the data.
 *
 * From 340 extents on (42.5 GiB) the source counts the entries of a leaf block
 * wrongly: what is left after `i` blocks is taken as `extents - i * leafBlocks`
 * and not `extents - i * 340`; and it adds a leaf block's offset twice to where
 * its extents start. An equal root hash needs the same mistakes, in the same
 * arithmetic modulo 2^32.
 */
import { COMPACT_BLOCK_BYTES } from "./compact-layout.ts";
import {
  EXTENT_MAGIC,
  EXTENT_RECORD_SIZE_BYTES,
  extentHeaderFields,
  extentIndexFields,
  extentLeafFields,
  MAX_EXTENT_BLOCKS,
} from "./extent.ts";
import { writeField } from "./structure.ts";

const rootEntries = 4;
/** What a block holds besides its header. */
const entriesPerLeaf = Math.floor(COMPACT_BLOCK_BYTES / EXTENT_RECORD_SIZE_BYTES) - 1;

/** Leaf blocks that a run of so many blocks needs; 0 where the inode holds all. */
export function extentLeafBlocks(blocks: number): number {
  const extents = Math.ceil(blocks / MAX_EXTENT_BLOCKS);
  return extents <= rootEntries ? 0 : Math.floor(extents / entriesPerLeaf) + 1;
}

/** Writes the tree's root where an inode's `block` starts. */
export function writeExtentRoot(
  into: Uint8Array,
  startBytes: number,
  startBlock: number,
  blocks: number,
): void {
  const leaves = extentLeafBlocks(blocks);
  if (leaves === 0) {
    const extents = Math.ceil(blocks / MAX_EXTENT_BLOCKS);
    writeLeaf(into, startBytes, { extents, max: rootEntries, startBlock, logicalBlock: 0, blocks });
    return;
  }
  writeHeader(into, startBytes, { entries: leaves, max: rootEntries, depth: 1 });
  for (let i = 0; i < leaves; i++) {
    const at = startBytes + (i + 1) * EXTENT_RECORD_SIZE_BYTES;
    writeField(into, at, extentIndexFields.logicalBlock, i * entriesPerLeaf * MAX_EXTENT_BLOCKS);
    writeField(into, at, extentIndexFields.leafLow, startBlock + blocks + i);
  }
}

/** The leaf block at index `leaf` of a run that needs leaf blocks. */
export function extentLeafBlock(leaf: number, startBlock: number, blocks: number): Uint8Array {
  const bytes = new Uint8Array(COMPACT_BLOCK_BYTES);
  const extents = Math.ceil(blocks / MAX_EXTENT_BLOCKS);
  const logicalBlock = leaf * entriesPerLeaf * MAX_EXTENT_BLOCKS;
  writeLeaf(bytes, 0, {
    extents: Math.min(extents - leaf * extentLeafBlocks(blocks), entriesPerLeaf),
    max: entriesPerLeaf,
    startBlock: startBlock + logicalBlock,
    logicalBlock,
    blocks,
  });
  return bytes;
}

interface Leaf {
  readonly extents: number;
  readonly max: number;
  readonly startBlock: number;
  readonly logicalBlock: number;
  /** Of the whole file. */
  readonly blocks: number;
}

function writeLeaf(into: Uint8Array, startBytes: number, leaf: Leaf): void {
  const { extents, max, startBlock, logicalBlock, blocks } = leaf;
  writeHeader(into, startBytes, { entries: extents, max, depth: 0 });
  for (let i = 0; i < extents; i++) {
    const block = logicalBlock + i * MAX_EXTENT_BLOCKS;
    const at = startBytes + (i + 1) * EXTENT_RECORD_SIZE_BYTES;
    // What would be negative is a large number in 32 bits, and cut down like one.
    const lengthBlocks = Math.min((blocks - block) >>> 0, MAX_EXTENT_BLOCKS);
    writeField(into, at, extentLeafFields.logicalBlock, block);
    writeField(into, at, extentLeafFields.lengthBlocks, lengthBlocks);
    writeField(into, at, extentLeafFields.startLow, startBlock + block);
  }
}

function writeHeader(
  into: Uint8Array,
  startBytes: number,
  { entries, max, depth }: { entries: number; max: number; depth: number },
): void {
  writeField(into, startBytes, extentHeaderFields.magic, EXTENT_MAGIC);
  writeField(into, startBytes, extentHeaderFields.entries, entries);
  writeField(into, startBytes, extentHeaderFields.max, max);
  writeField(into, startBytes, extentHeaderFields.depth, depth);
}
