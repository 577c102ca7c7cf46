/** The names of a finished tree by directory, in the order in which they stand on disk. */
import type { NameRecords } from "./name-records.ts";

/**
 * See the head of this file.
 *
 * Memory: 4 bytes for each number up to that of the last directory.
 */
export class SortedNames {
  /** What a directory's records say. */
  readonly records: NameRecords;
  /** Records, those of a directory together. */
  readonly #order: Uint32Array;
  /** By directory, where its records end; they begin where those of the number before end. */
  readonly #ends: Uint32Array;

  /** @param slots records in any order, among zeros; they are this object's from now on. */
  constructor(records: NameRecords, slots: Uint32Array, count: number) {
    this.records = records;
    // Later names have higher records, and mostly higher inodes: few directories are left to be sorted.
    const made = slots.sort().subarray(slots.length - count);
    const order = new Uint32Array(count);
    let last = 0;
    for (let i = 0; i < count; i++) last = Math.max(last, records.directory(made[i] as number));
    // First how many each has, then where each begins, which counting up moves to where it ends.
    const ends = new Uint32Array(last + 2);
    for (let i = 0; i < count; i++) (ends[records.directory(made[i] as number) + 1] as number)++;
    for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
    for (let i = 0; i < count; i++) {
      const record = made[i] as number;
      const directory = records.directory(record);
      const at = ends[directory] as number;
      order[at] = record;
      ends[directory] = at + 1;
    }
    this.#order = order;
    this.#ends = ends;
  }

  /** A directory's records by their inodes' numbers, and those of one inode by name, as bytes. */
  of(directory: number): Uint32Array {
    const records = this.records;
    const start = directory === 0 ? 0 : (this.#ends[directory - 1] ?? 0);
    const found = this.#order.subarray(start, Math.max(start, this.#ends[directory] ?? start));
    const compare = (a: number, b: number): number =>
      records.inode(a) - records.inode(b) || records.compareNames(a, b);
    for (let i = 1; i < found.length; i++) {
      if (compare(found[i - 1] as number, found[i] as number) > 0) return found.sort(compare);
    }
    return found;
  }
}
