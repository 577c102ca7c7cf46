/** Where the blocks of a file stand on the device: what extents and indirect blocks both say. */
import type { IoOptions } from "../device/block-device.ts";
import { ExtentMap } from "./extent-map.ts";
import { IndirectMap } from "./indirect-map.ts";
import { inodeFlag } from "./inode.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import type { Ext4Volume } from "./volume.ts";

/** Consecutive blocks of a file that stand together, or that stand nowhere. */
export interface BlockRun {
  /** The first block's number in the file. */
  readonly logicalBlock: number;
  /** At least 1. */
  readonly blocks: number;
  /** The first block's number on the device; undefined for a hole and for blocks not yet written, which are zeros. */
  readonly deviceBlock: number | undefined;
}

/** Finds the blocks of one file. */
export interface BlockMap {
  /**
   * A run that holds a block of the file, as long as is known without reading more.
   *
   * @param logicalBlock below 2^32.
   * @throws {FormatError} for a malformed node on the way.
   */
  find(logicalBlock: number, options: IoOptions): Promise<BlockRun>;
}

/**
 * The map of an inode that has blocks; nothing is read yet.
 *
 * @throws {FormatError} `bad-field` where the inode has extents and the file system none.
 */
export function blockMapOf(volume: Ext4Volume, inode: Ext4Inode): BlockMap {
  if ((inode.flags & inodeFlag.extents) === 0) return new IndirectMap(volume, inode);
  if (!volume.geometry.features.extents) {
    throw volume.malformed("bad-field", "extents in a file system without that feature", {
      inode: inode.number,
      field: "flags",
    });
  }
  return new ExtentMap(volume, inode);
}
