/**
 * The names in the directories of an image under construction, and the inodes
 * behind them: a hash table in arrays of integers. A `Map` for each directory
 * would take several times the memory, and leave the garbage collector a
 * million strings to look at.
 *
 * Memory: about 17 bytes a name, and the name.
 */

import { NameRecords } from "./name-records.ts";
import { SortedNames } from "./sorted-names.ts";

const leastSlots = 1024;
/** How much of the slots may be taken before there are more, by half: twice as many would stand half empty. */
const mostFilled = 0.8;
const slotGrowth = 1.5;

/** Names by directory. Slots hold records: 0 is none. */
export class NameTable {
  readonly #records: NameRecords = new NameRecords();
  /** Of names that an archive chose: without a secret it could choose names that all meet in one slot. */
  readonly #secret: Uint32Array = crypto.getRandomValues(new Uint32Array(2));
  #slots: Uint32Array = new Uint32Array(leastSlots);
  #count = 0;

  /** How many names there are, in all directories. */
  get count(): number {
    return this.#count;
  }

  /** The inode behind a name, or undefined. */
  inode(directory: number, name: string): number | undefined {
    const record = this.#slots[this.#slot(directory, name)] as number;
    return record === 0 ? undefined : this.#records.inode(record);
  }

  /**
   * Puts an inode behind a name.
   *
   * @param name one character a byte, 255 at the most.
   */
  put(directory: number, name: string, inode: number): void {
    const slot = this.#slot(directory, name);
    const record = this.#slots[slot] as number;
    if (record !== 0) {
      this.#records.setInode(record, inode);
      return;
    }
    const added = this.#records.add(directory, name, inode);
    this.#count++;
    this.#slots[slot] = added;
    if (this.#count >= this.#slots.length * mostFilled) this.#grow();
  }

  /** Ends the table, which is empty afterwards, and gives the names by directory. */
  sort(): SortedNames {
    const slots = this.#slots;
    const count = this.#count;
    this.#slots = new Uint32Array(leastSlots);
    this.#count = 0;
    return new SortedNames(this.#records, slots, count);
  }

  /** The slot of a name, or the free one where it would be put. */
  #slot(directory: number, name: string): number {
    const slots = this.#slots;
    let slot = slotOf(this.#hash(directory, name), slots.length);
    for (;;) {
      const record = slots[slot] as number;
      if (record === 0 || this.#records.is(record, directory, name)) return slot;
      slot = (slot + 1) % slots.length;
    }
  }

  #hash(directory: number, name: string): number {
    const factor = (this.#secret[0] as number) | 1;
    let hash = mixed((this.#secret[1] as number) ^ directory, name.length, factor);
    for (let i = 0; i < name.length; i++) hash = mixed(hash, name.charCodeAt(i), factor);
    return hash;
  }

  /** `#hash` of a record's directory and name. */
  #hashAgain(record: number): number {
    const records = this.#records;
    const length = records.nameLength(record);
    const factor = (this.#secret[0] as number) | 1;
    let hash = mixed((this.#secret[1] as number) ^ records.directory(record), length, factor);
    for (let i = 0; i < length; i++) hash = mixed(hash, records.nameByte(record, i), factor);
    return hash;
  }

  #grow(): void {
    const slots = new Uint32Array(Math.ceil(this.#slots.length * slotGrowth));
    for (const record of this.#slots) {
      if (record === 0) continue;
      let slot = slotOf(this.#hashAgain(record), slots.length);
      while (slots[slot] !== 0) slot = (slot + 1) % slots.length;
      slots[slot] = record;
    }
    this.#slots = slots;
  }
}

function mixed(hash: number, value: number, factor: number): number {
  const product = Math.imul(hash ^ value, factor);
  return product ^ (product >>> 15);
}

/** Where a hash leads among so many slots: its upper bits count, which are the best mixed. */
function slotOf(hash: number, slots: number): number {
  return Math.floor(((hash >>> 0) / 2 ** 32) * slots);
}
