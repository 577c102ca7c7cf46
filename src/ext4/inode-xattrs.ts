/** The extended attributes that stand in an inode's own spare bytes. */

import { readU32Le } from "../bytes/codec.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import type { Ext4Volume } from "./volume.ts";
import { XATTR_INODE_HEADER_BYTES, XATTR_MAGIC } from "./xattr.ts";
import { parseXattrEntries, type XattrEntry } from "./xattr-entries.ts";

/**
 * The attributes in an inode; none where it has no room for any, or no header there.
 *
 * @throws {FormatError} as `parseXattrEntries`.
 */
export function readInodeXattrs(volume: Ext4Volume, inode: Ext4Inode): XattrEntry[] {
  const { bytes, xattrStartBytes, number } = inode;
  if (xattrStartBytes + XATTR_INODE_HEADER_BYTES + 4 > bytes.length) return [];
  if (readU32Le(bytes, xattrStartBytes) !== XATTR_MAGIC) return [];
  const startBytes = xattrStartBytes + XATTR_INODE_HEADER_BYTES;
  return parseXattrEntries(volume, bytes, { startBytes, valueBaseBytes: startBytes, at: { inode: number } });
}

/** `system.data`: no attribute for others to see, but the second part of an inode's inline data. */
export function isInlineData({ nameIndex, name }: XattrEntry): boolean {
  const data = [0x64, 0x61, 0x74, 0x61];
  return nameIndex === 7 && name.length === data.length && data.every((byte, i) => name[i] === byte);
}
