/**
 * How the record of a sector lies in words of 32 bits: the sequence number it was
 * last sealed under, low and high, and its tag. With tags of 16 bytes that is 24 bytes.
 */
import { sectorWords } from "../crypto/sector-cipher.ts";
import { absent, poisoned } from "./write-sequence.ts";

const numberWords = 2;
/** Where a slot's descriptor has the number: the nonce's first word is the level. */
const numberWord = sectorWords.nonce + 1;

/**
 * Records of one size, wherever they lie: `at` is the word that one begins at, and
 * those of the next sectors follow it. A batch has one call: calls for each of its sectors cost
 * more than what they do.
 */
export class RecordFormat {
  readonly words: number;
  readonly #tagWords: number;

  constructor(tagSizeBytes: number) {
    this.#tagWords = tagSizeBytes / 4;
    this.words = numberWords + this.#tagWords;
  }

  get sizeBytes(): number {
    return 4 * this.words;
  }

  isAbsent(page: Uint32Array, at: number): boolean {
    return page[at] === absent && page[at + 1] === 0;
  }

  isPoisoned(page: Uint32Array, at: number): boolean {
    return page[at] === poisoned && page[at + 1] === 0;
  }

  /** Which of `count` records is the first of a poisoned sector; -1 where none is. */
  findPoisoned(page: Uint32Array, at: number, count: number): number {
    for (let i = 0; i < count; i++, at += this.words) if (this.isPoisoned(page, at)) return i;
    return -1;
  }

  /** How many of `count` records are of absent sectors. */
  countAbsent(page: Uint32Array, at: number, count: number): number {
    let absents = 0;
    for (let i = 0; i < count; i++, at += this.words) if (this.isAbsent(page, at)) absents += 1;
    return absents;
  }

  /** How many of `count` records, from the first on, are of absent sectors if that is, and else are not. */
  countAlike(page: Uint32Array, at: number, count: number): number {
    const isAbsent = this.isAbsent(page, at);
    for (let i = 1; i < count; i++) if (this.isAbsent(page, at + i * this.words) !== isAbsent) return i;
    return count;
  }

  /** Copies the numbers and tags of `count` records to `descriptors`, a cipher's, from `slot` on. */
  load(page: Uint32Array, at: number, count: number, descriptors: Uint32Array, slot: number): void {
    const tagWords = this.#tagWords;
    let from = at;
    let word = slot * sectorWords.perSlot;
    for (let i = 0; i < count; i++, from += this.words, word += sectorWords.perSlot) {
      for (let w = 0; w < numberWords; w++) descriptors[word + numberWord + w] = page[from + w] as number;
      for (let w = 0; w < tagWords; w++) {
        descriptors[word + sectorWords.tag + w] = page[from + numberWords + w] as number;
      }
    }
  }

  /** Takes `count` records from where `load` copies them to. */
  store(page: Uint32Array, at: number, count: number, descriptors: Uint32Array, slot: number): void {
    const tagWords = this.#tagWords;
    let to = at;
    let word = slot * sectorWords.perSlot;
    for (let i = 0; i < count; i++, to += this.words, word += sectorWords.perSlot) {
      for (let w = 0; w < numberWords; w++) page[to + w] = descriptors[word + numberWord + w] as number;
      for (let w = 0; w < tagWords; w++) {
        page[to + numberWords + w] = descriptors[word + sectorWords.tag + w] as number;
      }
    }
  }

  poison(page: Uint32Array, at: number, count: number): void {
    this.drop(page, at, count);
    for (let i = 0; i < count; i++) page[at + i * this.words] = poisoned;
  }

  drop(page: Uint32Array, at: number, count: number): void {
    page.fill(0, at, at + count * this.words);
  }
}
