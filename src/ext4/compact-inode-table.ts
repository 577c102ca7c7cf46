/** The inodes of a compact image as they stand on disk. */
import { writeU32Le } from "../bytes/codec.ts";
import { writeExtentRoot } from "./compact-extents.ts";
import { COMPACT_BLOCK_BYTES, COMPACT_INODE_BYTES, COMPACT_INODE_USED_BYTES } from "./compact-layout.ts";
import type { CompactTree } from "./compact-tree.ts";
import { INODE_XATTR_BYTES, writeInlineDataEnd } from "./compact-xattrs.ts";
import { FILE_TYPE_MASK, fileTypeMode, INODE_BASE_SIZE_BYTES, inodeFields, inodeFlag } from "./inode.ts";
import { inodeColumn } from "./inode-records.ts";
import { writeField } from "./structure.ts";

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
      writeInode(tree, inode, piece, used);
    }
    used += COMPACT_INODE_BYTES;
  }
  yield piece.subarray(0, used);
}

/** Fields one by one, without a closure or a view for them: they are a million and more. */
function writeInode(tree: CompactTree, inode: number, piece: Uint8Array, start: number): void {
  const { inodes } = tree;
  const f = inodeFields;
  const uid = inodes.get(inode, inodeColumn.uid);
  const gid = inodes.get(inode, inodeColumn.gid);
  writeField(piece, start, f.mode, inodes.get(inode, inodeColumn.mode));
  writeField(piece, start, f.uidLow, uid);
  writeField(piece, start, f.uidHigh, uid >>> 16);
  writeField(piece, start, f.gidLow, gid);
  writeField(piece, start, f.gidHigh, gid >>> 16);
  writeField(piece, start, f.sizeLow, inodes.get(inode, inodeColumn.sizeLow));
  writeField(piece, start, f.sizeHigh, inodes.get(inode, inodeColumn.sizeHigh));
  const accessed = inodes.time(inode, inodeColumn.accessTime);
  writeField(piece, start, f.accessTime, accessed.low);
  writeField(piece, start, f.accessTimeExtra, accessed.extra);
  const changed = inodes.time(inode, inodeColumn.changeTime);
  writeField(piece, start, f.changeTime, changed.low);
  writeField(piece, start, f.changeTimeExtra, changed.extra);
  const modified = inodes.time(inode, inodeColumn.modificationTime);
  writeField(piece, start, f.modificationTime, modified.low);
  writeField(piece, start, f.modificationTimeExtra, modified.extra);
  const created = inodes.time(inode, inodeColumn.creationTime);
  writeField(piece, start, f.creationTime, created.low);
  writeField(piece, start, f.creationTimeExtra, created.extra);
  writeField(piece, start, f.linksCount, inodes.get(inode, inodeColumn.links));
  writeField(piece, start, f.blocksCountLow, inodes.get(inode, inodeColumn.blocks));
  writeField(piece, start, f.flags, inodes.get(inode, inodeColumn.flags));
  writeField(piece, start, f.xattrBlockLow, inodes.get(inode, inodeColumn.xattrBlock));
  writeField(piece, start, f.extraIsize, COMPACT_EXTRA_ISIZE);
  const xattrs = inodes.get(inode, inodeColumn.inodeXattrs);
  if (xattrs !== 0) piece.set(tree.arena.at(xattrs, INODE_XATTR_BYTES), start + COMPACT_INODE_USED_BYTES);
  writeInodeBlock(tree, inode, piece, start);
}

/** Fills the 60 bytes that lead to the content or are it. */
function writeInodeBlock(tree: CompactTree, inode: number, piece: Uint8Array, start: number): void {
  const flags = tree.inodes.get(inode, inodeColumn.flags);
  const place = tree.inodes.get(inode, inodeColumn.place);
  const sizeBytes = tree.inodes.sizeBytes(inode);
  const type = tree.inodes.get(inode, inodeColumn.mode) & FILE_TYPE_MASK;
  const blockStart = start + inodeFields.block[0];
  if (type === fileTypeMode.character || type === fileTypeMode.block) {
    writeU32Le(piece, blockStart + 4, place);
  } else if ((flags & inodeFlag.extents) !== 0) {
    writeExtentRoot(piece, blockStart, place, Math.ceil(sizeBytes / COMPACT_BLOCK_BYTES));
  } else if ((flags & inodeFlag.inlineData) !== 0) {
    const content = tree.arena.at(place, sizeBytes);
    const inBlock = inodeFields.block[1];
    piece.set(content.subarray(0, inBlock), blockStart);
    if (sizeBytes > inBlock) {
      const area = piece.subarray(start + COMPACT_INODE_USED_BYTES, start + COMPACT_INODE_BYTES);
      writeInlineDataEnd(area, content.subarray(inBlock));
    }
  } else if (type === fileTypeMode.symlink) {
    piece.set(tree.arena.at(place, sizeBytes), blockStart);
  }
}
