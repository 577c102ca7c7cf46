/** Blocks by their number in the protected message, within a budget: the oldest go first. */
export class FecBlockStore<Block> {
  readonly #capacity: number;
  readonly #blocks: Map<number, Block> = new Map();

  /** @param capacity how many blocks are kept, at least one. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(block: number): Block | undefined {
    return this.#blocks.get(block);
  }

  put(block: number, content: Block): void {
    this.#blocks.delete(block);
    this.#blocks.set(block, content);
    if (this.#blocks.size <= this.#capacity) return;
    for (const oldest of this.#blocks.keys()) {
      this.#blocks.delete(oldest);
      return;
    }
  }

  clear(): void {
    this.#blocks.clear();
  }
}
