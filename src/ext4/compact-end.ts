/** The end of a compact image: directories, inode table, bitmaps, and at last its first blocks. */
import { finishContent } from "./compact-content.ts";
import { CompactDirectoryBlock, directoryBlocks } from "./compact-directory.ts";
import { COMPACT_EXTRA_ISIZE, inodeTable } from "./compact-inode-table.ts";
import {
  BLOCKS_PER_GROUP,
  COMPACT_BLOCK_BYTES,
  COMPACT_INODE_BYTES,
  type CompactGeometry,
  descriptorBlocksOf,
  FIRST_ORDINARY_INODE,
  planGeometry,
} from "./compact-layout.ts";
import type { CompactTree } from "./compact-tree.ts";
import { GROUP_DESCRIPTOR_SIZE_BYTES, groupDescriptorFields } from "./group-descriptor.ts";
import type { ImageStream } from "./image-stream.ts";
import { inodeNumber } from "./inode.ts";
import { writeStructure } from "./structure.ts";
import {
  compatFeature,
  EXT4_MAGIC,
  EXT4_SUPERBLOCK_OFFSET_BYTES,
  incompatFeature,
  roCompatFeature,
  superblockFields,
} from "./superblock.ts";

/** What the end depends on besides the tree. */
export interface ImageEndOptions {
  /** Blocks set aside behind block 0. */
  readonly descriptorBlocks: number;
  readonly inlineData: boolean;
}

/** How much of a group is taken. */
interface GroupUse {
  readonly usedBlocks: number;
  readonly usedInodes: number;
  readonly directories: number;
}

/**
 * Writes all that comes behind the files' content, and rewrites block 0 and the
 * descriptors.
 *
 * @throws {FormatError} `disk-full`.
 */
export async function writeImageEnd(
  tree: CompactTree,
  stream: ImageStream,
  options: ImageEndOptions,
): Promise<{ sizeBytes: number; inodes: number; groups: number }> {
  await writeDirectories(tree, stream);
  const inodes = tree.inodes.count;
  const geometry = planGeometry(stream.block, inodes);
  const { groups, diskBlocks } = geometry;
  for (const piece of inodeTable(tree)) await stream.append(piece);
  await stream.appendZeros((groups * geometry.inodesPerGroup - inodes) * COMPACT_INODE_BYTES);
  if (descriptorBlocksOf(groups) > options.descriptorBlocks) throw stream.full();
  const uses: GroupUse[] = [];
  for (let group = 0; group < groups; group++) {
    const { bitmaps, use } = groupBitmaps(tree, geometry, group, options.descriptorBlocks);
    await stream.append(bitmaps);
    uses.push(use);
  }
  await stream.appendZeros(diskBlocks * COMPACT_BLOCK_BYTES - stream.positionBytes);
  const head = new Uint8Array((1 + options.descriptorBlocks) * COMPACT_BLOCK_BYTES);
  writeSuperblock(head.subarray(EXT4_SUPERBLOCK_OFFSET_BYTES), geometry, uses, options.inlineData);
  writeDescriptors(head.subarray(COMPACT_BLOCK_BYTES), geometry, uses);
  await stream.rewrite(0, head);
  return { sizeBytes: diskBlocks * COMPACT_BLOCK_BYTES, inodes, groups };
}

/** Writes every directory before those in it. */
async function writeDirectories(tree: CompactTree, stream: ImageStream): Promise<void> {
  const waiting = [{ directory: inodeNumber.root as number, parent: inodeNumber.root as number }];
  const names = tree.sortNames();
  const memory = new CompactDirectoryBlock();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { directory, parent } = next;
    const startBlock = stream.block;
    const children = names.of(directory);
    for (const block of directoryBlocks(tree, directory, parent, names.records, children, memory)) {
      const appending = stream.append(block);
      if (appending) await appending;
    }
    tree.inodes.setSizeBytes(directory, (stream.block - startBlock) * COMPACT_BLOCK_BYTES);
    const finishing = finishContent(tree, stream, directory, startBlock);
    if (finishing) await finishing;
    for (let i = children.length - 1; i >= 0; i--) {
      const child = names.records.inode(children[i] as number);
      if (tree.isDirectory(child)) waiting.push({ directory: child, parent: directory });
    }
  }
}

