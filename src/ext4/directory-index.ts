/**
 * The index of a hashed directory: in its first block, behind `.` and `..`, a few
 * words and then slots; under it up to two levels of blocks that hold slots alone
 * (`struct dx_root`, `struct dx_node`, `Documentation/filesystems/ext4/directory.rst`).
 * A slot leads from a hash on to a block; the hash's lowest bit says that names of
 * that hash stand in the block before too. The first slot has no hash: its place
 * holds how many slots there are and can be.
 */
import { readU16Le, readU32Le, writeU16Le, writeU32Le } from "../bytes/codec.ts";
import { recordLengthAt, setRecordLength } from "./directory-entry.ts";

const slotBytes = 8;
/** Behind the slots, where there are checksums. */
const tailBytes = 8;
/** The record of `.`; and the part of that of `..` that is in use. */
const dotRecordBytes = 12;
const informationStart = 2 * dotRecordBytes;
const informationBytes = 8;
const rootSlotsStart = informationStart + informationBytes;
const nodeSlotsStart = 8;
/** The upper bits of a block's number are kept for something that never came. */
const blockMask = 0x0fff_ffff;

/** What a root says besides its slots, unchecked. */
export interface IndexRoot {
  readonly reserved: number;
  readonly hashVersion: number;
  readonly informationBytes: number;
  readonly levels: number;
  readonly unusedFlags: number;
}

/** Reads what stands before a root's slots. */
export function readIndexRoot(bytes: Uint8Array): IndexRoot {
  const at = informationStart;
  return {
    reserved: readU32Le(bytes, at),
    hashVersion: bytes[at + 4] as number,
    informationBytes: bytes[at + 5] as number,
    levels: bytes[at + 6] as number,
    unusedFlags: bytes[at + 7] as number,
  };
}

/** Says how many levels of blocks stand between a root and the names. */
export function setIndexLevels(bytes: Uint8Array, levels: number): void {
  bytes[informationStart + 6] = levels;
}

/**
 * Makes the first block of a directory, whose names were moved away, the root of
 * an index that leads to one block.
 *
 * @param checksums there will be one behind the slots.
 */
export function writeIndexRoot(
  bytes: Uint8Array,
  { hashVersion, block, checksums }: { hashVersion: number; block: number; checksums: boolean },
): void {
  setRecordLength(bytes, dotRecordBytes, bytes.length - dotRecordBytes);
  bytes.fill(0, informationStart);
  bytes[informationStart + 4] = hashVersion;
  bytes[informationStart + 5] = informationBytes;
  rootSlots(bytes).begin(checksums, block);
}

/** The slots of a root. */
export function rootSlots(bytes: Uint8Array): IndexSlots {
  return new IndexSlots(bytes, rootSlotsStart);
}

/** The slots of a block below the root. */
export function nodeSlots(bytes: Uint8Array): IndexSlots {
  return new IndexSlots(bytes, nodeSlotsStart);
}

/** Makes a block of zeros a node, of the slots of another from one on. */
export function writeIndexNode(
  bytes: Uint8Array,
  slots: IndexSlots,
  from: number,
  checksums: boolean,
): IndexSlots {
  // For who reads the directory from front to back it is one entry that is not in use.
  setRecordLength(bytes, 0, bytes.length);
  const node = nodeSlots(bytes);
  node.takeFrom(slots, from, checksums);
  return node;
}

/** True where a block has the form of a node. */
export function isIndexNode(bytes: Uint8Array): boolean {
  return readU32Le(bytes, 0) === 0 && recordLengthAt(bytes, 0) === bytes.length;
}

/** Slots where they stand. */
export class IndexSlots {
  readonly #bytes: Uint8Array;
  readonly #start: number;

  constructor(bytes: Uint8Array, startBytes: number) {
    this.#bytes = bytes;
    this.#start = startBytes;
  }

  get limit(): number {
    return readU16Le(this.#bytes, this.#start);
  }

  get count(): number {
    return readU16Le(this.#bytes, this.#start + 2);
  }

  get isFull(): boolean {
    return this.count >= this.limit;
  }

  /** How many slots there must be room for. */
  limitWith(checksums: boolean): number {
    const room = this.#bytes.length - this.#start - (checksums ? tailBytes : 0);
    return Math.floor(room / slotBytes);
  }

  /** False where a slot begins before the one in front of it, or with it, and does not say that the hash goes on. */
  get areInOrder(): boolean {
    const end = Math.min(this.count, this.limitWith(false));
    for (let slot = 2; slot < end; slot++) {
      const [before, hash] = [this.hash(slot - 1), this.hash(slot)];
      if (hash < before || (hash === before && hash % 2 === 0)) return false;
    }
    return true;
  }

  /** The hash from which on a slot leads to its block; 0 for the first. */
  hash(slot: number): number {
    return slot === 0 ? 0 : readU32Le(this.#bytes, this.#start + slot * slotBytes);
  }

  block(slot: number): number {
    return readU32Le(this.#bytes, this.#start + slot * slotBytes + 4) & blockMask;
  }

  /** The last slot that begins with a hash or before it. */
  find(hash: number): number {
    let [low, high] = [1, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.hash(middle) > hash) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  /** Adds a slot behind another; there is room. */
  insert(behind: number, hash: number, block: number): void {
    const at = this.#start + (behind + 1) * slotBytes;
    const end = this.#start + this.count * slotBytes;
    this.#bytes.copyWithin(at + slotBytes, at, end);
    writeU32Le(this.#bytes, at, hash);
    writeU32Le(this.#bytes, at + 4, block);
    this.#setCount(this.count + 1);
  }

  /** Keeps the first slots alone. */
  truncate(count: number): void {
    this.#bytes.fill(0, this.#start + count * slotBytes, this.#start + this.count * slotBytes);
    this.#setCount(count);
  }

  /** Makes one slot of these, which leads to a block. */
  begin(checksums: boolean, block: number): void {
    this.truncate(1);
    writeU16Le(this.#bytes, this.#start, this.limitWith(checksums));
    writeU32Le(this.#bytes, this.#start + 4, block);
  }

  /** Makes these, which are zeros, the slots of another from one on. */
  takeFrom(slots: IndexSlots, from: number, checksums: boolean): void {
    const start = slots.#start + from * slotBytes;
    this.#bytes.set(slots.#bytes.subarray(start, slots.#start + slots.count * slotBytes), this.#start);
    writeU16Le(this.#bytes, this.#start, this.limitWith(checksums));
    this.#setCount(slots.count - from);
  }

  #setCount(count: number): void {
    writeU16Le(this.#bytes, this.#start + 2, count);
  }
}
