/**
 * The inodes of an image under construction: 18 bytes each, and up to 76, in
 * arrays of integers, since a layer may have a million of them. A column takes
 * no memory where all that is in it is zero, as most of them are most of the time,
 * and else as many bytes a value as the largest of a thousand neighbours needs.
 */
import { InvariantError, invariant } from "../errors.ts";
import type { TimeWords } from "./timestamp.ts";

/** What is kept of an inode, each in 32 bits. */
export const inodeColumn = {
  mode: 0,
  links: 1,
  uid: 2,
  gid: 3,
  sizeLow: 4,
  sizeHigh: 5,
  /** Of a time the word of the lower 32 bits; the upper ones stand in the next column. */
  accessTime: 6,
  changeTime: 8,
  modificationTime: 10,
  /** In memory only what differs from the modification time: in a layer nothing does. */
  creationTime: 12,
  flags: 14,
  /** Blocks in use: data, extent blocks, attribute block. */
  blocks: 15,
  xattrBlock: 16,
  /** The first data block, a reference to small content, or a device's number. */
  place: 17,
  /** A reference to the attributes in the inode; 0 for none. */
  inodeXattrs: 18,
} as const;

/** A column of `InodeRecords`. */
export type InodeColumn = (typeof inodeColumn)[keyof typeof inodeColumn];

/** One of the four times. */
export type TimeColumn = (typeof inodeColumn)[
  | "accessTime"
  | "changeTime"
  | "modificationTime"
  | "creationTime"];

/** The four times of an inode. */
export interface InodeTimes {
  readonly accessed: TimeWords;
  readonly changed: TimeWords;
  readonly modified: TimeWords;
  readonly created: TimeWords;
}

const columns = 19;
/** No flag that is set here stands below this bit. */
const lowestFlagBit = 18;
const pieceRecords = 1024;
const two32 = 0x1_0000_0000;

type Piece = Uint8Array | Uint16Array | Uint32Array;

/** A table of unsigned 32-bit integers by inode number, from 1 on. */
export class InodeRecords {
  /** By column, in pieces of so many inodes; one that is not there is zero. */
  readonly #columns: (Piece | undefined)[][] = Array.from({ length: columns }, () => []);
  #count = 0;

  /** The number of the last inode. */
  get count(): number {
    return this.#count;
  }

  /** Adds an inode of zeros and gives its number. */
  add(): number {
    this.#count++;
    return this.#count;
  }

  /** Reads a column that is no time. */
  get(inode: number, column: Exclude<InodeColumn, TimeColumn>): number {
    const value = this.#get(inode, column);
    return column === inodeColumn.flags ? (value << lowestFlagBit) >>> 0 : value;
  }

  /** Writes the low 32 bits of `value`. */
  set(inode: number, column: Exclude<InodeColumn, TimeColumn>, value: number): void {
    if (column !== inodeColumn.flags) {
      this.#set(inode, column, value);
      return;
    }
    const kept = value >>> lowestFlagBit;
    invariant((kept << lowestFlagBit) >>> 0 === value >>> 0, `flags ${value}`);
    this.#set(inode, column, kept);
  }

  /** Reads the two words of a time. */
  time(inode: number, column: TimeColumn): TimeWords {
    const low = this.#get(inode, column);
    const extra = this.#get(inode, column + 1);
    if (column !== inodeColumn.creationTime) return { low, extra };
    const modified = this.time(inode, inodeColumn.modificationTime);
    return { low: (low ^ modified.low) >>> 0, extra: (extra ^ modified.extra) >>> 0 };
  }

  /** Writes the two words of all four times. */
  setTimes(inode: number, { accessed, changed, modified, created }: InodeTimes): void {
    this.#setTime(inode, inodeColumn.accessTime, accessed.low, accessed.extra);
    this.#setTime(inode, inodeColumn.changeTime, changed.low, changed.extra);
    this.#setTime(inode, inodeColumn.modificationTime, modified.low, modified.extra);
    const low = created.low ^ modified.low;
    this.#setTime(inode, inodeColumn.creationTime, low, created.extra ^ modified.extra);
  }

  /** A file's size in bytes. */
  sizeBytes(inode: number): number {
    return this.#get(inode, inodeColumn.sizeHigh) * two32 + this.#get(inode, inodeColumn.sizeLow);
  }

  /** Sets a file's size in bytes. */
  setSizeBytes(inode: number, sizeBytes: number): void {
    this.#set(inode, inodeColumn.sizeLow, sizeBytes % two32);
    this.#set(inode, inodeColumn.sizeHigh, Math.floor(sizeBytes / two32));
  }

  #setTime(inode: number, column: TimeColumn, low: number, extra: number): void {
    this.#set(inode, column, low);
    this.#set(inode, column + 1, extra);
  }

  #get(inode: number, column: number): number {
    if (inode < 1 || inode > this.#count) throw new InvariantError(`no inode ${inode}`);
    const piece = this.#columns[column]?.[Math.floor((inode - 1) / pieceRecords)];
    return piece === undefined ? 0 : (piece[(inode - 1) % pieceRecords] as number);
  }

  #set(inode: number, column: number, value: number): void {
    if (inode < 1 || inode > this.#count) throw new InvariantError(`no inode ${inode}`);
    const pieces = this.#columns[column] as (Piece | undefined)[];
    const index = Math.floor((inode - 1) / pieceRecords);
    let piece = pieces[index];
    if (piece === undefined && value === 0) return;
    if (piece === undefined || value >>> 0 > largest(piece)) {
      piece = wideEnough(value >>> 0, piece);
      pieces[index] = piece;
    }
    piece[(inode - 1) % pieceRecords] = value;
  }
}

/** The largest value that a piece can hold. */
function largest({ BYTES_PER_ELEMENT: bytes }: Piece): number {
  return bytes === 1 ? 0xff : bytes === 2 ? 0xffff : 0xffff_ffff;
}

/** A piece for values up to this one, with those of another. */
function wideEnough(value: number, before: Piece | undefined): Piece {
  const Wide = value <= 0xff ? Uint8Array : value <= 0xffff ? Uint16Array : Uint32Array;
  const piece = new Wide(pieceRecords);
  if (before !== undefined) piece.set(before);
  return piece;
}
