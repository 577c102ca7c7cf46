/**
 * The inodes of an image under construction: 76 bytes each in arrays of
 * integers, since a layer may have a million of them.
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
const chunkRecords = 4096;
const two32 = 0x1_0000_0000;

/** A table of unsigned 32-bit integers by inode number, from 1 on. */
export class InodeRecords {
  readonly #chunks: Uint32Array[] = [];
  #count = 0;

  /** The number of the last inode. */
  get count(): number {
    return this.#count;
  }

  /** Adds an inode of zeros and gives its number. */
  add(): number {
    if (this.#count % chunkRecords === 0) this.#chunks.push(new Uint32Array(chunkRecords * columns));
    this.#count++;
    return this.#count;
  }

  /** Reads a column. */
  get(inode: number, column: InodeColumn): number {
    return this.#chunk(inode)[this.#index(inode, column)] as number;
  }

  /** Writes the low 32 bits of `value`. */
  set(inode: number, column: InodeColumn, value: number): void {
    this.#chunk(inode)[this.#index(inode, column)] = value;
  }

  /** Reads two words that follow each other. */
  getPair(inode: number, column: InodeColumn): [low: number, high: number] {
    const chunk = this.#chunk(inode);
    const index = this.#index(inode, column);
    return [chunk[index] as number, chunk[index + 1] as number];
  }

  /** Writes two words that follow each other. */
  setPair(inode: number, column: InodeColumn, low: number, high: number): void {
    const chunk = this.#chunk(inode);
    const index = this.#index(inode, column);
    chunk[index] = low;
    chunk[index + 1] = high;
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

  #chunk(inode: number): Uint32Array {
    const chunk = this.#chunks[Math.floor((inode - 1) / chunkRecords)];
    if (chunk === undefined || inode > this.#count) throw new InvariantError(`no inode ${inode}`);
    return chunk;
  }

  #index(inode: number, column: InodeColumn): number {
    return ((inode - 1) % chunkRecords) * columns + column;
  }
}
