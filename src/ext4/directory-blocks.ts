/** The blocks of an inode by their place in it, as metadata: what directories are made of. */
import type { IoOptions } from "../device/block-device.ts";
import type { BlockKind } from "./block-kind.ts";
import { extentTreeOf } from "./extent-tree.ts";
import type { LiveInode } from "./live-inode.ts";
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

  /** A block for reading, where it is in memory; not to be kept. */
  peek(logical: number): Uint8Array | undefined {
    const block = this.#places.get(logical);
    return block === undefined ? undefined : this.#volume.peekBlock(block, this.#kind);
  }

  /**
   * A block for reading; not to be kept.
   *
   * @throws {FormatError} `bad-field` for a hole; as the kind's `check`.
   */
  async view(logical: number, options: IoOptions): Promise<Uint8Array> {
    const block = await this.blockAt(logical, options);
    return (
      this.#volume.peekBlock(block, this.#kind) ?? (await this.#volume.viewBlock(block, this.#kind, options))
    );
  }

  /** Inside a change: a block to be changed. */
  async modify(logical: number, options: IoOptions): Promise<Uint8Array> {
    const block = this.#places.get(logical) ?? (await this.blockAt(logical, options));
    return (
      this.#volume.modifyWaiting(block, this.#kind) ??
      (await this.#volume.modifyBlock(block, this.#kind, options))
    );
  }

  /**
   * Inside a change: one more block, of zeros, at the end.
   *
   * @throws {FileError} `ENOSPC`.
   */
  async append(options: IoOptions): Promise<{ logical: number; bytes: Uint8Array }> {
    const logical = this.count;
    const tree = extentTreeOf(this.#volume, this.#inode);
    const goal = (await tree.goalFor(logical, options)) ?? this.#volume.inodes.goalOf(this.#inode);
    const { block } = await this.#volume.blocks.allocate(goal, 1, options);
    await tree.insert({ logical, blocks: 1, start: block, written: true }, options);
    this.#inode.addBlocks(1);
    this.#inode.sizeBytes = (logical + 1) * this.#volume.geometry.blockSizeBytes;
    this.#places.set(logical, block);
    this.#volume.onUndo(() => this.#places.delete(logical));
    return { logical, bytes: this.#volume.newBlock(block, this.#kind) };
  }

  /** Where a block stands on the device. */
  async blockAt(logical: number, options: IoOptions): Promise<number> {
    const known = this.#places.get(logical);
    if (known !== undefined) return known;
    const mapping = await extentTreeOf(this.#volume, this.#inode).find(logical, options);
    if (mapping.start !== undefined && mapping.written) {
      const block = mapping.start + (logical - mapping.logical);
      this.#places.set(logical, block);
      return block;
    }
    throw this.#volume.malformed("bad-field", `its block ${logical} is a hole`, {
      inode: this.#inode.number,
    });
  }
}
