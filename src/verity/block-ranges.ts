/**
 * A set of block numbers kept as ranges: memory follows the number of ranges,
 * not of blocks, and stops growing at a limit however hostile the device is.
 */
import { invariant } from "../errors.ts";

/** `count` blocks from `first` on. */
export interface BlockRange {
  readonly first: number;
  readonly count: number;
}

/** How many ranges are kept unless said otherwise: 16 MB of them. */
export const defaultRangeLimit = 1_000_000;

/**
 * Sorted, disjoint, non-adjacent ranges of block numbers. Blocks are added in
 * any order; in rising order adding costs O(1), otherwise O(ranges). Beyond
 * `limit` ranges, blocks that would need a range of their own are counted but
 * not kept, and `truncated` says so.
 */
export class BlockRanges implements Iterable<BlockRange> {
  readonly #limit: number;
  /** Pairs of first block and end block (exclusive). */
  #bounds = new Float64Array(16);
  #ranges = 0;
  #kept = 0;
  #dropped = 0;

  constructor(limit: number = defaultRangeLimit) {
    invariant(Number.isSafeInteger(limit) && limit >= 1, `range limit ${limit}`);
    this.#limit = limit;
  }

  /** How many blocks were added, kept or not. Blocks that were not kept count each time. */
  get blocks(): number {
    return this.#kept + this.#dropped;
  }

  /** How many ranges are kept. */
  get size(): number {
    return this.#ranges;
  }

  /** True where blocks were counted that the ranges do not name. */
  get truncated(): boolean {
    return this.#dropped > 0;
  }

  /** Adds `count` blocks from `first` on; those already there are not added twice. */
  add(first: number, count = 1): void {
    invariant(Number.isSafeInteger(first) && first >= 0 && count >= 1, `blocks ${first} + ${count}`);
    const end = first + count;
    // The ranges from `from` to `to` overlap or touch the new one and become one with it.
    const from = this.#firstEndingAtOrAfter(first);
    let to = from;
    while (to < this.#ranges && this.#bound(2 * to) <= end) to++;
    if (from === to) {
      if (this.#ranges === this.#limit) {
        this.#dropped += count;
        return;
      }
      this.#insert(from, first, end);
      return;
    }
    const mergedFirst = Math.min(first, this.#bound(2 * from));
    const mergedEnd = Math.max(end, this.#bound(2 * to - 1));
    for (let i = from; i < to; i++) this.#kept -= this.#bound(2 * i + 1) - this.#bound(2 * i);
    this.#kept += mergedEnd - mergedFirst;
    this.#bounds[2 * from] = mergedFirst;
    this.#bounds[2 * from + 1] = mergedEnd;
    this.#bounds.copyWithin(2 * from + 2, 2 * to, 2 * this.#ranges);
    this.#ranges -= to - from - 1;
  }

  /** True where `block` is in a kept range. */
  has(block: number): boolean {
    const at = this.#firstEndingAtOrAfter(block + 1);
    return at < this.#ranges && this.#bound(2 * at) <= block;
  }

  /** The ranges in rising order. */
  *[Symbol.iterator](): Iterator<BlockRange> {
    for (let i = 0; i < this.#ranges; i++) {
      const first = this.#bound(2 * i);
      yield { first, count: this.#bound(2 * i + 1) - first };
    }
  }

  /** At most `limit` block numbers in rising order: what a caller can print. */
  numbers(limit: number = defaultRangeLimit): number[] {
    const numbers: number[] = [];
    for (const { first, count } of this) {
      for (let i = 0; i < count; i++) {
        if (numbers.length === limit) return numbers;
        numbers.push(first + i);
      }
    }
    return numbers;
  }

  #bound(at: number): number {
    return this.#bounds[at] as number;
  }

  #firstEndingAtOrAfter(block: number): number {
    const last = this.#ranges - 1;
    if (last < 0 || this.#bound(2 * last + 1) < block) return this.#ranges;
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#bound(2 * middle + 1) < block) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(at: number, first: number, end: number): void {
    if (2 * this.#ranges === this.#bounds.length) {
      const grown = new Float64Array(Math.min(2 * this.#bounds.length, 2 * this.#limit));
      grown.set(this.#bounds);
      this.#bounds = grown;
    }
    this.#bounds.copyWithin(2 * at + 2, 2 * at, 2 * this.#ranges);
    this.#bounds[2 * at] = first;
    this.#bounds[2 * at + 1] = end;
    this.#ranges++;
    this.#kept += end - first;
  }
}
