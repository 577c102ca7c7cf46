/** Batches that a pool of workers hashes, in memory that moves to them and back. */
import type { BatchDigests, BlockBatch } from "./batch-digests.ts";
import { JobBuffers } from "./job-buffers.ts";

/** What comes back from a worker. */
export interface HashedBytes {
  readonly digests: Uint8Array;
  /** The bytes that were hashed, in their buffer, which moved there and back. */
  readonly bytes: Uint8Array;
}

/** What the pool lends. */
export interface PooledBatchesOptions {
  readonly batchSizeBytes: number;
  /** How many batches under way keep every worker busy. */
  readonly depth: number;
  /** Has a worker hash the first `count` blocks of a buffer. */
  readonly hash: (bytes: Uint8Array, count: number) => Promise<HashedBytes>;
  /** Takes batches while as many as `depth` are under way; closed with this. */
  readonly own: BatchDigests | undefined;
}

/** See the head of this file. */
export class PooledBatches implements BatchDigests {
  readonly #options: PooledBatchesOptions;
  readonly #buffers: JobBuffers;
  #underWay = 0;
  /** Wakes whoever waits for a batch. */
  #freed: () => void = () => {};

  constructor(options: PooledBatchesOptions) {
    this.#options = options;
    this.#buffers = new JobBuffers(options.batchSizeBytes);
  }

  take(): BlockBatch | Promise<BlockBatch> {
    const { depth, own } = this.#options;
    if (this.#underWay < depth) return this.#batch();
    if (own) return own.take();
    return new Promise((resolve) => {
      this.#freed = () => resolve(this.#batch());
    });
  }

  close(): void {
    this.#options.own?.close();
  }

  #batch(): BlockBatch {
    const bytes = this.#buffers.take();
    return { bytes, digest: (count) => this.#digest(bytes, count) };
  }

  async #digest(bytes: Uint8Array, count: number): Promise<Uint8Array> {
    this.#underWay++;
    try {
      const { digests, bytes: back } = await this.#options.hash(bytes, count);
      this.#buffers.give(back);
      return digests;
    } finally {
      this.#underWay--;
      const freed = this.#freed;
      this.#freed = () => {};
      freed();
    }
  }
}
