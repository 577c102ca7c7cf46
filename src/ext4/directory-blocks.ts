/** The blocks of an inode by their place in it, as metadata: what directories are made of. */
import { FormatError } from "../errors.ts";
import type { BlockKind } from "./block-kind.ts";
import { extentTreeOf } from "./extent-tree.ts";
import type { LiveInode } from "./live-inode.ts";
import { MissingBlocks } from "./missing-blocks.ts";
import type { WritableVolume } from "./writable-volume.ts";

/** See the head of this file. */
export class DirectoryBlocks {
  readonly #volume: WritableVolume;
  readonly #inode: LiveInode;
  readonly #kind: BlockKind;
  /** Where blocks stand on the device, as far as that is known: no block of a directory ever moves. */
  readonly #places: Map<number, number> = new Map();

  /** @param kind how its blocks are checked and sealed. */
  constructor(volume: WritableVolume, inode: LiveInode, kind: BlockKind) {
    this.#volume = volume;
    this.#inode = inode;
    this.#kind = kind;
  }

  /** How many blocks there are. */
  get count(): number {
    return Math.ceil(this.#inode.sizeBytes / this.#volume.geometry.blockSizeBytes);
  }

  /**
   * A block for reading; not to be kept.
   *
   * @throws {FormatError} `bad-field` for a hole; as the kind's `check`.
   */
  view(logical: number): Uint8Array {
    return this.#volume.viewBlock(this.blockAt(logical), this.#kind);
  }

  /** As `view`, for who goes through all of them, one behind the other. */
  viewInTurn(logical: number): Uint8Array {
    return this.#volume.viewBlock(this.blockAt(logical), this.#kind, (most) => this.#behind(logical, most));
  }

  /** Inside a change: a block to be changed. */
  modify(logical: number): Uint8Array {
    return this.#volume.modifyBlock(this.blockAt(logical), this.#kind);
  }

  /**
   * Inside a change: one more block, of zeros, at the end.
   *
   * @throws {FileError} `ENOSPC`.
   */
  append(): { logical: number; bytes: Uint8Array } {
    const logical = this.count;
    const tree = extentTreeOf(this.#volume, this.#inode);
    const goal = tree.goalFor(logical) ?? this.#volume.inodes.goalOf(this.#inode);
    const { block } = this.#volume.blocks.allocate(goal, 1);
    tree.insert({ logical, blocks: 1, start: block, written: true });
    this.#inode.addBlocks(1);
    this.#inode.sizeBytes = (logical + 1) * this.#volume.geometry.blockSizeBytes;
    this.#places.set(logical, block);
    this.#volume.onUndo(() => this.#places.delete(logical));
    return { logical, bytes: this.#volume.newBlock(block, this.#kind) };
  }

  /** Where a block stands on the device. */
  blockAt(logical: number): number {
    const known = this.#places.get(logical);
    if (known !== undefined) return known;
    const mapping = extentTreeOf(this.#volume, this.#inode).find(logical);
    if (mapping.start !== undefined && mapping.written) {
      const block = mapping.start + (logical - mapping.logical);
      this.#places.set(logical, block);
      return block;
    }
    throw this.#volume.malformed("bad-field", `its block ${logical} is a hole`, {
      inode: this.#inode.number,
    });
  }

  /** Where the blocks behind one stand, as far as that is known. */
  #behind(logical: number, most: number): number[] {
    const end = Math.min(this.count, logical + 1 + most);
    const behind: number[] = [];
    try {
      for (let each = logical + 1; each < end; each++) behind.push(this.blockAt(each));
    } catch (error) {
      if (!(error instanceof MissingBlocks || error instanceof FormatError)) throw error;
    }
    return behind;
  }
}
