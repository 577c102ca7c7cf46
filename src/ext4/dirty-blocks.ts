/**
 * Blocks that were changed and are not on the device yet. They stay in memory
 * until they were written, and each step of a change to them can be taken back.
 */
import type { BlockCache } from "./block-cache.ts";
import { type BlockKind, dataBlock } from "./block-kind.ts";
import type { ChangeLog } from "./change-log.ts";

interface DirtyBlock {
  readonly bytes: Uint8Array;
  kind: BlockKind;
  /** The epoch of the log under which its bytes were noted. */
  epoch: number;
  sealed: boolean;
}

/** Consecutive blocks to be written in one call. */
export interface DirtyRun {
  readonly block: number;
  readonly blocks: number;
  readonly bytes: Uint8Array;
}

/** How many blocks' memory is kept for others. */
const spareBlocks = 1024;

/** How much is written in one call at most. */
const runBytes = 1 << 20;

/** Changed blocks by number. */
export class DirtyBlocks {
  readonly #log: ChangeLog;
  /** Where blocks go that are on the device. */
  readonly #cache: BlockCache;
  readonly #blockSizeBytes: number;
  readonly #blocks: Map<number, DirtyBlock> = new Map();
  /** Memory of content that was written, for what is changed next. */
  readonly #spare: Uint8Array[] = [];

  constructor(log: ChangeLog, cache: BlockCache, blockSizeBytes: number) {
    this.#log = log;
    this.#cache = cache;
    this.#blockSizeBytes = blockSizeBytes;
  }

  get count(): number {
    return this.#blocks.size;
  }

  /** A block as it stands, its checksum perhaps not up to date. */
  peek(block: number): Uint8Array | undefined {
    return this.#blocks.get(block)?.bytes;
  }

  /** A block with its checksum. */
  sealed(block: number): Uint8Array | undefined {
    const dirty = this.#blocks.get(block);
    if (dirty !== undefined) this.#seal(block, dirty);
    return dirty?.bytes;
  }

  /** A changed block, to be changed further. */
  modify(block: number, kind: BlockKind): Uint8Array | undefined {
    const dirty = this.#blocks.get(block);
    if (dirty === undefined) return undefined;
    const { bytes, kind: kindBefore } = dirty;
    if (this.#log.isOpen && dirty.epoch < this.#log.epoch) {
      const before = this.#log.copyOf(bytes);
      dirty.epoch = this.#log.epoch;
      this.#log.note(() => {
        bytes.set(before);
        dirty.kind = kindBefore;
        dirty.sealed = false;
      });
    }
    dirty.kind = kind;
    dirty.sealed = false;
    return bytes;
  }

  /** As `modify`, for who takes back its own steps. */
  mark(block: number): Uint8Array | undefined {
    const dirty = this.#blocks.get(block);
    if (dirty !== undefined) dirty.sealed = false;
    return dirty?.bytes;
  }

  /** As `take`, for who takes back its own steps: the block stays to be written. */
  takeMarked(block: number, bytes: Uint8Array, kind: BlockKind): void {
    this.#cache.delete(block);
    this.#blocks.set(block, { bytes, kind, epoch: this.#log.epoch, sealed: false });
  }

  /** Takes in a block that is as on the device, to be changed. */
  take(block: number, bytes: Uint8Array, kind: BlockKind): void {
    this.#cache.delete(block);
    this.#blocks.set(block, { bytes, kind, epoch: this.#log.epoch, sealed: false });
    if (!this.#log.isOpen) return;
    const before = this.#log.copyOf(bytes);
    this.#log.note(() => {
      bytes.set(before);
      this.#blocks.delete(block);
      this.#cache.set(block, bytes);
    });
  }

  /** Puts content into a block's place, whatever was there. */
  put(block: number, bytes: Uint8Array, kind: BlockKind): void {
    this.forget(block, 1);
    this.#blocks.set(block, { bytes, kind, epoch: this.#log.epoch, sealed: false });
    this.#log.note(() => this.#blocks.delete(block));
  }

  /** Puts a copy of content into a block's place, from `startBytes` on, and zeros around it. */
  putContent(block: number, content: Uint8Array, startBytes: number): void {
    const bytes = this.#spare.pop() ?? new Uint8Array(this.#blockSizeBytes);
    bytes.fill(0, 0, startBytes);
    bytes.set(content, startBytes);
    bytes.fill(0, startBytes + content.length);
    this.put(block, bytes, dataBlock);
  }

  /** Blocks of a range are nothing to be written any more. */
  forget(block: number, blocks: number): void {
    this.#cache.delete(block, blocks);
    if (blocks === 1) this.#forgetOne(block);
    else for (const each of this.within(block, blocks)) this.#forgetOne(each);
  }

  #forgetOne(block: number): void {
    const dirty = this.#blocks.get(block);
    if (dirty === undefined) return;
    this.#blocks.delete(block);
    this.#log.note(() => this.#blocks.set(block, dirty));
  }

  /** The numbers of changed blocks in a range, in no order. */
  within(block: number, blocks: number): number[] {
    const found: number[] = [];
    if (this.#blocks.size === 0) return found;
    if (blocks <= this.#blocks.size) {
      for (let each = block; each < block + blocks; each++) if (this.#blocks.has(each)) found.push(each);
    } else {
      for (const each of this.#blocks.keys()) if (each >= block && each < block + blocks) found.push(each);
    }
    return found;
  }

  /** Gives all blocks their checksums. */
  sealAll(): void {
    for (const [block, dirty] of this.#blocks) this.#seal(block, dirty);
  }

  /** All that is to be written, in ascending order. The bytes of a run hold until the next is asked for. */
  *runs(): Generator<DirtyRun> {
    const numbers = Float64Array.from(this.#blocks.keys()).sort();
    const size = this.#blockSizeBytes;
    const mostBlocks = Math.max(1, runBytes / size);
    const buffer = new Uint8Array(Math.min(numbers.length, mostBlocks) * size);
    for (let at = 0; at < numbers.length; ) {
      const block = numbers[at] as number;
      let blocks = 0;
      while (blocks < mostBlocks && numbers[at + blocks] === block + blocks) {
        const dirty = this.#blocks.get(block + blocks) as DirtyBlock;
        buffer.set(dirty.bytes, blocks * size);
        blocks += 1;
      }
      yield { block, blocks, bytes: buffer.subarray(0, blocks * size) };
      at += blocks;
    }
  }

  /** A run is on the device. */
  written({ block, blocks }: DirtyRun): void {
    for (let each = block; each < block + blocks; each++) {
      const dirty = this.#blocks.get(each);
      this.#blocks.delete(each);
      if (dirty === undefined) continue;
      if (dirty.kind !== dataBlock) this.#cache.set(each, dirty.bytes);
      // Nobody has it: content is read into the memory of who asks for it.
      else if (this.#spare.length < spareBlocks) this.#spare.push(dirty.bytes);
    }
  }

  clear(): void {
    this.#blocks.clear();
    this.#spare.length = 0;
  }

  #seal(block: number, dirty: DirtyBlock): void {
    if (dirty.sealed) return;
    dirty.kind.seal(dirty.bytes, block);
    dirty.sealed = true;
  }
}
