/**
 * The names in the directories of an image under construction, and the inodes
 * behind them: a hash table in arrays of integers. A `Map` for each directory
 * would take twice the memory, and leave the garbage collector a million
 * strings to look at.
 *
 * Memory: about 24 bytes a name, and the name.
 */
import { latin1FromBytes } from "../bytes/latin1.ts";
import { InvariantError, invariant } from "../errors.ts";
import { ByteArena } from "./byte-arena.ts";

/** What is kept of a name, each in 32 bits. */
const recordWords = 4;
const word = { directory: 0, inode: 1, reference: 2, next: 3 } as const;
const chunkRecords = 4096;
const leastSlots = 1024;
/** How much of the slots may be taken before there are twice as many. */
const mostFilled = 0.75;

/** Names by directory. Records are counted from 1: 0 is none. */
export class NameTable {
  readonly #chunks: Uint32Array[] = [];
  readonly #bytes: ByteArena = new ByteArena();
  /** Of names that an archive chose: without a secret it could choose names that all meet in one slot. */
  readonly #secret: Uint32Array = crypto.getRandomValues(new Uint32Array(2));
  #slots: Uint32Array = new Uint32Array(leastSlots);
  #count = 0;
  /** The first of each directory's list of names, by the directory's number. */
  #first: Uint32Array = new Uint32Array(leastSlots);

  /** How many names there are, in all directories. */
  get count(): number {
    return this.#count;
  }

  /** The inode behind a name, or undefined. */
  inode(directory: number, name: string): number | undefined {
    const record = this.#slots[this.#slot(directory, name)] as number;
    return record === 0 ? undefined : this.#get(record, word.inode);
  }

  /**
   * Puts an inode behind a name.
   *
   * @param name one character a byte, 255 at the most.
   */
  put(directory: number, name: string, inode: number): void {
    let slot = this.#slot(directory, name);
    let record = this.#slots[slot] as number;
    if (record === 0) {
      if (this.#count >= this.#slots.length * mostFilled) {
        this.#grow();
        slot = this.#slot(directory, name);
      }
      record = this.#add(directory, name);
      this.#slots[slot] = record;
    }
    this.#set(record, word.inode, inode);
  }

  /** A directory's names, the latest first. */
  names(directory: number): string[] {
    const names: string[] = [];
    let record = this.#first[directory] ?? 0;
    for (; record !== 0; record = this.#get(record, word.next)) {
      names.push(this.#name(record));
    }
    return names;
  }

  #add(directory: number, name: string): number {
    const record = ++this.#count;
    if ((record - 1) % chunkRecords === 0) this.#chunks.push(new Uint32Array(chunkRecords * recordWords));
    invariant(name.length <= 255, `a name of ${name.length} bytes`);
    const reference = this.#bytes.allocate(1 + name.length);
    const bytes = this.#bytes.at(reference, 1 + name.length);
    bytes[0] = name.length;
    for (let i = 0; i < name.length; i++) bytes[1 + i] = name.charCodeAt(i);
    if (directory >= this.#first.length) {
      const first = new Uint32Array(Math.max(directory + 1, 2 * this.#first.length));
      first.set(this.#first);
      this.#first = first;
    }
    this.#set(record, word.directory, directory);
    this.#set(record, word.reference, reference);
    this.#set(record, word.next, this.#first[directory] as number);
    this.#first[directory] = record;
    return record;
  }

  #name(record: number): string {
    const reference = this.#get(record, word.reference);
    const length = this.#bytes.byte(reference, 0);
    return latin1FromBytes(this.#bytes.at(reference, 1 + length).subarray(1));
  }

  /** The slot of a name, or the free one where it would be put. */
  #slot(directory: number, name: string): number {
    const mask = this.#slots.length - 1;
    let slot = this.#hash(directory, name.length, (i) => name.charCodeAt(i)) & mask;
    for (;;) {
      const record = this.#slots[slot] as number;
      if (record === 0 || this.#is(record, directory, name)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #is(record: number, directory: number, name: string): boolean {
    if (this.#get(record, word.directory) !== directory) return false;
    const reference = this.#get(record, word.reference);
    if (this.#bytes.byte(reference, 0) !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      if (this.#bytes.byte(reference, 1 + i) !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  #hash(directory: number, length: number, byteAt: (index: number) => number): number {
    const factor = (this.#secret[0] as number) | 1;
    let hash = (this.#secret[1] as number) ^ directory;
    for (let i = -1; i < length; i++) {
      hash = Math.imul(hash ^ (i < 0 ? length : byteAt(i)), factor);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let record = 1; record <= this.#count; record++) {
      const reference = this.#get(record, word.reference);
      const byteAt = (i: number): number => this.#bytes.byte(reference, 1 + i);
      const hash = this.#hash(this.#get(record, word.directory), this.#bytes.byte(reference, 0), byteAt);
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = record;
    }
    this.#slots = slots;
  }

  #get(record: number, column: number): number {
    return this.#chunk(record)[((record - 1) % chunkRecords) * recordWords + column] as number;
  }

  #set(record: number, column: number, value: number): void {
    this.#chunk(record)[((record - 1) % chunkRecords) * recordWords + column] = value;
  }

  #chunk(record: number): Uint32Array {
    const chunk = this.#chunks[Math.floor((record - 1) / chunkRecords)];
    if (chunk === undefined) throw new InvariantError(`no name ${record}`);
    return chunk;
  }
}
