/** Blocks of metadata that were read, the latest of them, within a bound. */

/** Keeps blocks by number until newer ones take their place. */
export class BlockCache {
  readonly #limitBlocks: number;
  readonly #blocks: Map<number, Uint8Array> = new Map();

  /** @param limitBlocks how many blocks are kept at most; at least 1. */
  constructor(limitBlocks: number) {
    this.#limitBlocks = limitBlocks;
  }

  /** A block that is kept; it becomes the latest. */
  get(block: number): Uint8Array | undefined {
    const bytes = this.#blocks.get(block);
    if (bytes === undefined) return undefined;
    this.#blocks.delete(block);
    this.#blocks.set(block, bytes);
    return bytes;
  }

  /** Keeps a block; the one that was not asked for the longest goes. */
  set(block: number, bytes: Uint8Array): void {
    this.#blocks.delete(block);
    if (this.#blocks.size >= this.#limitBlocks) {
      const [oldest] = this.#blocks.keys();
      if (oldest !== undefined) this.#blocks.delete(oldest);
    }
    this.#blocks.set(block, bytes);
  }

  /** Keeps blocks of a range no more. */
  delete(block: number, blocks = 1): void {
    if (blocks <= this.#blocks.size) {
      for (let each = block; each < block + blocks; each++) this.#blocks.delete(each);
      return;
    }
    for (const each of this.#blocks.keys()) {
      if (each >= block && each < block + blocks) this.#blocks.delete(each);
    }
  }

  clear(): void {
    this.#blocks.clear();
  }
}
