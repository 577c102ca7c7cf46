/**
 * The fixed choices of a compact image, and how many block groups it gets
 * (hcsshim `ext4/internal/compactext4/compact.go`).
 *
 * On disk: block 0 with the superblock; the descriptors that the greatest size
 * would need; file data, attribute blocks and long link targets as they came;
 * all directories; one inode table for all groups; two bitmaps a group; zeros
 * up to the last group's first block, where the groups ask for it.
 */
import { GROUP_DESCRIPTOR_SIZE_BYTES } from "./group-descriptor.ts";

/** Block size of a compact image. */
export const COMPACT_BLOCK_BYTES = 4096;
/** Size of its inodes. */
export const COMPACT_INODE_BYTES = 256;
/** What of an inode is fields: the rest holds extended attributes. */
export const COMPACT_INODE_USED_BYTES = 152;
/** The last reserved inode: lost+found comes first after it. */
export const FIRST_ORDINARY_INODE = 11;
/** Blocks of a group: as many as a bitmap of one block has bits. */
export const BLOCKS_PER_GROUP: number = 8 * COMPACT_BLOCK_BYTES;
/** Inode numbers of a group, at most. */
export const MAX_INODES_PER_GROUP: number = 8 * COMPACT_BLOCK_BYTES;
/** The largest file. */
export const MAX_FILE_BYTES: number = 128 * 2 ** 30;

const inodesPerBlock = COMPACT_BLOCK_BYTES / COMPACT_INODE_BYTES;
const groupsPerDescriptorBlock = COMPACT_BLOCK_BYTES / GROUP_DESCRIPTOR_SIZE_BYTES;
const defaultMaximumDiskSizeBytes = 16 * 2 ** 30;
const greatestDiskSizeBytes = 16 * 2 ** 40;

/**
 * The limit that a wanted maximum means: negative or above 16 TiB is 16 TiB, 0
 * or absent is 16 GiB, all else is rounded up to a block.
 */
export function diskSizeLimitBytes(maximumDiskSizeBytes: number | undefined): number {
  if (maximumDiskSizeBytes === undefined || maximumDiskSizeBytes === 0) return defaultMaximumDiskSizeBytes;
  if (maximumDiskSizeBytes < 0 || maximumDiskSizeBytes > greatestDiskSizeBytes) return greatestDiskSizeBytes;
  return Math.ceil(maximumDiskSizeBytes / COMPACT_BLOCK_BYTES) * COMPACT_BLOCK_BYTES;
}

/** Blocks of group descriptors that an image up to `limitBytes` may need. All of them are written. */
export function descriptorBlocks(limitBytes: number): number {
  const groups = Math.ceil(limitBytes / COMPACT_BLOCK_BYTES / BLOCKS_PER_GROUP);
  return descriptorBlocksOf(groups);
}

/** Blocks of group descriptors for so many groups. */
export function descriptorBlocksOf(groups: number): number {
  return Math.ceil(groups / groupsPerDescriptorBlock);
}

/** How an image's end is laid out. */
export interface CompactGeometry {
  readonly groups: number;
  readonly inodesPerGroup: number;
  readonly inodeTableBlock: number;
  readonly inodeTableBlocksPerGroup: number;
  /** Where the pairs of bitmaps start. */
  readonly bitmapBlock: number;
  /** All before it is in use. */
  readonly validBlocks: number;
  readonly diskBlocks: number;
}

/**
 * Lays out what comes behind the directories.
 *
 * @param inodeTableBlock the first block behind them.
 * @param inodes the number of the last inode.
 */
export function planGeometry(inodeTableBlock: number, inodes: number): CompactGeometry {
  const { groups, inodesPerGroup } = chooseGroups(inodeTableBlock, inodes);
  const inodeTableBlocksPerGroup = inodesPerGroup / inodesPerBlock;
  const bitmapBlock = inodeTableBlock + groups * inodeTableBlocksPerGroup;
  const validBlocks = bitmapBlock + 2 * groups;
  return {
    groups,
    inodesPerGroup,
    inodeTableBlock,
    inodeTableBlocksPerGroup,
    bitmapBlock,
    validBlocks,
    diskBlocks: Math.max(validBlocks, (groups - 1) * BLOCKS_PER_GROUP + 1),
  };
}

/** The fewest groups that take so many blocks and inodes, and for them the fewest inodes a group. */
function chooseGroups(blocks: number, inodes: number): { groups: number; inodesPerGroup: number } {
  let best = { groups: Number.POSITIVE_INFINITY, inodesPerGroup: 0 };
  for (let perGroup = inodesPerBlock; perGroup <= MAX_INODES_PER_GROUP; perGroup += inodesPerBlock) {
    const dataBlocksPerGroup = BLOCKS_PER_GROUP - perGroup / inodesPerBlock - 2;
    const forInodes = Math.floor((inodes - 1) / perGroup) * dataBlocksPerGroup + 1;
    const groups = Math.ceil(Math.max(blocks, forInodes) / dataBlocksPerGroup);
    if (groups < best.groups) best = { groups, inodesPerGroup: perGroup };
  }
  return best;
}
