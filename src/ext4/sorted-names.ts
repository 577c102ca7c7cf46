/** The names of a finished tree by directory, in the order in which they stand on disk. */
import type { NameRecords } from "./name-records.ts";

/** A name in a directory, and what is behind it. */
export interface SortedName {
  /** One character a byte. */
  readonly name: string;
  readonly inode: number;
}

/**
 * See the head of this file.
 *
 * Memory: 4 bytes a name, and 4 for each number up to that of the last directory.
 */
export class SortedNames {
  readonly #records: NameRecords;
  /** Records, those of a directory together. */
  readonly #order: Uint32Array;
  /** By directory, where its records end; they begin where those of the number before end. */
  readonly #ends: Uint32Array;

  /** @param slots records in any order, among zeros. */
  constructor(records: NameRecords, slots: Uint32Array, count: number) {
    this.#records = records;
    this.#order = new Uint32Array(count);
    let last = 0;
    for (const record of slots) if (record !== 0) last = Math.max(last, records.directory(record));
    // First how many each has, then where each begins, which counting up moves to where it ends.
    const ends = new Uint32Array(last + 2);
    for (const record of slots) if (record !== 0) (ends[records.directory(record) + 1] as number)++;
    for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
    for (const record of slots) {
      if (record === 0) continue;
      const directory = records.directory(record);
      this.#order[ends[directory] as number] = record;
      ends[directory] = (ends[directory] as number) + 1;
    }
    this.#ends = ends;
  }

  /** A directory's names by their inodes' numbers, and those of one inode as bytes. */
  *of(directory: number): Generator<SortedName, void, undefined> {
    const records = this.#records;
    for (const record of this.#sorted(directory)) {
      yield { name: records.name(record), inode: records.inode(record) };
    }
  }

  /** The inodes behind these names, in the same order. */
  inodes(directory: number): Uint32Array {
    return this.#sorted(directory).map((record) => this.#records.inode(record));
  }

  #sorted(directory: number): Uint32Array {
    const records = this.#records;
    const start = directory === 0 ? 0 : (this.#ends[directory - 1] ?? 0);
    return this.#order
      .subarray(start, Math.max(start, this.#ends[directory] ?? start))
      .sort((a, b) => records.inode(a) - records.inode(b) || records.compareNames(a, b));
  }
}
