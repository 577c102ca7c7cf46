/** The inodes that are in use: one object for each, clean ones as many as may be kept. */
import { crc32cU32 } from "../bytes/crc.ts";
import { FileError } from "../errors.ts";
import { plainBlock } from "./block-kind.ts";
import { extentTreeOf } from "./extent-tree.ts";
import { inodeNumber } from "./inode.ts";
import type { InodeAllocator } from "./inode-allocator.ts";
import { parseInode, sealInode } from "./inode-reader.ts";
import { LiveInode, type NewInode } from "./live-inode.ts";
import type { WritableVolume } from "./writable-volume.ts";

/** Inodes kept that have no change waiting: some 10 MB. */
const keptInodes = 8192;
/** The inodes of a volume. */
export class LiveInodes {
  readonly #volume: WritableVolume;
  readonly #numbers: InodeAllocator;
  readonly #live: Map<number, LiveInode> = new Map();
  readonly #changed: Set<LiveInode> = new Set();
  /** Memory for new inodes, a block's worth at a time, and how much of it is in use. */
  #room: Uint8Array = new Uint8Array(0);
  #roomUsedBytes = 0;
  #created = 0;

  constructor(volume: WritableVolume, numbers: InodeAllocator) {
    this.#volume = volume;
    this.#numbers = numbers;
  }

  /** How many can be made. */
  get freeCount(): number {
    return this.#numbers.freeCount;
  }

