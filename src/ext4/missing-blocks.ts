/**
 * Calls on the metadata of a writable tree are written as if all of it were in
 * memory. Where a block is not, `MissingBlocks` are thrown, which nobody but the
 * volume catches: what the call has changed is taken back, the block is fetched,
 * and the call runs again from its beginning. (Linux walks paths so: `LOOKUP_RCU`
 * in `fs/namei.c`, and `-ECHILD` where it has to wait.)
 */
import type { IoOptions } from "../device/block-device.ts";
import { StorageError } from "../errors.ts";

/** How many blocks are fetched at a time at most. */
const mostFetched = 1024;

/**
 * Which blocks are mostly wanted next by who has to fetch one, so many at most. Asked when what the call has
 * changed is taken back already: what it says is tried, and may be wrong.
 */
export type BlocksBehind = (most: number) => readonly number[];

/** Reads a block that is not in memory. */
export type ReadBlock = (block: number, options: IoOptions) => Promise<Uint8Array>;

/** Not an error: it needs no stack, and nobody outside of this folder ever sees it. */
export class MissingBlocks {
  readonly block: number;
  readonly behind: BlocksBehind;
  readonly read: ReadBlock;

  constructor(block: number, behind: BlocksBehind, read: ReadBlock) {
    this.block = block;
    this.behind = behind;
    this.read = read;
  }
}

/** What was fetched for calls that have not run to their end yet, which a cache need not have room for. */
export class FetchedBlocks {
  readonly #blocks: Map<number, Uint8Array> = new Map();
  readonly #isOnDevice: (block: number) => boolean;
  /** How many calls need what is here. */
  #calls = 0;

  /** @param isOnDevice false for a block that waits to be written, of which the device has what counts for nothing. */
  constructor(isOnDevice: (block: number) => boolean) {
    this.#isOnDevice = isOnDevice;
  }

  get(block: number): Uint8Array | undefined {
    return this.#calls === 0 ? undefined : this.#blocks.get(block);
  }

  /**
   * Runs a call, and again after each fetching of what it has missed.
   *
   * @param call leaves nothing behind where it throws `MissingBlocks`, or returns a promise that is rejected with them.
   * @returns what `call` returns; a promise only where that is one, or something had to be fetched.
   * @throws what `call` throws; as the device's read.
   */
  run<Result>(call: () => Result | Promise<Result>, options: IoOptions): Result | Promise<Result> {
    try {
      const result = call();
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => this.#runAgain(error, call, options));
    } catch (error) {
      if (error instanceof MissingBlocks) return this.#runAgain(error, call, options);
      throw error;
    }
  }

  async #runAgain<Result>(
    thrown: unknown,
    call: () => Result | Promise<Result>,
    options: IoOptions,
  ): Promise<Result> {
    let error = thrown;
    this.#calls += 1;
    try {
      // Twice as many each time: most calls want one or two, and some all of a large directory.
      for (let most = 1; error instanceof MissingBlocks; most = Math.min(2 * most, mostFetched)) {
        await this.#fetch(error, most, options);
        try {
          return await call();
        } catch (again) {
          error = again;
        }
      }
      throw error;
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#blocks.clear();
    }
  }

  async #fetch({ block, behind, read }: MissingBlocks, most: number, options: IoOptions): Promise<void> {
    this.#blocks.set(block, await read(block, options));
    for (const next of most > 1 ? behind(most - 1) : []) {
      if (this.#blocks.has(next) || !this.#isOnDevice(next)) continue;
      try {
        this.#blocks.set(next, await read(next, options));
      } catch (error) {
        // That it cannot be read is nothing to the call yet.
        if (error instanceof StorageError) return;
        throw error;
      }
    }
  }
}
