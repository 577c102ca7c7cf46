/**
 * Go's `sort.Slice` (Go 1.24 and later), step by step. Where the comparison is
 * a strict order any sort gives the same; the compact writer sorts a block's
 * attributes by one that is not, and then the order is that of this algorithm.
 *
 * Pattern-defeating quicksort: insertion sort up to twelve items, a median of
 * three or nine as pivot, heap sort when pivots keep being bad. What Go calls
 * `data[a:b]` is `items` from `a` to before `b` here.
 */

/** True where the first item is to stand before the second. */
export type Less<T> = (a: T, b: T) => boolean;

/** Sorts `items` in place, as Go's `sort.Slice` does. */
export function goSort<T>(items: T[], less: Less<T>): void {
  new GoSorter(items, less).sort(0, items.length, bitLength(items.length));
}

const maxInsertion = 12;
const shortestNinther = 50;
const shortestShifting = 50;
const maxSteps = 5;
const maxSwaps = 12;

function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}

class GoSorter<T> {
  readonly #items: T[];
  readonly #less: Less<T>;
  /** Swaps that the choice of a pivot counted. */
  #swaps = 0;

  constructor(items: T[], less: Less<T>) {
    this.#items = items;
    this.#less = less;
  }

  #before(i: number, j: number): boolean {
    return this.#less(this.#items[i] as T, this.#items[j] as T);
  }

  #swap(i: number, j: number): void {
    const item = this.#items[i] as T;
    this.#items[i] = this.#items[j] as T;
    this.#items[j] = item;
  }

  sort(start: number, end: number, badChoicesLeft: number): void {
    let [a, b, limit] = [start, end, badChoicesLeft];
    let wasBalanced = true;
    let wasPartitioned = true;
    for (;;) {
      const length = b - a;
      if (length <= maxInsertion || limit === 0) {
        if (length <= maxInsertion) this.#insertionSort(a, b);
        else this.#heapSort(a, b);
        return;
      }
      if (!wasBalanced) {
        this.#breakPatterns(a, b);
        limit--;
      }
      let pivot = this.#choosePivot(a, b);
      let seemsSorted = this.#swaps === 0;
      if (this.#swaps === maxSwaps) {
        this.#reverse(a, b);
        pivot = b - 1 - (pivot - a);
        seemsSorted = true;
      }
      if (wasBalanced && wasPartitioned && seemsSorted && this.#partialInsertionSort(a, b)) return;
      if (a > 0 && !this.#before(a - 1, pivot)) {
        a = this.#partitionEqual(a, b, pivot);
        continue;
      }
      const { middle, already } = this.#partition(a, b, pivot);
      wasPartitioned = already;
      const left = middle - a;
      const right = b - middle;
      const threshold = Math.floor(length / 8);
      wasBalanced = Math.min(left, right) >= threshold;
      if (left < right) {
        this.sort(a, middle, limit);
        a = middle + 1;
      } else {
        this.sort(middle + 1, b, limit);
        b = middle;
      }
    }
  }

  #insertionSort(a: number, b: number): void {
    for (let i = a + 1; i < b; i++) {
      for (let j = i; j > a && this.#before(j, j - 1); j--) this.#swap(j, j - 1);
    }
  }

  #siftDown(low: number, high: number, first: number): void {
    let root = low;
    for (;;) {
      let child = 2 * root + 1;
      if (child >= high) return;
      if (child + 1 < high && this.#before(first + child, first + child + 1)) child++;
      if (!this.#before(first + root, first + child)) return;
      this.#swap(first + root, first + child);
      root = child;
    }
  }

  #heapSort(a: number, b: number): void {
    const length = b - a;
    for (let i = Math.floor((length - 1) / 2); i >= 0; i--) this.#siftDown(i, length, a);
    for (let i = length - 1; i >= 0; i--) {
      this.#swap(a, a + i);
      this.#siftDown(0, i, a);
    }
  }

  /** Puts what is before the pivot left of it; `already` where nothing had to move. */
  #partition(a: number, b: number, pivot: number): { middle: number; already: boolean } {
    this.#swap(a, pivot);
    let i = a + 1;
    let j = b - 1;
    let swaps = 0;
    for (;;) {
      while (i <= j && this.#before(i, a)) i++;
      while (i <= j && !this.#before(j, a)) j--;
      if (i > j) break;
      this.#swap(i++, j--);
      swaps++;
    }
    this.#swap(j, a);
    return { middle: j, already: swaps === 0 };
  }

  /** Puts what equals the pivot to the front; gives where the rest begins. */
  #partitionEqual(a: number, b: number, pivot: number): number {
    this.#swap(a, pivot);
    let i = a + 1;
    let j = b - 1;
    for (;;) {
      while (i <= j && !this.#before(a, i)) i++;
      while (i <= j && this.#before(a, j)) j--;
      if (i > j) return i;
      this.#swap(i++, j--);
    }
  }

  /** Mends up to five items out of order; true where all is sorted then. */
  #partialInsertionSort(a: number, b: number): boolean {
    let i = a + 1;
    for (let step = 0; step < maxSteps; step++) {
      while (i < b && !this.#before(i, i - 1)) i++;
      if (i === b) return true;
      if (b - a < shortestShifting) return false;
      this.#swap(i, i - 1);
      if (i - a >= 2) {
        // Down to 1 and not to `a + 1`: so it stands in Go, and so may it reach below `a`.
        for (let j = i - 1; j >= 1 && this.#before(j, j - 1); j--) this.#swap(j, j - 1);
      }
      if (b - i >= 2) {
        for (let j = i + 1; j < b && this.#before(j, j - 1); j++) this.#swap(j, j - 1);
      }
    }
    return false;
  }

  /** Scatters three items, at places that follow from the length alone. */
  #breakPatterns(a: number, b: number): void {
    const length = b - a;
    if (length < 8) return;
    let random = BigInt(length);
    const mask = (1 << bitLength(length)) - 1;
    const middle = a + Math.floor(length / 4) * 2;
    for (let index = middle - 1; index <= middle + 1; index++) {
      random = BigInt.asUintN(64, random ^ (random << 13n));
      random ^= random >> 7n;
      random = BigInt.asUintN(64, random ^ (random << 17n));
      let other = Number(random & BigInt(mask));
      if (other >= length) other -= length;
      this.#swap(index, a + other);
    }
  }

  /** Gives the pivot's place and counts in `#swaps` how far the items asked were out of order. */
  #choosePivot(a: number, b: number): number {
    const length = b - a;
    const quarter = Math.floor(length / 4);
    let i = a + quarter;
    let j = a + quarter * 2;
    let k = a + quarter * 3;
    this.#swaps = 0;
    if (length >= shortestNinther) {
      i = this.#median(i - 1, i, i + 1);
      j = this.#median(j - 1, j, j + 1);
      k = this.#median(k - 1, k, k + 1);
    }
    return this.#median(i, j, k);
  }

  #median(first: number, second: number, third: number): number {
    let [a, b, c] = [first, second, third];
    if (this.#before(b, a)) [a, b] = this.#counted(b, a);
    if (this.#before(c, b)) [b, c] = this.#counted(c, b);
    if (this.#before(b, a)) [a, b] = this.#counted(b, a);
    return b;
  }

  #counted(a: number, b: number): [number, number] {
    this.#swaps++;
    return [a, b];
  }

  #reverse(a: number, b: number): void {
    for (let i = a, j = b - 1; i < j; i++, j--) this.#swap(i, j);
  }
}
