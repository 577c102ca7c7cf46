/** The block map of an inode, of either kind. */
import type { BlockMap } from "./block-run.ts";
import { ExtentMap } from "./extent-map.ts";
import { IndirectMap } from "./indirect-map.ts";
import { inodeFlag } from "./inode.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import type { Ext4Volume } from "./volume.ts";

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
