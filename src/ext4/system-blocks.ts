/** Blocks that belong to the file system itself: no file may claim them, and none of them is ever free. */

/** Ranges of blocks, found by bisection. */
export class SystemBlocks {
  #ranges: [first: number, end: number][] = [];

  /** Adds `[first, end)`; before `close`. */
  add(first: number, end: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && last[1] === first) last[1] = end;
    else this.#ranges.push([first, end]);
  }

  /** All is added. */
  close(): void {
    const sorted = this.#ranges.sort(([a], [b]) => a - b);
    const merged: [number, number][] = [];
    for (const [first, end] of sorted) {
      const last = merged.at(-1);
      if (last !== undefined && first <= last[1]) last[1] = Math.max(last[1], end);
      else merged.push([first, end]);
    }
    this.#ranges = merged;
  }

  /** What of `[first, end)` belongs to the file system. */
  *within(first: number, end: number): Generator<[first: number, end: number]> {
    for (let at = this.#firstEndingBehind(first); at < this.#ranges.length; at++) {
      const [rangeFirst, rangeEnd] = this.#ranges[at] as [number, number];
      if (rangeFirst >= end) return;
      yield [Math.max(rangeFirst, first), Math.min(rangeEnd, end)];
    }
  }

  /** True where a block of `[first, end)` belongs to the file system. */
  meets(first: number, end: number): boolean {
    const range = this.#ranges[this.#firstEndingBehind(first)];
    return range !== undefined && range[0] < end;
  }

  #firstEndingBehind(block: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as [number, number])[1] <= block) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
