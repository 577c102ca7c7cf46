/**
 * Gives blocks and takes them back: near where they are wanted, and together.
 * Besides what the bitmaps say there are blocks that are held: those of files that
 * lost their last name while they are open. On the device they are free already.
 */
import { crc32c } from "../bytes/crc.ts";
import { FileError } from "../errors.ts";
import { countSetBits, fillBits, nextClearBit, nextSetBit } from "./bitmap.ts";
import type { BlockKind } from "./block-kind.ts";
import { groupFlag } from "./group-descriptor.ts";
import type { WritableVolume } from "./writable-volume.ts";

/** Consecutive blocks. */
export interface BlockRange {
  readonly block: number;
  readonly count: number;
}

/** How blocks are taken or given back. */
export interface AllocateOptions {
  /** Held, and free on the device. */
  readonly held?: boolean;
}

/** A run of so many is good enough not to look further for a longer one. */
const goodRunBlocks = 256;
/** Groups that are searched for a good run. */
const searchedGroups = 8;

/** What is searched and marked: the group's bits. */
interface GroupBits {
  readonly group: number;
  readonly bits: Uint8Array;
  readonly count: number;
}

/** The blocks of a volume. */
export class BlockAllocator {
  readonly #volume: WritableVolume;
  readonly #kinds: Map<number, BlockKind> = new Map();
  /** Of groups with held blocks: a bit each, and how many. */
  readonly #held: Map<number, { readonly bits: Uint8Array; count: number }> = new Map();
  #heldBlocks = 0;

  constructor(volume: WritableVolume) {
    this.#volume = volume;
  }

  /** How many blocks can be had. */
  get freeCount(): number {
    return this.#volume.groups.freeBlocks - this.#heldBlocks;
  }

  /**
   * Takes consecutive blocks, one at least and `count` at most.
   *
   * @param goal where they are wanted; behind it first.
   * @throws {FileError} `ENOSPC` where there is none.
   */
  allocate(goal: number, count: number, { held = false }: AllocateOptions = {}): BlockRange {
    const { groups, geometry } = this.#volume;
    const start = goal > geometry.firstDataBlock && goal < geometry.blocks ? goal : geometry.firstDataBlock;
    const wanted = Math.min(count, goodRunBlocks);
    let best: { bits: GroupBits; from: number; end: number } | undefined;
    let group = groups.withFreeBlocks.next(groups.groupOf(start));
    for (let searched = 0; group !== undefined && searched < searchedGroups; searched++) {
      const bits = this.#searchable(group);
      const from = group === groups.groupOf(start) ? start - groups.firstBlock(group) : 0;
      const found = findRun(bits, from, wanted, count);
      if (found === undefined) {
        throw this.#volume.malformed("bad-field", `group ${group} has no free block, which it says it has`);
      }
      if (best === undefined || found.end - found.from > best.end - best.from) best = { bits, ...found };
      if (best.end - best.from >= wanted) break;
      const next = groups.withFreeBlocks.next(group + 1);
      if (next === undefined || next === group) break;
      group = next;
    }
    if (best === undefined) throw new FileError("ENOSPC", "write");
    const range = { block: groups.firstBlock(best.bits.group) + best.from, count: best.end - best.from };
    const { group: taken } = best.bits;
    if (held) this.#hold(taken, best.from, best.end, true);
    else this.#mark(taken, best.from, best.end, true);
    return range;
  }

