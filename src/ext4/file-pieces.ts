/** Where the bytes of a write go: blocks that the file has, and such as are taken for it. */
import { FileError } from "../errors.ts";
import { extentTreeOf } from "./extent-tree.ts";
import type { LiveInode } from "./live-inode.ts";
import type { WritableVolume } from "./writable-volume.ts";

/** Consecutive blocks of a file that stand together. */
export interface FilePiece {
  readonly logical: number;
  readonly blocks: number;
  /** The first on the device. */
  readonly block: number;
  /** What stands there is not the file's. */
  readonly fresh: boolean;
}

/**
 * Gives a range of a file blocks that can be written, as far as there are any.
 *
 * @returns pieces without a gap, from `firstBlock` on; none where there is no space.
 */
export function mapForWriting(
  volume: WritableVolume,
  inode: LiveInode,
  firstBlock: number,
  endBlock: number,
): FilePiece[] {
  const pieces: FilePiece[] = [];
  for (let at = firstBlock; at < endBlock; ) {
    let piece: FilePiece;
    try {
      piece = volume.attempt(() => mapOne(volume, inode, at, endBlock - at));
    } catch (error) {
      if (error instanceof FileError && error.code === "ENOSPC") break;
      throw error;
    }
    pieces.push(piece);
    at += piece.blocks;
  }
  return pieces;
}

function mapOne(volume: WritableVolume, inode: LiveInode, logical: number, most: number): FilePiece {
  const tree = extentTreeOf(volume, inode);
  const mapping = tree.find(logical);
  const blocks = Math.min(mapping.logical + mapping.blocks - logical, most);
  if (mapping.start !== undefined) {
    const block = mapping.start + (logical - mapping.logical);
    if (!mapping.written) tree.convert(logical, blocks, block);
    return { logical, blocks, block, fresh: !mapping.written };
  }
  const goal = tree.goalFor(logical) ?? volume.inodes.goalOf(inode);
  const { block, count } = volume.blocks.allocate(goal, blocks, { held: inode.isOrphan });
  tree.insert({ logical, blocks: count, start: block, written: true });
  inode.addBlocks(count);
  return { logical, blocks: count, block, fresh: true };
}
