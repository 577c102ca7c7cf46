/** What `statfs` says of an ext4 file system. */
import type { TreeStatistics } from "../tree/file-tree.ts";
import { MAX_NAME_BYTES } from "./directory-entry.ts";
import type { Ext4Geometry } from "./geometry.ts";
import { EXT4_MAGIC } from "./superblock.ts";

/** @param free what is left, as the superblock says or as a driver knows it. */
export function statisticsOf(
  { blockSizeBytes, blocks, inodes, superblock }: Ext4Geometry,
  { freeBlocks, freeInodes }: { readonly freeBlocks: number; readonly freeInodes: number },
): TreeStatistics {
  const reserved = superblock.reservedBlocksCountHigh * 2 ** 32 + superblock.reservedBlocksCountLow;
  return {
    blockSizeBytes,
    blocks: Math.max(blocks - superblock.overheadBlocks, 0),
    freeBlocks,
    availableBlocks: Math.max(freeBlocks - reserved, 0),
    inodes,
    freeInodes,
    nameLimitBytes: MAX_NAME_BYTES,
    magic: EXT4_MAGIC,
  };
}
