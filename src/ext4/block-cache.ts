/** Blocks of metadata that were read, those in use lately, within a bound. */

/**
 * Keeps blocks by number until newer ones take their place. They are in two
 * halves: when the young one is full it becomes the old one, and what was not
 * asked for since the last time goes. So finding a block moves nothing about.
 */
export class BlockCache {
  readonly #limitBlocks: number;
  #young: Map<number, Uint8Array> = new Map();
  #old: Map<number, Uint8Array> = new Map();

  /** @param limitBlocks how many blocks are kept at most; at least 2. */
  constructor(limitBlocks: number) {
    this.#limitBlocks = limitBlocks;
  }

  /** A block that is kept; it becomes one in use. */
  get(block: number): Uint8Array | undefined {
    const young = this.#young.get(block);
    if (young !== undefined) return young;
    const old = this.#old.get(block);
    if (old !== undefined) this.set(block, old);
    return old;
  }

  /** Keeps a block; those that were not asked for the longest go. */
  set(block: number, bytes: Uint8Array): void {
    if (this.#young.size >= this.#limitBlocks / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#old.delete(block);
    this.#young.set(block, bytes);
  }

  /** Keeps blocks of a range no more. */
  delete(block: number, blocks = 1): void {
    if (blocks === 1) {
      this.#young.delete(block);
      this.#old.delete(block);
      return;
    }
    for (const kept of [this.#young, this.#old]) {
      if (blocks <= kept.size) {
        for (let each = block; each < block + blocks; each++) kept.delete(each);
        continue;
      }
      for (const each of kept.keys()) {
        if (each >= block && each < block + blocks) kept.delete(each);
      }
    }
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
