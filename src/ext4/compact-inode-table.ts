/** The inodes of a compact image as they stand on disk. */
import { writeU32Le } from "../bytes/codec.ts";
import { writeExtentRoot } from "./compact-extents.ts";
import { COMPACT_BLOCK_BYTES, COMPACT_INODE_BYTES, COMPACT_INODE_USED_BYTES } from "./compact-layout.ts";
import type { CompactTree } from "./compact-tree.ts";
import { INODE_XATTR_BYTES, writeInlineDataEnd } from "./compact-xattrs.ts";
import { FILE_TYPE_MASK, fileTypeMode, INODE_BASE_SIZE_BYTES, inodeFields, inodeFlag } from "./inode.ts";
import { type InodeColumn, inodeColumn, type TimeColumn } from "./inode-records.ts";
import { type Field, fieldBytes, writeField } from "./structure.ts";

/** Bytes of fields after the first 128, as inodes and superblock say. */
export const COMPACT_EXTRA_ISIZE: number = COMPACT_INODE_USED_BYTES - INODE_BASE_SIZE_BYTES;

const pieceInodes = 256;

/** The table up to the last inode, in pieces that use the same memory. */
export function* inodeTable(tree: CompactTree): Generator<Uint8Array> {
  const piece = new Uint8Array(pieceInodes * COMPACT_INODE_BYTES);
  let used = 0;
  for (let inode = 1; inode <= tree.inodes.count; inode++) {
    if (used === piece.length) {
      yield piece;
      piece.fill(0);
      used = 0;
    }
    // A reserved inode is all zero.
    if (tree.inodes.get(inode, inodeColumn.mode) !== 0) {
      writeInode(tree, inode, piece.subarray(used, used + COMPACT_INODE_BYTES));
    }
    used += COMPACT_INODE_BYTES;
  }
  yield piece.subarray(0, used);
}

function writeInode(tree: CompactTree, inode: number, into: Uint8Array): void {
  const { inodes } = tree;
  const get = (column: Exclude<InodeColumn, TimeColumn>): number => inodes.get(inode, column);
  const put = (field: Field, value: number): void => writeField(into, 0, field, value);
  const putTime = (lowField: Field, extraField: Field, column: TimeColumn): void => {
    const { low, extra } = inodes.time(inode, column);
    put(lowField, low);
    put(extraField, extra);
  };
  const f = inodeFields;
  put(f.mode, get(inodeColumn.mode));
  put(f.uidLow, get(inodeColumn.uid));
  put(f.uidHigh, get(inodeColumn.uid) >>> 16);
  put(f.gidLow, get(inodeColumn.gid));
  put(f.gidHigh, get(inodeColumn.gid) >>> 16);
  put(f.sizeLow, get(inodeColumn.sizeLow));
  put(f.sizeHigh, get(inodeColumn.sizeHigh));
  putTime(f.accessTime, f.accessTimeExtra, inodeColumn.accessTime);
  putTime(f.changeTime, f.changeTimeExtra, inodeColumn.changeTime);
  putTime(f.modificationTime, f.modificationTimeExtra, inodeColumn.modificationTime);
  putTime(f.creationTime, f.creationTimeExtra, inodeColumn.creationTime);
  put(f.linksCount, get(inodeColumn.links));
  put(f.blocksCountLow, get(inodeColumn.blocks));
  put(f.flags, get(inodeColumn.flags));
  put(f.xattrBlockLow, get(inodeColumn.xattrBlock));
  put(f.extraIsize, COMPACT_EXTRA_ISIZE);
  const area = into.subarray(COMPACT_INODE_USED_BYTES);
  const xattrs = get(inodeColumn.inodeXattrs);
  if (xattrs !== 0) area.set(tree.arena.at(xattrs, INODE_XATTR_BYTES));
  writeInodeBlock(tree, inode, fieldBytes(into, 0, f.block), area);
}

/** Fills the 60 bytes that lead to the content or are it. */
function writeInodeBlock(tree: CompactTree, inode: number, block: Uint8Array, area: Uint8Array): void {
  const flags = tree.inodes.get(inode, inodeColumn.flags);
  const place = tree.inodes.get(inode, inodeColumn.place);
  const sizeBytes = tree.inodes.sizeBytes(inode);
  const type = tree.inodes.get(inode, inodeColumn.mode) & FILE_TYPE_MASK;
  if (type === fileTypeMode.character || type === fileTypeMode.block) {
    writeU32Le(block, 4, place);
  } else if ((flags & inodeFlag.extents) !== 0) {
    writeExtentRoot(block, place, Math.ceil(sizeBytes / COMPACT_BLOCK_BYTES));
  } else if ((flags & inodeFlag.inlineData) !== 0) {
    const content = tree.arena.at(place, sizeBytes);
    block.set(content.subarray(0, block.length));
    if (sizeBytes > block.length) writeInlineDataEnd(area, content.subarray(block.length));
  } else if (type === fileTypeMode.symlink) {
    block.set(tree.arena.at(place, sizeBytes));
  }
}
