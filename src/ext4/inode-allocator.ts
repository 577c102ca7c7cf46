/**
 * Gives numbers to inodes and takes them back: a file's near its directory, a
 * directory's near its own, but for those in the root, which are spread.
 */
import { FileError } from "../errors.ts";
import { fillBits, isBitSet, nextClearBit } from "./bitmap.ts";
import { bitmapKind } from "./block-allocator.ts";
import { type BlockKind, plainBlock } from "./block-kind.ts";
import { groupFlag } from "./group-descriptor.ts";
import { inodeNumber } from "./inode.ts";
import type { WritableVolume } from "./writable-volume.ts";

/** Groups that are looked at for a directory. */
const lookedAtGroups = 8;

/** The numbers of a volume's inodes. */
export class InodeAllocator {
  readonly #volume: WritableVolume;
  readonly #kinds: Map<number, BlockKind> = new Map();
  /** Free on the device, and in use here: of files that are open and have no name. */
  readonly #held: Set<number> = new Set();
  /** Where the search for a directory in the root begins. */
  #nextSpread = 0;

  constructor(volume: WritableVolume) {
    this.#volume = volume;
  }

  /** How many inodes can be had. */
  get freeCount(): number {
    return this.#volume.groups.freeInodes - this.#held.size;
  }

  groupOf(number: number): number {
    return Math.floor((number - 1) / this.#volume.geometry.inodesPerGroup);
  }

  /**
   * Takes a number.
   *
   * @param parent the number of the directory that it is for.
   * @throws {FileError} `ENOSPC` where there is none.
   */
  allocate(parent: number, isDirectory: boolean): number {
    const { groups, geometry } = this.#volume;
    const start = isDirectory ? this.#directoryGroup(parent) : this.groupOf(parent);
    let group = groups.withFreeInodes.next(start);
    // A group may have none but held ones.
    for (let tried = 0; group !== undefined && tried <= this.#held.size; tried++) {
      const index = this.#findFree(group);
      if (index !== undefined) {
        this.#take(group, index, isDirectory);
        return group * geometry.inodesPerGroup + index + 1;
      }
      group = groups.withFreeInodes.next(group + 1);
    }
    throw new FileError("ENOSPC", "open");
  }

  /** True where a number is taken. */
  isTaken(number: number): boolean {
    if (this.#held.has(number)) return true;
    const { groups, geometry } = this.#volume;
    const group = this.groupOf(number);
    if (groups.hasFlag(group, groupFlag.inodeUninit) && this.#usesUninit) return false;
    const bitmap = this.#viewBitmap(group);
    return isBitSet(bitmap, (number - 1) % geometry.inodesPerGroup);
  }

  /** Gives a number back; with `hold` it is free on the device alone, until `unhold`. */
  free(number: number, isDirectory: boolean, { hold = false }: { readonly hold?: boolean } = {}): void {
    const { groups, geometry } = this.#volume;
    const group = this.groupOf(number);
    const index = (number - 1) % geometry.inodesPerGroup;
    const bitmap = this.#volume.markBlock(groups.get(group, "inodeBitmap"), this.#kind(group));
    if (!isBitSet(bitmap, index)) {
      throw this.#volume.malformed("bad-field", "the inode is to be freed, and is free", { inode: number });
    }
    this.#change(group, bitmap, index, { taken: false, isDirectory });
    if (hold) this.#setHeld(number, true);
  }

  /** A number that was held is free for others. */
  unhold(number: number): void {
    this.#setHeld(number, false);
  }

  #setHeld(number: number, held: boolean): void {
    const put = (value: boolean): void => {
      if (value) this.#held.add(number);
      else this.#held.delete(number);
    };
    put(held);
    this.#volume.onUndo(() => put(!held));
  }

  #change(
    group: number,
    bitmap: Uint8Array,
    index: number,
    { taken, isDirectory }: { taken: boolean; isDirectory: boolean },
  ): void {
    const { groups } = this.#volume;
    const update = (): void => groups.withFreeInodes.set(group, groups.get(group, "freeInodes") > 0);
    this.#volume.onUndo(update);
    fillBits(bitmap, index, index + 1, taken);
    this.#volume.onUndo(() => fillBits(bitmap, index, index + 1, !taken));
    groups.add(group, "freeInodes", taken ? -1 : 1);
    if (isDirectory) groups.add(group, "usedDirectories", taken ? 1 : -1);
    update();
  }

  #take(group: number, index: number, isDirectory: boolean): void {
    const { groups, geometry } = this.#volume;
    const block = groups.get(group, "inodeBitmap");
    if (this.#usesUninit && groups.hasFlag(group, groupFlag.inodeUninit)) {
      this.#volume.replaceBlock(block, this.#freshBitmap(), this.#kind(group));
      groups.clearFlag(group, groupFlag.inodeUninit);
      // The table's blocks are in use now, and nobody may take them for free.
      this.#volume.blocks.initialize(group);
    }
    const bitmap = this.#volume.markBlock(block, this.#kind(group));
    this.#change(group, bitmap, index, { taken: true, isDirectory });
    if (!this.#usesUninit) return;
    const unused = geometry.inodesPerGroup - (index + 1);
    if (groups.get(group, "unusedInodes") > unused) this.#extendUsed(group, unused);
  }

  /** Inodes up to a new last one count as used: what stands there must be inodes. */
  #extendUsed(group: number, unused: number): void {
    const { groups, geometry } = this.#volume;
    const { inodesPerGroup, inodeSizeBytes, blockSizeBytes } = geometry;
    if (!groups.hasFlag(group, groupFlag.inodeZeroed)) {
      const firstByte = (inodesPerGroup - groups.get(group, "unusedInodes")) * inodeSizeBytes;
      const endByte = (inodesPerGroup - unused) * inodeSizeBytes;
      const { firstBlock } = groups.inodeTable(group);
      for (let at = firstByte; at < endByte; ) {
        const block = firstBlock + Math.floor(at / blockSizeBytes);
        const from = at % blockSizeBytes;
        // From here to the block's end nothing was used before.
        if (from === 0) this.#volume.newBlock(block, plainBlock);
        else this.#volume.modifyBlock(block, plainBlock).fill(0, from);
        at += blockSizeBytes - from;
      }
    }
    groups.set(group, "unusedInodes", unused);
  }

