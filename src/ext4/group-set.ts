/** Which block groups have something: the next one is found in a few steps, however many groups there are. */

const wordBits = 32;

/** A set of numbers below a limit, as a tree of words: a bit of each level stands for a word of the one below. */
export class GroupSet {
  readonly #levels: Uint32Array[] = [];

  /** @param limit above every number that may be in the set. Empty at first. */
  constructor(limit: number) {
    for (let words = Math.ceil(limit / wordBits); ; words = Math.ceil(words / wordBits)) {
      this.#levels.push(new Uint32Array(Math.max(words, 1)));
      if (words <= 1) break;
    }
  }

  /** Puts a number in or takes it out. */
  set(number: number, included: boolean): void {
    let index = number;
    for (const level of this.#levels) {
      const word = Math.floor(index / wordBits);
      const before = level[word] as number;
      const mask = 1 << (index % wordBits);
      const after = (included ? before | mask : before & ~mask) >>> 0;
      level[word] = after;
      // Above, only whether a word is empty is known.
      if (before === after || (!included && after !== 0)) return;
      index = word;
    }
  }

  /** The least number of the set from `from` on; else the least of all; undefined where the set is empty. */
  next(from: number): number | undefined {
    return this.#from(from) ?? this.#from(0);
  }

  #from(start: number): number | undefined {
    let index = start;
    for (let height = 0; height < this.#levels.length; height++) {
      const level = this.#levels[height] as Uint32Array;
      const word = Math.floor(index / wordBits);
      if (word >= level.length) return undefined;
      const rest = ((level[word] as number) & (-1 << (index % wordBits))) >>> 0;
      if (rest !== 0) return this.#descend(height, word * wordBits + lowestBit(rest));
      index = word + 1;
    }
    return undefined;
  }

  #descend(height: number, index: number): number {
    let found = index;
    for (let below = height - 1; below >= 0; below--) {
      found = found * wordBits + lowestBit((this.#levels[below] as Uint32Array)[found] as number);
    }
    return found;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
