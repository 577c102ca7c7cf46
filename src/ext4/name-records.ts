/**
 * The names of an image under construction as they lie in memory, one behind
 * the other: directory and inode, 32 bits each, the name's length, the name.
 */
import { invariant } from "../errors.ts";
import { ByteArena } from "./byte-arena.ts";

const word = { directory: 0, inode: 1 } as const;
const lengthAt = 8;
const nameAt = 9;

/** See the head of this file. A record is a positive integer below 2^32. */
export class NameRecords {
  readonly #arena: ByteArena = new ByteArena();

  /** @param name one character a byte, 255 at the most. */
  add(directory: number, name: string, inode: number): number {
    invariant(name.length <= 255, `a name of ${name.length} bytes`);
    const record = this.#arena.allocate(nameAt + name.length);
    this.#arena.setWord(record, word.directory, directory);
    this.#arena.setWord(record, word.inode, inode);
    const bytes = this.#arena.at(record, nameAt + name.length);
    bytes[lengthAt] = name.length;
    for (let i = 0; i < name.length; i++) bytes[nameAt + i] = name.charCodeAt(i);
    return record;
  }

  directory(record: number): number {
    return this.#arena.word(record, word.directory);
  }

  inode(record: number): number {
    return this.#arena.word(record, word.inode);
  }

  setInode(record: number, inode: number): void {
    this.#arena.setWord(record, word.inode, inode);
  }

  nameLength(record: number): number {
    return this.#arena.byte(record, lengthAt);
  }

  nameByte(record: number, index: number): number {
    return this.#arena.byte(record, nameAt + index);
  }

  /** The name's bytes: a view. */
  name(record: number): Uint8Array {
    return this.#arena.at(record, nameAt + this.nameLength(record)).subarray(nameAt);
  }

  /** Whether a record is of this name in this directory. */
  is(record: number, directory: number, name: string): boolean {
    if (this.directory(record) !== directory || this.nameLength(record) !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      if (this.nameByte(record, i) !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  /** The order of names as bytes: negative, zero or positive. */
  compareNames(a: number, b: number): number {
    const [aLength, bLength] = [this.nameLength(a), this.nameLength(b)];
    for (let i = 0; i < aLength && i < bLength; i++) {
      const difference = this.nameByte(a, i) - this.nameByte(b, i);
      if (difference !== 0) return difference;
    }
    return aLength - bLength;
  }
}
