/**
 * Content in the inode itself: the 60 bytes that otherwise hold pointers, and
 * the value of `system.data` behind them
 * (`Documentation/filesystems/ext4/ifork.rst`, "Inline Data").
 */
import type { Ext4Inode } from "./inode-reader.ts";
import { isInlineData, readInodeXattrs } from "./inode-xattrs.ts";
import type { Ext4Volume } from "./volume.ts";

/**
 * The whole inline data of an inode, of the inode's size.
 *
 * @param inode with the inline data flag.
 * @throws {FormatError} `bad-field` where the feature is missing, or the size is not that of inline data.
 */
export function readInlineData(volume: Ext4Volume, inode: Ext4Inode): Uint8Array {
  const at = { inode: inode.number };
  if (!volume.geometry.features.inlineData) {
    throw volume.malformed("bad-field", "inline data in a file system without that feature", {
      ...at,
      field: "flags",
    });
  }
  const rest = readInodeXattrs(volume, inode).find(isInlineData)?.value;
  if (rest === undefined) {
    throw volume.malformed("bad-field", "inline data without its attribute system.data", at);
  }
  const { sizeBytes } = inode.attributes;
  if (sizeBytes > inode.block.length + rest.length) {
    throw volume.malformed("bad-field", `a size of ${sizeBytes} bytes is more than the inline data`, {
      ...at,
      field: "sizeLow",
    });
  }
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(inode.block.subarray(0, sizeBytes));
  if (sizeBytes > inode.block.length) {
    bytes.set(rest.subarray(0, sizeBytes - inode.block.length), inode.block.length);
  }
  return bytes;
}
