/**
 * Verified hash blocks, kept within a budget. What is kept is bytes that were
 * checked in private memory, never a verdict about bytes that the host still
 * holds: whoever finds a block here finds the very bytes that were checked.
 *
 * Eviction is the clock algorithm: a hit sets a flag and allocates nothing.
 */

interface Entry {
  readonly position: number;
  readonly bytes: Uint8Array;
  used: boolean;
}

/** Hash blocks by their position, at most `capacityBlocks` of them. */
export class HashCache {
  readonly #capacityBlocks: number;
  readonly #entries: Map<number, Entry> = new Map();
  readonly #clock: Entry[] = [];
  #hand = 0;

  constructor(capacityBlocks: number) {
    this.#capacityBlocks = capacityBlocks;
  }

  /** The verified bytes, which nobody writes to any more: they stay good after eviction. */
  get(position: number): Uint8Array | undefined {
    const entry = this.#entries.get(position);
    if (entry === undefined) return undefined;
    entry.used = true;
    return entry.bytes;
  }

  /** Keeps verified bytes and takes them over: the caller writes to them no more. */
  put(position: number, bytes: Uint8Array): void {
    const entry: Entry = { position, bytes, used: false };
    if (this.#clock.length < this.#capacityBlocks) {
      this.#clock.push(entry);
    } else {
      const victim = this.#advance();
      this.#entries.delete(victim.position);
      this.#clock[this.#hand] = entry;
      this.#hand = (this.#hand + 1) % this.#clock.length;
    }
    this.#entries.set(position, entry);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#clock.length = 0;
    this.#hand = 0;
  }

  /** Moves the hand to the first block that was not used since the hand last passed. */
  #advance(): Entry {
    for (;;) {
      const entry = this.#clock[this.#hand] as Entry;
      if (!entry.used) return entry;
      entry.used = false;
      this.#hand = (this.#hand + 1) % this.#clock.length;
    }
  }
}
