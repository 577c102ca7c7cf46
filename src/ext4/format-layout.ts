/**
 * Where a new file system puts what: each group has its bitmaps and its inodes
 * behind the copies of superblock and descriptors that some groups begin with.
 */
import { UsageError } from "../errors.ts";

/** Block size of what is made. */
export const FORMAT_BLOCK_BYTES = 4096;
/** Size of its inodes. */
export const FORMAT_INODE_BYTES = 256;
/** Size of its descriptors. */
export const FORMAT_DESCRIPTOR_BYTES = 64;
/** Blocks of a group: as many as a bitmap of one block has bits. */
export const FORMAT_GROUP_BLOCKS: number = 8 * FORMAT_BLOCK_BYTES;
/** Blocks of lost+found, so that `e2fsck` needs none to put what it finds. */
export const LOST_AND_FOUND_BLOCKS = 4;

const inodesPerBlock = FORMAT_BLOCK_BYTES / FORMAT_INODE_BYTES;
const defaultBytesPerInode = 16_384;
const mostInodes = 2 ** 32 - 1;
/** Blocks for files that a last group has at least; else it is left out, as `mke2fs` does. */
const leastTailBlocks = 50;

/** What decides a layout. */
export interface FormatSize {
  readonly sizeBytes: number;
  /** An inode for so many bytes; 16384 unless set. */
  readonly bytesPerInode?: number | undefined;
  /** So many inodes at least, whatever the size. */
  readonly inodes?: number | undefined;
}

/** Sizes and places of a new file system, in blocks. */
export interface FormatLayout {
  readonly blocks: number;
  readonly groups: number;
  readonly inodesPerGroup: number;
  readonly descriptorBlocks: number;
  readonly inodeTableBlocks: number;
}

/** Where a group keeps what. */
export interface GroupPlaces {
  readonly firstBlock: number;
  readonly blocks: number;
  /** Copies of superblock and descriptors; 0 for none. */
  readonly headBlocks: number;
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
  /** The first block behind the table. */
  readonly firstFree: number;
}

/**
 * Lays a file system out.
 *
 * @throws {UsageError} `invalid-argument` for a size that is too small, or too large for so many inodes.
 */
export function planFormat(size: FormatSize): FormatLayout {
  const all = Math.floor(size.sizeBytes / FORMAT_BLOCK_BYTES);
  const layout = planBlocks(all, size);
  const last = groupPlaces(layout, layout.groups - 1);
  const own = last.firstFree - last.firstBlock;
  if (layout.groups > 1 && last.blocks < own + leastTailBlocks) return planBlocks(last.firstBlock, size);
  const ends = layout.groups === 1 ? own + 1 + LOST_AND_FOUND_BLOCKS : own;
  if (ends < last.blocks) return layout;
  throw new UsageError("invalid-argument", `${size.sizeBytes} bytes are too few for an ext4 file system`);
}

function planBlocks(blocks: number, { sizeBytes, bytesPerInode, inodes }: FormatSize): FormatLayout {
  const groups = Math.max(1, Math.ceil(blocks / FORMAT_GROUP_BLOCKS));
  const wanted = inodes ?? Math.ceil((blocks * FORMAT_BLOCK_BYTES) / (bytesPerInode ?? defaultBytesPerInode));
  const mostPerGroup = Math.min(FORMAT_GROUP_BLOCKS, Math.floor(mostInodes / groups));
  const perGroup = Math.max(1, Math.ceil(Math.ceil(wanted / groups) / inodesPerBlock)) * inodesPerBlock;
  const inodesPerGroup = Math.min(perGroup, mostPerGroup - (mostPerGroup % inodesPerBlock));
  const layout = {
    blocks,
    groups,
    inodesPerGroup,
    descriptorBlocks: Math.ceil((groups * FORMAT_DESCRIPTOR_BYTES) / FORMAT_BLOCK_BYTES),
    inodeTableBlocks: inodesPerGroup / inodesPerBlock,
  };
  if (1 + layout.descriptorBlocks + 2 + layout.inodeTableBlocks < FORMAT_GROUP_BLOCKS - leastTailBlocks) {
    return layout;
  }
  throw new UsageError("invalid-argument", `${sizeBytes} bytes are too many for an ext4 file system`);
}

/** Where a group keeps what. */
export function groupPlaces(layout: FormatLayout, group: number): GroupPlaces {
  const firstBlock = group * FORMAT_GROUP_BLOCKS;
  const headBlocks = hasCopies(group) ? 1 + layout.descriptorBlocks : 0;
  const blockBitmap = firstBlock + headBlocks;
  const inodeTable = blockBitmap + 2;
  return {
    firstBlock,
    blocks: Math.min(FORMAT_GROUP_BLOCKS, layout.blocks - firstBlock),
    headBlocks,
    blockBitmap,
    inodeBitmap: blockBitmap + 1,
    inodeTable,
    firstFree: inodeTable + layout.inodeTableBlocks,
  };
}

/** The groups with copies (`sparse_super`): 0, 1, and the powers of 3, 5 and 7. */
export function hasCopies(group: number): boolean {
  if (group <= 1) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}