  /**
   * Gives blocks back and forgets what stands in them.
   *
   * @throws {FormatError} `bad-field` where one of them is free, or of the file system itself.
   */
  free(block: number, count = 1, { held = false }: AllocateOptions = {}): void {
    this.#each(block, count, (group, from, end) => {
      if (held) this.#hold(group, from, end, false);
      else this.#mark(group, from, end, false);
    });
    this.#volume.forgetBlock(block, count);
  }

  /** Sees to it that what says of blocks whether they are free is in memory. */
  require(block: number, count: number): void {
    const { groups } = this.#volume;
    const end = groups.groupOf(block + count - 1);
    for (let group = groups.groupOf(block); group <= end; group++) {
      if (this.#isUninit(group)) continue;
      const behind = (most: number): number[] => groups.blockBitmapsBehind(group, most);
      this.#volume.viewBlock(groups.get(group, "blockBitmap"), this.#kind(group), behind);
    }
  }

  /** Makes blocks that are taken held ones. */
  hold(block: number, count: number): void {
    this.#each(block, count, (group, from, end) => {
      this.#mark(group, from, end, false);
      this.#hold(group, from, end, true);
    });
  }

  /** Splits a range at the borders of groups. */
  #each(block: number, count: number, run: (group: number, from: number, end: number) => void): void {
    const { groups } = this.#volume;
    if (!this.#volume.holds(block, count) || groups.system.meets(block, block + count)) {
      throw this.#volume.malformed("bad-field", `${count} blocks that are no file's are to be freed`, {
        block,
      });
    }
    for (let at = block; at < block + count; ) {
      const group = groups.groupOf(at);
      const first = groups.firstBlock(group);
      const end = Math.min(block + count, first + groups.blocksIn(group));
      run(group, at - first, end - first);
      at = end;
    }
  }

  /** Sets bits of a group's bitmap, or clears them: all of them, or it was wrong. */
  #mark(group: number, from: number, end: number, taken: boolean): void {
    const { groups } = this.#volume;
    const bitmap = this.#modifyBitmap(group);
    const next = taken ? nextSetBit(bitmap, from, end) : nextClearBit(bitmap, from, end);
    if (next < end) {
      const why = taken ? "is taken twice" : "is to be freed, and is free";
      throw this.#volume.malformed("bad-field", `a block ${why}`, { block: groups.firstBlock(group) + next });
    }
    // Taken back in reverse order: what follows from the counts comes last.
    this.#volume.onUndo(() => this.#update(group));
    fillBits(bitmap, from, end, taken);
    this.#volume.onUndo(() => fillBits(bitmap, from, end, !taken));
    groups.add(group, "freeBlocks", taken ? from - end : end - from);
    this.#update(group);
  }

  #hold(group: number, from: number, end: number, held: boolean): void {
    this.#putHeld(group, from, end, held);
    this.#volume.onUndo(() => this.#putHeld(group, from, end, !held));
  }

  #putHeld(group: number, from: number, end: number, held: boolean): void {
    let entry = this.#held.get(group);
    if (entry === undefined) {
      entry = { bits: new Uint8Array(this.#volume.geometry.blocksPerGroup / 8), count: 0 };
      this.#held.set(group, entry);
    }
    fillBits(entry.bits, from, end, held);
    const difference = held ? end - from : from - end;
    entry.count += difference;
    this.#heldBlocks += difference;
    if (entry.count === 0) this.#held.delete(group);
    this.#update(group);
  }

  #update(group: number): void {
    const { groups } = this.#volume;
    const held = this.#held.get(group)?.count ?? 0;
    groups.withFreeBlocks.set(group, groups.get(group, "freeBlocks") > held);
  }

  /** A group's bits with what is held among them; not to be changed. */
  #searchable(group: number): GroupBits {
    const { groups } = this.#volume;
    const count = groups.blocksIn(group);
    const bitmap = this.#viewBitmap(group);
    const held = this.#held.get(group);
    if (held === undefined) return { group, bits: bitmap, count };
    const bits = bitmap.slice(0, held.bits.length);
    for (let at = 0; at < bits.length; at++) bits[at] = (bits[at] as number) | (held.bits[at] as number);
    return { group, bits, count };
  }

  #viewBitmap(group: number): Uint8Array {
    if (this.#isUninit(group)) return this.#freshBitmap(group);
    const block = this.#volume.groups.get(group, "blockBitmap");
    return this.#volume.viewBlock(block, this.#kind(group));
  }

  /** The bitmap to be changed by who notes how to undo that: its block is marked alone. */
  #modifyBitmap(group: number): Uint8Array {
    this.initialize(group);
    const block = this.#volume.groups.get(group, "blockBitmap");
    return this.#volume.markBlock(block, this.#kind(group));
  }

  /** Writes the bitmap of a group that has none yet. */
  initialize(group: number): void {
    const { groups } = this.#volume;
    if (!this.#isUninit(group)) return;
    const bitmap = this.#freshBitmap(group);
    this.#volume.onUndo(() => this.#update(group));
    this.#volume.replaceBlock(groups.get(group, "blockBitmap"), bitmap, this.#kind(group));
    groups.clearFlag(group, groupFlag.blockUninit);
    groups.set(group, "freeBlocks", groups.blocksIn(group) - countSetBits(bitmap, groups.blocksIn(group)));
    this.#update(group);
  }

  /** True for a group without a bitmap: none of its blocks is a file's. */
  #isUninit(group: number): boolean {
    const { metadataCsum, gdtCsum } = this.#volume.geometry.features;
    return (metadataCsum || gdtCsum) && this.#volume.groups.hasFlag(group, groupFlag.blockUninit);
  }

  /** What the bitmap of a group says in which no file has a block (`ext4_init_block_bitmap`). */
  #freshBitmap(group: number): Uint8Array {
    const { groups, geometry } = this.#volume;
    const bitmap = new Uint8Array(geometry.blockSizeBytes);
    const first = groups.firstBlock(group);
    const count = groups.blocksIn(group);
    for (const [from, end] of groups.system.within(first, first + count)) {
      fillBits(bitmap, from - first, end - first, true);
    }
    fillBits(bitmap, count, 8 * bitmap.length, true);
    return bitmap;
  }

  #kind(group: number): BlockKind {
    let kind = this.#kinds.get(group);
    if (kind === undefined) {
      kind = bitmapKind(this.#volume, group, "blockBitmapChecksum", this.#volume.geometry.blocksPerGroup / 8);
      this.#kinds.set(group, kind);
    }
    return kind;
  }
}

