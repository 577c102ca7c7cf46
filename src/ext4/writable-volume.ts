/**
 * An ext4 file system that can be changed. The truth is in memory: changed blocks
 * stay there until they were written, in ascending order, when there are too many
 * of them or all is to be flushed. A change that fails on its way is taken back.
 * Only a flush that ended well leaves the device as a file system in good order.
 */
import type { IoOptions, WritableBlockDevice } from "../device/block-device.ts";
import { StateError } from "../errors.ts";
import type { Timestamp } from "../tree/attributes.ts";
import { BlockAllocator } from "./block-allocator.ts";
import type { BlockKind } from "./block-kind.ts";
import { ChangeLog } from "./change-log.ts";
import { DirtyBlocks } from "./dirty-blocks.ts";
import { GroupTable } from "./group-table.ts";
import { InodeAllocator } from "./inode-allocator.ts";
import { LiveInodes } from "./live-inodes.ts";
import { LiveSuperblock } from "./live-superblock.ts";
import { type BlocksBehind, FetchedBlocks, MissingBlocks } from "./missing-blocks.ts";
import { Ext4Volume, type Ext4VolumeOptions, openVolume } from "./volume.ts";
import { checkWritable } from "./writable-features.ts";

/** What may wait in memory unless told otherwise. */
const defaultDirtyBytes = 8 << 20;

/** How to open a volume for writing. */
export interface WritableVolumeOptions extends Ext4VolumeOptions {
  /** The clock of all times that are set; by default the platform's. */
  readonly now?: () => Timestamp;
  /** How much may wait to be written, in bytes, between two changes; 8 MiB unless set. */
  readonly dirtyBytes?: number;
}

/** What is left of a volume. */
export interface VolumeUse {
  readonly freeBlocks: number;
  readonly freeInodes: number;
}

/**
 * A volume for writing. Calls exclude each other: whoever uses it lets a `change` or a `flush` run
 * alone, while calls that only read may overlap.
 */
export class WritableVolume extends Ext4Volume {
  declare readonly device: WritableBlockDevice;
  readonly now: () => Timestamp;
  readonly groups: GroupTable;
  readonly blocks: BlockAllocator;
  readonly inodes: LiveInodes;
  readonly #superblock: LiveSuperblock;
  readonly #log: ChangeLog = new ChangeLog();
  readonly #dirty: DirtyBlocks;
  readonly #limitBlocks: number;
  readonly #checked: WeakMap<Uint8Array, BlockKind> = new WeakMap();
  readonly #fetched: FetchedBlocks;
  /** What the device failed with since the last flush that ended well. */
  #failure: { readonly error: unknown } | undefined;

  private constructor(plain: Ext4Volume, parts: VolumeParts) {
    super(plain.device, plain.name, plain.geometry, parts.cacheBytes);
    this.now = parts.now;
    this.#dirty = new DirtyBlocks(this.#log, this.cache, this.geometry.blockSizeBytes);
    this.#fetched = new FetchedBlocks((block) => this.holds(block) && this.#dirty.peek(block) === undefined);
    this.#limitBlocks = Math.max(16, Math.floor(parts.dirtyBytes / this.geometry.blockSizeBytes));
    this.#superblock = parts.superblock;
    this.groups = new GroupTable(this, parts.descriptors);
    this.blocks = new BlockAllocator(this);
    this.inodes = new LiveInodes(this, new InodeAllocator(this));
  }

  /**
   * Reads superblock and descriptors; nothing is written yet.
   *
   * @throws {FormatError} as `openExt4`, and for what only writers refuse: see `checkWritable`.
   */
  static async open(device: WritableBlockDevice, options: WritableVolumeOptions): Promise<WritableVolume> {
    const { now = platformTime, dirtyBytes = defaultDirtyBytes, cacheBytes = defaultDirtyBytes } = options;
    const plain = await openVolume(device, options);
    checkWritable(plain);
    const descriptors = await GroupTable.read(plain, options);
    const superblock = await LiveSuperblock.read(device, plain.geometry, options);
    return new WritableVolume(plain, { now, dirtyBytes, cacheBytes, descriptors, superblock });
  }

  /** What is free: blocks and inodes that `allocate` and `create` really give. */
  use(): VolumeUse {
    return { freeBlocks: this.blocks.freeCount, freeInodes: this.inodes.freeCount };
  }