/** A group's block bitmap and its inode bitmap, in one piece. Bits of inodes past the group's stay 0. */
function groupBitmaps(
  tree: CompactTree,
  { groups, inodesPerGroup, validBlocks, diskBlocks }: CompactGeometry,
  group: number,
  reservedDescriptorBlocks: number,
): { bitmaps: Uint8Array; use: GroupUse } {
  const bitmaps = new Uint8Array(2 * COMPACT_BLOCK_BYTES);
  const blocks = bitmaps.subarray(0, COMPACT_BLOCK_BYTES);
  const validHere = Math.max(0, Math.min(validBlocks - group * BLOCKS_PER_GROUP, BLOCKS_PER_GROUP));
  setBits(blocks, 0, validHere, true);
  let usedBlocks = validHere;
  if (group === 0) {
    // Descriptor blocks that no group needs are free.
    const firstUnused = 1 + descriptorBlocksOf(groups);
    setBits(blocks, firstUnused, 1 + reservedDescriptorBlocks, false);
    usedBlocks -= 1 + reservedDescriptorBlocks - firstUnused;
  }
  if (group === groups - 1 && diskBlocks % BLOCKS_PER_GROUP !== 0) {
    // Blocks past the disk's end count as taken.
    setBits(blocks, diskBlocks % BLOCKS_PER_GROUP, BLOCKS_PER_GROUP, true);
    usedBlocks += BLOCKS_PER_GROUP - (diskBlocks % BLOCKS_PER_GROUP);
  }
  // Reserved inodes are taken, so all up to the last one are.
  const firstInode = group * inodesPerGroup + 1;
  const usedInodes = Math.max(0, Math.min(tree.inodes.count - firstInode + 1, inodesPerGroup));
  setBits(bitmaps.subarray(COMPACT_BLOCK_BYTES), 0, usedInodes, true);
  let directories = 0;
  for (let inode = firstInode; inode < firstInode + usedInodes; inode++) {
    if (tree.isDirectory(inode)) directories++;
  }
  return { bitmaps, use: { usedBlocks, usedInodes, directories } };
}

function setBits(bitmap: Uint8Array, from: number, to: number, value: boolean): void {
  for (let bit = from; bit < to; bit++) {
    if (bit % 8 === 0 && bit + 8 <= to) {
      bitmap[bit / 8] = value ? 0xff : 0;
      bit += 7;
    } else {
      const mask = 1 << (bit % 8);
      const byte = bitmap[bit >>> 3] as number;
      bitmap[bit >>> 3] = value ? byte | mask : byte & ~mask;
    }
  }
}

function writeDescriptors(into: Uint8Array, geometry: CompactGeometry, uses: readonly GroupUse[]): void {
  uses.forEach(({ usedBlocks, usedInodes, directories }, group) => {
    const values = {
      blockBitmapLow: geometry.bitmapBlock + 2 * group,
      inodeBitmapLow: geometry.bitmapBlock + 2 * group + 1,
      inodeTableLow: geometry.inodeTableBlock + group * geometry.inodeTableBlocksPerGroup,
      freeBlocksCountLow: BLOCKS_PER_GROUP - usedBlocks,
      freeInodesCountLow: geometry.inodesPerGroup - usedInodes,
      usedDirectoriesCountLow: directories,
    };
    writeStructure(groupDescriptorFields, values, into, group * GROUP_DESCRIPTOR_SIZE_BYTES);
  });
}

function writeSuperblock(
  into: Uint8Array,
  { groups, inodesPerGroup, diskBlocks }: CompactGeometry,
  uses: readonly GroupUse[],
  inlineData: boolean,
): void {
  const usedBlocks = uses.reduce((sum, use) => sum + use.usedBlocks, 0);
  const usedInodes = uses.reduce((sum, use) => sum + use.usedInodes, 0);
  const incompat = incompatFeature.filetype | incompatFeature.extents | incompatFeature.flexBg;
  const values = {
    inodesCount: inodesPerGroup * groups,
    blocksCountLow: diskBlocks,
    freeBlocksCountLow: BLOCKS_PER_GROUP * groups - usedBlocks,
    freeInodesCount: inodesPerGroup * groups - usedInodes,
    logBlockSize: 2,
    logClusterSize: 2,
    blocksPerGroup: BLOCKS_PER_GROUP,
    clustersPerGroup: BLOCKS_PER_GROUP,
    inodesPerGroup,
    magic: EXT4_MAGIC,
    // Cleanly unmounted.
    state: 1,
    // On errors: go on.
    errors: 1,
    // Inodes of any size.
    revisionLevel: 1,
    firstInode: FIRST_ORDINARY_INODE,
    inodeSize: COMPACT_INODE_BYTES,
    featureCompat: compatFeature.sparseSuper2 | compatFeature.extAttr,
    featureIncompat: incompat | (inlineData ? incompatFeature.inlineData : 0),
    featureRoCompat:
      roCompatFeature.largeFile |
      roCompatFeature.hugeFile |
      roCompatFeature.extraIsize |
      roCompatFeature.readonly,
    minExtraIsize: COMPACT_EXTRA_ISIZE,
    wantExtraIsize: COMPACT_EXTRA_ISIZE,
    // One flexible group of all groups.
    logGroupsPerFlex: 31,
    lostAndFoundInode: FIRST_ORDINARY_INODE,
  };
  writeStructure(superblockFields, values, into);
}
