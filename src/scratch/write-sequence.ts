/**
 * Numbers that are given out once: the heart of every nonce. A sealed sector's
 * number is kept in trusted memory, so an older state of the sector, with the
 * number that it was sealed under, opens no more.
 *
 * Two are no numbers of a write: 0 stands for a sector without content, 1 for
 * one whose content is unknown.
 */
import { StateError } from "../errors.ts";

/** The record of a sector that was never written, or was discarded. */
export const absent = 0;
/** The record of a sector whose last write failed: what the host holds is unknown. */
export const poisoned = 1;

const wordSpan = 2 ** 32;

/** Counts up through 64 bits, as two words of 32. */
export class WriteSequence {
  #high: number;
  #low: number;

  /** Starts at the given number; the tests start near the end. */
  constructor(high: number = 0, low: number = poisoned + 1) {
    this.#high = high;
    this.#low = low;
  }

  /**
   * Makes sure that `count` numbers are left before any of them is used.
   *
   * @throws {StateError} `exhausted` where there are fewer: the sequence never wraps.
   */
  require(count: number): void {
    const left = (wordSpan - 1 - this.#high) * wordSpan + (wordSpan - 1 - this.#low);
    if (left >= count) return;
    throw new StateError(
      "exhausted",
      "the sequence of writes is used up: no sector can be sealed any more in this process",
    );
  }

  /**
   * Puts the next `count` numbers into `words`, the lower half first: one at `at`, each further one
   * `stride` words after it. `require` goes before.
   */
  take(count: number, words: Uint32Array, at: number, stride: number): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0, word = at; i < count; i++, word += stride) {
      low += 1;
      if (low === wordSpan) {
        low = 0;
        high += 1;
      }
      words[word] = low;
      words[word + 1] = high;
    }
    this.#low = low;
    this.#high = high;
  }
}

/**
 * One for all devices of a realm: even with a generator that repeats itself,
 * and so with the same key twice, no nonce is used twice under it.
 */
export const processSequence: WriteSequence = new WriteSequence();

let instances = 0;

/**
 * A number for a device that is being made, which its sectors are bound to.
 *
 * @throws {StateError} `exhausted` after 2^32 - 1 of them.
 */
export function nextInstance(): number {
  if (instances === wordSpan - 1) {
    throw new StateError("exhausted", "this process has made as many sealed devices as it can tell apart");
  }
  instances += 1;
  return instances;
}
