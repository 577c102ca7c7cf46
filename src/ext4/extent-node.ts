/** A node of an extent tree for writing: its header and entries in place, in an inode or in a block. */
import { readU16Le, readU32Le, writeU16Le, writeU32Le } from "../bytes/codec.ts";
import { EXTENT_MAGIC, EXTENT_RECORD_SIZE_BYTES, extentHeaderFields, MAX_EXTENT_BLOCKS } from "./extent.ts";
import { writeStructure } from "./structure.ts";

/** Consecutive blocks of a file that stand together. */
export interface Extent {
  readonly logical: number;
  readonly blocks: number;
  readonly start: number;
  /** Unwritten ones are taken, and read as zeros. */
  readonly written: boolean;
}

/** An entry of an index node. */
export interface ExtentIndex {
  readonly logical: number;
  readonly block: number;
}

/** The most blocks of an extent that is not written. */
export const MAX_UNWRITTEN_BLOCKS: number = MAX_EXTENT_BLOCKS - 1;

const entriesAt = extentHeaderFields.entries[0];
const maxAt = extentHeaderFields.max[0];
const depthAt = extentHeaderFields.depth[0];

/** Views of one node's bytes, whose header was checked by `checkNode`. */
export class ExtentNode {
  readonly bytes: Uint8Array;
  /** Where it stands; undefined in the inode. */
  readonly block: number | undefined;

  constructor(bytes: Uint8Array, block: number | undefined) {
    this.bytes = bytes;
    this.block = block;
  }

  /** Makes a block a node without entries. */
  static create(bytes: Uint8Array, block: number, depth: number): ExtentNode {
    const max = Math.floor((bytes.length - EXTENT_RECORD_SIZE_BYTES) / EXTENT_RECORD_SIZE_BYTES);
    writeStructure(extentHeaderFields, { magic: EXTENT_MAGIC, max, depth }, bytes);
    return new ExtentNode(bytes, block);
  }

  get count(): number {
    return readU16Le(this.bytes, entriesAt);
  }

  set count(count: number) {
    writeU16Le(this.bytes, entriesAt, count);
  }

  get max(): number {
    return readU16Le(this.bytes, maxAt);
  }

  get depth(): number {
    return readU16Le(this.bytes, depthAt);
  }

  set depth(depth: number) {
    writeU16Le(this.bytes, depthAt, depth);
  }

  get isFull(): boolean {
    return this.count >= this.max;
  }

  /** The first block of the file that an entry is about. */
  logical(index: number): number {
    return readU32Le(this.bytes, recordAt(index));
  }

  setLogical(index: number, logical: number): void {
    writeU32Le(this.bytes, recordAt(index), logical);
  }

  /** The last entry that begins at a block or before; -1 where none does. */
  search(logical: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.logical(middle) <= logical) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  extent(index: number): Extent {
    const at = recordAt(index);
    const length = readU16Le(this.bytes, at + 4);
    const written = length <= MAX_EXTENT_BLOCKS;
    return {
      logical: readU32Le(this.bytes, at),
      blocks: written ? length : length - MAX_EXTENT_BLOCKS,
      start: readU16Le(this.bytes, at + 6) * 2 ** 32 + readU32Le(this.bytes, at + 8),
      written,
    };
  }

  setExtent(index: number, { logical, blocks, start, written }: Extent): void {
    const at = recordAt(index);
    writeU32Le(this.bytes, at, logical);
    writeU16Le(this.bytes, at + 4, written ? blocks : blocks + MAX_EXTENT_BLOCKS);
    writeU16Le(this.bytes, at + 6, Math.floor(start / 2 ** 32));
    writeU32Le(this.bytes, at + 8, start % 2 ** 32);
  }

  /** The block of a child. */
  child(index: number): number {
    const at = recordAt(index);
    return readU32Le(this.bytes, at + 4) + readU16Le(this.bytes, at + 8) * 2 ** 32;
  }

  setIndex(index: number, { logical, block }: ExtentIndex): void {
    const at = recordAt(index);
    writeU32Le(this.bytes, at, logical);
    writeU32Le(this.bytes, at + 4, block % 2 ** 32);
    writeU16Le(this.bytes, at + 8, Math.floor(block / 2 ** 32));
    writeU16Le(this.bytes, at + 10, 0);
  }

  /** Makes room for an entry before another. The node is not full. */
  open(index: number): void {
    const count = this.count;
    this.bytes.copyWithin(recordAt(index + 1), recordAt(index), recordAt(count));
    this.count = count + 1;
  }

  /** Takes entries out. */
  remove(index: number, entries = 1): void {
    const count = this.count;
    this.bytes.copyWithin(recordAt(index), recordAt(index + entries), recordAt(count));
    this.bytes.fill(0, recordAt(count - entries), recordAt(count));
    this.count = count - entries;
  }

  /** Moves the entries from `index` on to the end of another node, which has room. */
  moveTo(other: ExtentNode, index: number): void {
    const count = this.count;
    const before = other.count;
    other.bytes.set(this.bytes.subarray(recordAt(index), recordAt(count)), recordAt(before));
    other.count = before + count - index;
    this.bytes.fill(0, recordAt(index), recordAt(count));
    this.count = index;
  }
}

function recordAt(index: number): number {
  return (index + 1) * EXTENT_RECORD_SIZE_BYTES;
}

/** True where the second goes on where the first ends, and the two fit into one. */
export function extentsJoin(first: Extent, second: Extent): boolean {
  return (
    first.written === second.written &&
    first.logical + first.blocks === second.logical &&
    first.start + first.blocks === second.start &&
    first.blocks + second.blocks <= (first.written ? MAX_EXTENT_BLOCKS : MAX_UNWRITTEN_BLOCKS)
  );
}

/** The block of the file behind an extent. */
export function extentEnd({ logical, blocks }: Extent): number {
  return logical + blocks;
}

/** What of an extent lies in `[from, end)`. */
export function extentPart(extent: Extent, from: number, end: number): Extent {
  return { ...extent, logical: from, blocks: end - from, start: extent.start + (from - extent.logical) };
}