  #findFree(group: number): number | undefined {
    const { groups, geometry } = this.#volume;
    const { inodesPerGroup, firstInode } = geometry;
    const isUninit = this.#usesUninit && groups.hasFlag(group, groupFlag.inodeUninit);
    const bitmap = isUninit ? this.#freshBitmap() : this.#viewBitmap(group);
    const from = group === 0 ? firstInode - 1 : 0;
    let index = nextClearBit(bitmap, from, inodesPerGroup);
    while (index < inodesPerGroup && this.#held.has(group * inodesPerGroup + index + 1)) {
      index = nextClearBit(bitmap, index + 1, inodesPerGroup);
    }
    return index < inodesPerGroup ? index : undefined;
  }

  /** Where a directory goes: in the root's case one of few directories among those that are next. */
  #directoryGroup(parent: number): number {
    const { groups, geometry } = this.#volume;
    if (parent !== inodeNumber.root) return this.groupOf(parent);
    const enoughBlocks = Math.floor(this.#volume.blocks.freeCount / geometry.groups);
    let best: number | undefined;
    let group = groups.withFreeInodes.next(this.#nextSpread);
    for (let looked = 0; group !== undefined && looked < lookedAtGroups; looked++) {
      const better =
        groups.get(group, "freeBlocks") >= enoughBlocks &&
        (best === undefined || groups.get(group, "usedDirectories") < groups.get(best, "usedDirectories"));
      if (better) best = group;
      group = groups.withFreeInodes.next(group + 1);
    }
    const spreadBefore = this.#nextSpread;
    this.#volume.onUndo(() => {
      this.#nextSpread = spreadBefore;
    });
    this.#nextSpread = ((best ?? spreadBefore) + 1) % geometry.groups;
    return best ?? this.groupOf(parent);
  }

  #viewBitmap(group: number): Uint8Array {
    return this.#volume.viewBlock(this.#volume.groups.get(group, "inodeBitmap"), this.#kind(group));
  }

  /** No inode is taken; what a bitmap has beyond them is. */
  #freshBitmap(): Uint8Array {
    const { blockSizeBytes, inodesPerGroup } = this.#volume.geometry;
    const bitmap = new Uint8Array(blockSizeBytes);
    fillBits(bitmap, inodesPerGroup, 8 * blockSizeBytes, true);
    return bitmap;
  }

  get #usesUninit(): boolean {
    const { metadataCsum, gdtCsum } = this.#volume.geometry.features;
    return metadataCsum || gdtCsum;
  }

  #kind(group: number): BlockKind {
    let kind = this.#kinds.get(group);
    if (kind === undefined) {
      const checkedBytes = this.#volume.geometry.inodesPerGroup / 8;
      kind = bitmapKind(this.#volume, group, "inodeBitmapChecksum", checkedBytes);
      this.#kinds.set(group, kind);
    }
    return kind;
  }
}