  /** What waiting changes of inodes come to, in blocks. */
  get dirtyBlocks(): number {
    const { inodeSizeBytes, blockSizeBytes } = this.#volume.geometry;
    return Math.ceil((this.#changed.size * inodeSizeBytes) / blockSizeBytes);
  }

  /** An inode that is in memory. */
  peek(number: number): LiveInode | undefined {
    return this.#live.get(number);
  }

  /**
   * An inode that a name may stand for.
   *
   * @throws {FormatError} as `readInode`.
   * @throws {FileError} `ESTALE` for one that is free.
   */
  get(number: number): LiveInode {
    const live = this.#live.get(number);
    if (live !== undefined) return live;
    const { inodes, firstInode } = this.#volume.geometry;
    if ((number !== inodeNumber.root && number < firstInode) || number > inodes) {
      throw this.#volume.malformed("bad-field", "no name can stand for an inode of this number", {
        inode: number,
      });
    }
    // What was removed may stand in the table yet, as it was.
    if (!this.#numbers.isTaken(number)) throw new FileError("ESTALE", "stat");
    const { block, start, group } = this.#place(number);
    const { firstBlock, endBlock } = this.#volume.groups.inodeTable(group);
    const bytes = this.#volume.viewTableBlock(block, firstBlock, endBlock);
    const record = bytes.slice(start, start + this.#volume.geometry.inodeSizeBytes);
    parseInode(this.#volume, number, record);
    const inode = new LiveInode(this.#volume, number, record);
    if (this.#live.size >= 2 * keptInodes && !this.#volume.isChanging) this.trim();
    this.#live.set(number, inode);
    return inode;
  }

  /**
   * Makes an inode without a name: times now, no links, files and directories with an empty tree of extents.
   *
   * @param parent the directory that it will be in.
   * @throws {FileError} `ENOSPC`.
   */
  create(parent: LiveInode, what: NewInode): LiveInode {
    const isDirectory = (what.mode & 0xf000) === 0x4000;
    const number = this.#numbers.allocate(parent.number, isDirectory);
    const inode = new LiveInode(this.#volume, number, this.#newRecord());
    this.#created += 1;
    this.#live.set(number, inode);
    this.#volume.onUndo(() => {
      this.#live.delete(number);
      this.#changed.delete(inode);
      // What runs again makes the same inode again.
      this.#created -= 1;
    });
    inode.begin(what, this.#generation());
    if (isDirectory || (what.mode & 0xf000) === 0x8000) inode.initExtents();
    return inode;
  }

  /** Where the blocks of an inode are wanted: in its own group. */
  goalOf(inode: LiveInode): number {
    return this.#volume.groups.firstBlock(this.#numbers.groupOf(inode.number));
  }

  /**
   * Removes an inode that has no name and is not open: its blocks and its number are free. A block of extended
   * attributes is the caller's to give back before.
   *
   * @throws {FileError} `ENOTSUP` for a file with block pointers.
   */
  remove(inode: LiveInode): void {
    this.#freeBlocks(inode);
    this.#numbers.free(inode.number, inode.type === "directory");
    this.#bury(inode);
    this.#drop(inode);
  }

  /**
   * Removes an inode that has no name and is open, on the device; here it lives until `release`.
   *
   * @throws {FileError} `ENOTSUP` as `remove`.
   */
  orphan(inode: LiveInode): void {
    if (this.#mapsBlocks(inode)) extentTreeOf(this.#volume, inode).hold();
    this.#numbers.free(inode.number, inode.type === "directory", { hold: true });
    inode.isOrphan = true;
    this.#volume.onUndo(() => {
      inode.isOrphan = false;
    });
    this.#bury(inode);
  }

  /** The last who had an orphan open closes it. */
  release(inode: LiveInode): void {
    this.#freeBlocks(inode);
    this.#numbers.unhold(inode.number);
    this.#drop(inode);
  }

  /** Keeps an inode until it was written. */
  noteChange(inode: LiveInode): void {
    inode.isChanged = true;
    this.#changed.add(inode);
  }

  /** Between changes: lets go of clean inodes that are too many. */
  trim(): void {
    // Changed ones cannot go, and so do not count: else each change would look through all of them.
    if (this.#live.size - this.#changed.size <= keptInodes) return;
    for (const [number, inode] of this.#live) {
      if (this.#live.size - this.#changed.size <= keptInodes / 2) return;
      if (!inode.isOrphan && !inode.isChanged) this.#live.delete(number);
    }
  }

  /** Puts all changed inodes into the blocks of their tables: of two of one number the later one lasts. */
  settle(): void {
    for (const inode of this.#changed) {
      const { block, start } = this.#place(inode.number);
      const table = this.#volume.modifyBlock(block, plainBlock);
      sealInode(this.#volume, inode.number, inode.bytes);
      table.set(inode.bytes, start);
      inode.isChanged = false;
      this.#changed.delete(inode);
    }
  }

  clear(): void {
    this.#live.clear();
    this.#changed.clear();
  }

  #place(number: number): { group: number; block: number; start: number } {
    const { inodesPerGroup, inodeSizeBytes, blockSizeBytes } = this.#volume.geometry;
    const group = this.#numbers.groupOf(number);
    const offsetBytes = ((number - 1) % inodesPerGroup) * inodeSizeBytes;
    const { firstBlock } = this.#volume.groups.inodeTable(group);
    return {
      group,
      block: firstBlock + Math.floor(offsetBytes / blockSizeBytes),
      start: offsetBytes % blockSizeBytes,
    };
  }

  /** A record of zeros. */
  #newRecord(): Uint8Array {
    const { inodeSizeBytes, blockSizeBytes } = this.#volume.geometry;
    if (this.#roomUsedBytes === this.#room.length) {
      this.#room = new Uint8Array(blockSizeBytes);
      this.#roomUsedBytes = 0;
    }
    const start = this.#roomUsedBytes;
    this.#roomUsedBytes += inodeSizeBytes;
    return this.#room.subarray(start, start + inodeSizeBytes);
  }

  #drop(inode: LiveInode): void {
    this.#live.delete(inode.number);
    this.#volume.onUndo(() => this.#live.set(inode.number, inode));
  }

  /** What is left of an inode that is gone. */
  #bury(inode: LiveInode): void {
    const now = this.#volume.now();
    inode.linkCount = 0;
    inode.changedAt = now;
    inode.deletedAt = now;
  }

  #freeBlocks(inode: LiveInode): void {
    if (this.#mapsBlocks(inode)) extentTreeOf(this.#volume, inode).clear();
    inode.sizeBytes = 0;
  }

  /** True where the 60 bytes lead to blocks. */
  #mapsBlocks(inode: LiveInode): boolean {
    if (inode.hasExtents) return true;
    const own = inode.xattrBlock === 0 ? 0 : 1;
    const isFile = inode.type === "file" || inode.type === "directory" || inode.type === "symlink";
    if (isFile && inode.blocks > own) throw new FileError("ENOTSUP", "unlink");
    return false;
  }

  /** Another one each time, also from one opening to the next as long as the clock goes on. */
  #generation(): number {
    const { seconds, nanoseconds } = this.#volume.now();
    const start = crc32cU32(Number(BigInt.asUintN(32, seconds)), nanoseconds);
    return crc32cU32(start, this.#created);
  }
}
