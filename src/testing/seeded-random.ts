/** Chance that can be had again: the same seed, the same numbers. */

/** Numbers that look random and follow from a seed. Not for keys. */
export class SeededRandom {
  /** What it began with, as an unsigned number of 32 bits. */
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** An integer from 0 to `end`, without `end` itself; 0 where `end` is less than 1. (mulberry32) */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const fraction = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    return Math.max(0, Math.floor(fraction * end));
  }

  /** True once in `times`, on the average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /**
   * One of several.
   *
   * @param choices one at least.
   */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

/**
 * Runs a test for each seed, one after another. What fails is thrown on with the
 * seed before its message, so that it can be had again.
 *
 * @throws {Error} whose `cause` is what `run` threw.
 */
export async function forEachSeed(
  seeds: Iterable<number>,
  run: (random: SeededRandom) => Promise<void>,
): Promise<void> {
  for (const seed of seeds) {
    try {
      await run(new SeededRandom(seed));
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`with seed ${seed >>> 0}: ${message}`, { cause });
    }
  }
}
