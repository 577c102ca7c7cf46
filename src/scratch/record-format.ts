/**
 * How the record of a sector lies in words of 32 bits: the sequence number it was
 * last sealed under, low and high, and its tag. With tags of 16 bytes that is 24 bytes.
 */
import { absent, poisoned } from "./write-sequence.ts";

const numberWords = 2;

/** Records of one size, wherever they lie: `at` is the word that one begins at. */
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

  /** Copies the number to `words` at `nonceAt`, low first, and the tag to `tagAt`. */
  load(page: Uint32Array, at: number, words: Uint32Array, nonceAt: number, tagAt: number): void {
    words[nonceAt] = page[at] as number;
    words[nonceAt + 1] = page[at + 1] as number;
    for (let i = 0; i < this.#tagWords; i++) words[tagAt + i] = page[at + numberWords + i] as number;
  }

  /** Takes the record from `words`, from the places of `load`. */
  store(page: Uint32Array, at: number, words: Uint32Array, nonceAt: number, tagAt: number): void {
    page[at] = words[nonceAt] as number;
    page[at + 1] = words[nonceAt + 1] as number;
    for (let i = 0; i < this.#tagWords; i++) page[at + numberWords + i] = words[tagAt + i] as number;
  }

  poison(page: Uint32Array, at: number): void {
    this.drop(page, at);
    page[at] = poisoned;
  }

  drop(page: Uint32Array, at: number): void {
    page.fill(0, at, at + this.words);
  }
}