  /**
   * Runs a change: all of it happens, or, where `run` throws, nothing. It runs anew where a block was not in
   * memory: see `MissingBlocks`.
   *
   * @throws {StateError} `unflushed` after the device failed to write: `flush` first.
   * @throws {DeviceError} where changed blocks had to be written to make room, and were not.
   */
  async change<Result>(options: IoOptions, run: () => Result | Promise<Result>): Promise<Result> {
    if (this.#failure !== undefined) throw this.#unflushed(this.#failure.error);
    options.signal?.throwIfAborted();
    this.inodes.trim();
    if (this.#dirty.count + this.inodes.dirtyBlocks > this.#limitBlocks) await this.#writeOut(options);
    const ran = this.inMemory(() => this.#try(run), options);
    const result = ran instanceof Promise ? await ran : ran;
    // What was changed is kept, though the device did not take it.
    const failure = this.#failure as { readonly error: unknown } | undefined;
    if (failure !== undefined) throw failure.error;
    return result;
  }

  /** Runs what is written as if all metadata were in memory: see `FetchedBlocks.run`. */
  inMemory<Result>(call: () => Result | Promise<Result>, options: IoOptions): Result | Promise<Result> {
    return this.#fetched.run(call, options);
  }

  /** Inside a change: what to do, in reverse order, where it is taken back. */
  onUndo(undo: () => void): void {
    this.#log.note(undo);
  }

  /** Inside a change: a copy of bytes for what takes it back, good until the change ends. */
  copyForUndo(bytes: Uint8Array): Uint8Array {
    return this.#log.copyOf(bytes);
  }

  /** Inside a change: does a part of it whole or, where it throws, not at all; the rest stands. */
  attempt<Result>(run: () => Result): Result {
    const savepoint = this.#log.savepoint();
    try {
      return run();
    } catch (error) {
      this.#log.rollback(savepoint);
      throw error;
    }
  }

  /** Inside a change: whether a step of it is to be noted that was noted at `epoch` last. */
  isNews(epoch: number): boolean {
    return this.#log.isOpen && epoch < this.#log.epoch;
  }

  /** True inside a change. */
  get isChanging(): boolean {
    return this.#log.isOpen;
  }

  /** See `ChangeLog.epoch`. */
  get epoch(): number {
    return this.#log.epoch;
  }

  override async readBlock(block: number, options: IoOptions): Promise<Uint8Array> {
    return this.#dirty.sealed(block) ?? super.readBlock(block, options);
  }

  override async readBlockAmong(
    block: number,
    firstBlock: number,
    endBlock: number,
    options: IoOptions,
  ): Promise<Uint8Array> {
    return this.#dirty.sealed(block) ?? super.readBlockAmong(block, firstBlock, endBlock, options);
  }

  /**
   * A block of metadata for reading, its checksum perhaps not up to date; not to be kept.
   *
   * @param block was checked by `holds`.
   * @param behind what to fetch with it.
   * @throws {MissingBlocks}
   * @throws {FormatError} as the kind's `check`.
   */
  viewBlock(block: number, kind: BlockKind, behind: BlocksBehind = nothingBehind): Uint8Array {
    const dirty = this.#dirty.peek(block);
    if (dirty !== undefined) return dirty;
    const bytes = this.#kept(block);
    if (bytes === undefined) {
      throw new MissingBlocks(block, behind, (each, options) => super.readBlock(each, options));
    }
    if (this.#checked.get(bytes) !== kind) {
      kind.check(bytes, block);
      this.#checked.set(bytes, kind);
    }
    return bytes;
  }

  /**
   * A block of an inode table for reading; not to be kept.
   *
   * @param firstBlock the table's; `endBlock` is the one behind its last.
   * @throws {MissingBlocks}
   */
  viewTableBlock(block: number, firstBlock: number, endBlock: number): Uint8Array {
    const bytes = this.#dirty.peek(block) ?? this.#kept(block);
    if (bytes !== undefined) return bytes;
    throw new MissingBlocks(block, nothingBehind, (each, options) =>
      super.readBlockAmong(each, firstBlock, endBlock, options),
    );
  }

  /** Inside a change: a block of metadata to be changed, whose checksum is put in when it is written. Throws as `viewBlock`. */
  modifyBlock(block: number, kind: BlockKind): Uint8Array {
    const dirty = this.#dirty.modify(block, kind);
    if (dirty !== undefined) return dirty;
    const bytes = this.viewBlock(block, kind);
    this.#dirty.take(block, bytes, kind);
    return bytes;
  }

  /** As `modifyBlock`, for who notes itself how its steps are taken back. */
  markBlock(block: number, kind: BlockKind): Uint8Array {
    const dirty = this.#dirty.mark(block);
    if (dirty !== undefined) return dirty;
    const bytes = this.viewBlock(block, kind);
    this.#dirty.takeMarked(block, bytes, kind);
    return bytes;
  }

  /** Inside a change: a block of zeros in the place of one that was just allocated. */
  newBlock(block: number, kind: BlockKind): Uint8Array {
    const bytes = new Uint8Array(this.geometry.blockSizeBytes);
    this.replaceBlock(block, bytes, kind);
    this.#checked.set(bytes, kind);
    return bytes;
  }

  /** A block's content from now on: this very memory, until it is written. */
  replaceBlock(block: number, bytes: Uint8Array, kind: BlockKind): void {
    this.#dirty.put(block, bytes, kind);
  }

  /** Inside a change: what stands in blocks counts for nothing any more. */
  forgetBlock(block: number, blocks = 1): void {
    this.#dirty.forget(block, blocks);
    this.directoryOwners.forget(block, blocks);
  }

  /** Which blocks of a range were changed and are not on the device, in ascending order. */
  dirtyWithin(block: number, blocks: number): readonly number[] {
    return this.#dirty.within(block, blocks).sort((a, b) => a - b);
  }

  /**
   * Inside a change: writes whole blocks of content, at once and from the caller's memory.
   *
   * @throws {DeviceError} as the device; the volume is unflushed then.
   */
  async writeData(block: number, bytes: Uint8Array): Promise<void> {
    const { blockSizeBytes } = this.geometry;
    try {
      await this.#superblock.markInUse(this.device);
      await this.device.write(block * blockSizeBytes, bytes);
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
    this.forgetBlock(block, bytes.length / blockSizeBytes);
  }

  /** Inside a change: keeps content of one block, from `startBytes` of it on and with zeros around it, to be written later. */
  keepData(block: number, content: Uint8Array, startBytes: number): void {
    this.#dirty.putContent(block, content, startBytes);
  }

  /**
   * Writes all that was changed and says so in the superblock, and has the device flush.
   *
   * @throws {DeviceError} where the device fails: all that was changed is kept, and `flush` may be called again.
   */
  async flush(options: IoOptions = {}): Promise<void> {
    await this.#writeOut(options);
    try {
      const { freeBlocks, freeInodes } = this.groups;
      await this.#superblock.markClean(this.device, { freeBlocks, freeInodes, time: this.now() });
      await this.device.flush(options);
    } catch (error) {
      if (!options.signal?.aborted) this.#failure ??= { error };
      throw error;
    }
    this.#failure = undefined;
  }

  /** Lets go of what is kept, what was not flushed included. */
  override release(): void {
    super.release();
    this.#dirty.clear();
    this.inodes.clear();
  }

  /** One run of a change; taken back where it throws. */
  #try<Result>(run: () => Result | Promise<Result>): Result | Promise<Result> {
    this.#log.begin();
    let result: Result | Promise<Result>;
    try {
      result = run();
    } catch (error) {
      this.#log.abandon();
      throw error;
    }
    if (result instanceof Promise) return this.#tryOut(result);
    this.#log.commit();
    return result;
  }

  async #tryOut<Result>(running: Promise<Result>): Promise<Result> {
    let result: Result;
    try {
      result = await running;
    } catch (error) {
      this.#log.abandon();
      throw error;
    }
    this.#log.commit();
    return result;
  }

  #kept(block: number): Uint8Array | undefined {
    return this.cache.get(block) ?? this.#fetched.get(block);
  }

  async #writeOut(options: IoOptions): Promise<void> {
    try {
      await this.inMemory(() => this.inodes.settle(), options);
      this.#dirty.sealAll();
      this.groups.seal();
      if (this.#dirty.count > 0) await this.#superblock.markInUse(this.device);
      for (const run of this.#dirty.runs()) {
        options.signal?.throwIfAborted();
        await this.device.write(run.block * this.geometry.blockSizeBytes, run.bytes);
        this.#dirty.written(run);
      }
    } catch (error) {
      if (!options.signal?.aborted) this.#failure ??= { error };
      throw error;
    }
  }

  #unflushed(cause: unknown): StateError {
    return new StateError(
      "unflushed",
      `${this.name} takes no changes, since its device failed to write: call flush, which tries again`,
      { at: { device: this.name }, cause },
    );
  }
}

const nothingBehind: BlocksBehind = () => [];

interface VolumeParts {
  readonly now: () => Timestamp;
  readonly dirtyBytes: number;
  readonly cacheBytes: number;
  readonly descriptors: Uint8Array;
  readonly superblock: LiveSuperblock;
}

/** The platform's clock, in milliseconds. */
function platformTime(): Timestamp {
  const ms = Date.now();
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanoseconds: (ms - seconds * 1000) * 1_000_000 };
}