/**
 * A bitmap, whose checksum stands in its group's descriptor (`ext4_block_bitmap_csum_set`).
 *
 * @param checkedBytes what of the block is bits.
 */
export function bitmapKind(
  volume: WritableVolume,
  group: number,
  field: "blockBitmapChecksum" | "inodeBitmapChecksum",
  checkedBytes: number,
): BlockKind {
  const { features, checksumSeed, descriptorSizeBytes } = volume.geometry;
  const checksum = (bytes: Uint8Array): number => {
    const whole = crc32c(checksumSeed, bytes.subarray(0, checkedBytes));
    return descriptorSizeBytes > 32 ? whole : whole & 0xffff;
  };
  return {
    check: (bytes, block) => {
      if (!features.metadataCsum || checksum(bytes) === volume.groups.get(group, field)) return;
      throw volume.malformed("bad-checksum", `the checksum of group ${group}'s bitmap does not hold`, {
        block,
      });
    },
    seal: (bytes) => {
      if (features.metadataCsum) volume.groups.setDerived(group, field, checksum(bytes));
    },
  };
}

/**
 * The run of free blocks to take: that which begins at `from`, else the first from there on that has
 * `wanted`, else the longest.
 */
function findRun(
  { bits, count }: GroupBits,
  from: number,
  wanted: number,
  most: number,
): { from: number; end: number } | undefined {
  let best: { from: number; end: number } | undefined;
  for (const [low, high] of [
    [from, count],
    [0, from],
  ] as const) {
    for (let at = nextClearBit(bits, low, high); at < high; ) {
      const end = nextSetBit(bits, at, Math.min(count, at + most));
      if (best === undefined || end - at > best.end - best.from) best = { from: at, end };
      if (at === from || best.end - best.from >= wanted) return best;
      at = nextClearBit(bits, end, high);
    }
  }
  return best;
}
