/** Where each block of names belongs, as far as they were read. */

/**
 * A block holds the names of one directory, and once: were it shared, as many
 * directories as fit into an image could each have as many names as fit into it,
 * and a walk would take the product of the two.
 *
 * Memory: two numbers for each block of names that was read.
 */
export class DirectoryOwners {
  readonly #places: Map<number, number> = new Map();
  readonly #blocks: number;

  /** @param blocks how many blocks there are. */
  constructor(blocks: number) {
    this.#blocks = blocks;
  }

  /**
   * Notes a block as one of a directory's.
   *
   * @param logicalBlock its number in the directory, below the number of blocks that there are.
   * @returns whether it is the only place that the block was met at.
   */
  claim(block: number, inode: number, logicalBlock: number): boolean {
    // Exact below 2^53, so for all but absurd sizes; rounded, two places may pass for one and none for two.
    const place = inode * this.#blocks + logicalBlock;
    const before = this.#places.get(block);
    if (before === undefined) this.#places.set(block, place);
    return before === undefined || before === place;
  }

  /** Forgets blocks that belong to nobody any more. */
  forget(block: number, blocks: number): void {
    if (blocks <= this.#places.size) {
      for (let each = block; each < block + blocks; each++) this.#places.delete(each);
      return;
    }
    for (const each of this.#places.keys()) {
      if (each >= block && each < block + blocks) this.#places.delete(each);
    }
  }
}
