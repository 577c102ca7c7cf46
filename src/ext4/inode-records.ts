/**
 * The inodes of an image under construction: 35 bytes each, and up to 76, in
 * arrays of integers, since a layer may have a million of them. A column takes
 * no memory where all that is in it is zero, as most of them are most of the time.
 */
import { InvariantError } from "../errors.ts";

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

const columns = 19;
const chunkRecords = 1024;
const two32 = 0x1_0000_0000;

/** A table of unsigned 32-bit integers by inode number, from 1 on. */
export class InodeRecords {
  /** By column, in pieces of so many inodes; one that is not there is zero, one of small values has 16 bits each. */
  readonly #columns: (Uint16Array | Uint32Array | undefined)[][] = Array.from({ length: columns }, () => []);
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

  /** Reads a column. */
  get(inode: number, column: number): number {
    if (inode < 1 || inode > this.#count) throw new InvariantError(`no inode ${inode}`);
    const chunk = this.#columns[column]?.[Math.floor((inode - 1) / chunkRecords)];
    return chunk === undefined ? 0 : (chunk[(inode - 1) % chunkRecords] as number);
  }

  /** Writes the low 32 bits of `value`. */
  set(inode: number, column: number, value: number): void {
    if (inode < 1 || inode > this.#count) throw new InvariantError(`no inode ${inode}`);
    const pieces = this.#columns[column] as (Uint16Array | Uint32Array | undefined)[];
    const index = Math.floor((inode - 1) / chunkRecords);
    let chunk = pieces[index];
    if (chunk === undefined) {
      if (value === 0) return;
      chunk = new Uint16Array(chunkRecords);
      pieces[index] = chunk;
    }
    if (chunk.BYTES_PER_ELEMENT === 2 && value >>> 0 > 0xffff) {
      chunk = new Uint32Array(chunk);
      pieces[index] = chunk;
    }
    chunk[(inode - 1) % chunkRecords] = value;
  }

  /** Reads two words that follow each other. */
  getPair(inode: number, column: InodeColumn): [low: number, high: number] {
    return [this.get(inode, column), this.get(inode, column + 1)];
  }

  /** Writes two words that follow each other. */
  setPair(inode: number, column: InodeColumn, low: number, high: number): void {
    this.set(inode, column, low);
    this.set(inode, column + 1, high);
  }

  /** A file's size in bytes. */
  sizeBytes(inode: number): number {
    const [low, high] = this.getPair(inode, inodeColumn.sizeLow);
    return high * two32 + low;
  }

  /** Sets a file's size in bytes. */
  setSizeBytes(inode: number, sizeBytes: number): void {
    this.setPair(inode, inodeColumn.sizeLow, sizeBytes % two32, Math.floor(sizeBytes / two32));
  }
}
