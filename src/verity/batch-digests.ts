/**
 * Digests of blocks that are made here, not read from a device: whoever makes
 * them asks for memory, fills it and hands it back to be hashed, by this thread
 * or by another.
 */
import type { BlockHasher } from "../crypto/block-hasher.ts";
import type { HasherFactory } from "./data-digests.ts";
import { saltPosition, type VerityParameters } from "./identity.ts";

/** Memory for blocks, and whoever will hash them. */
export interface BlockBatch {
  /** Whole blocks, of which the caller fills those it wants; what stands there before is anything. */
  readonly bytes: Uint8Array;
  /**
   * Ends the batch, whose bytes are no longer the caller's.
   *
   * @param count how many of the first blocks to hash.
   * @returns their digests, packed, in memory of their own.
   */
  digest(count: number): Uint8Array | Promise<Uint8Array>;
}

/** Hashes batches for one owner, who has one batch at a time in hand. */
export interface BatchDigests {
  /** Memory for the next batch; a promise where all of it is being hashed and this thread takes no part. */
  take(): BlockBatch | Promise<BlockBatch>;
  /** Lets the memory go; batches under way still settle. Closing twice is no error. */
  close(): void;
}

/** Opens a `BatchDigests` for blocks of `parameters`: on this thread, or with a pool of workers. */
export type BatchDigestsFactory = (parameters: VerityParameters) => Promise<BatchDigests>;

/** Small enough that a batch is hashed while the processor's cache still holds it. */
const ownBatchSizeBytes = 262_144;

/** Batches in a hasher's own memory, hashed on the spot. */
export class OwnBatches implements BatchDigests {
  readonly #hasher: BlockHasher;
  readonly #blockSize: number;

  private constructor(hasher: BlockHasher, blockSize: number) {
    this.#hasher = hasher;
    this.#blockSize = blockSize;
  }

  static async open(parameters: VerityParameters, createHasher: HasherFactory): Promise<OwnBatches> {
    const hasher = await createHasher({
      algorithm: parameters.algorithm,
      salt: parameters.salt,
      saltPosition: saltPosition(parameters.hashType),
      capacityBytes: Math.max(ownBatchSizeBytes, parameters.dataBlockSize),
    });
    return new OwnBatches(hasher, parameters.dataBlockSize);
  }

  take(): BlockBatch {
    const { input } = this.#hasher;
    return { bytes: input, digest: (count) => this.#hasher.digest(0, this.#blockSize, count).slice() };
  }

  close(): void {
    this.#hasher.close();
  }
}

/** Batches hashed by the calling thread, with hashers of `createHasher`. */
export function batchesOnThisThread(createHasher: HasherFactory): BatchDigestsFactory {
  return (parameters) => OwnBatches.open(parameters, createHasher);
}
