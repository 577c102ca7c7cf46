/** Where the bytes of a write go: blocks that the file has, and such as are taken for it. */
import type { IoOptions } from "../device/block-device.ts";
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
export async function mapForWriting(
  volume: WritableVolume,
  inode: LiveInode,
  firstBlock: number,
  endBlock: number,
  options: IoOptions,
): Promise<FilePiece[]> {
  const pieces: FilePiece[] = [];
  for (let at = firstBlock; at < endBlock; ) {
    let piece: FilePiece;
    try {
      piece = await volume.attempt(() => mapOne(volume, inode, at, endBlock - at, options));
    } catch (error) {
      if (error instanceof FileError && error.code === "ENOSPC") break;
      throw error;
    }
    pieces.push(piece);
    at += piece.blocks;
  }
  return pieces;
}

async function mapOne(
  volume: WritableVolume,
  inode: LiveInode,
  logical: number,
  most: number,
  options: IoOptions,
): Promise<FilePiece> {
  const tree = extentTreeOf(volume, inode);
  const mapping = await tree.find(logical, options);
  const blocks = Math.min(mapping.logical + mapping.blocks - logical, most);
  if (mapping.start !== undefined) {
    const block = mapping.start + (logical - mapping.logical);
    if (!mapping.written) await tree.convert(logical, blocks, block, options);
    return { logical, blocks, block, fresh: !mapping.written };
  }
  const goal = (await tree.goalFor(logical, options)) ?? volume.inodes.goalOf(inode);
  const { block, count } = await volume.blocks.allocate(goal, blocks, { ...options, held: inode.isOrphan });
  await tree.insert({ logical, blocks: count, start: block, written: true }, options);
  inode.addBlocks(count);
  return { logical, blocks: count, block, fresh: true };
}
