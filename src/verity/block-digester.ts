/**
 * Reads and hashes runs of data blocks on one thread: while a batch is hashed
 * the next ones are being read, straight into the hasher's memory where the
 * device is one of our own.
 *
 * ## Performance
 * Memory: four MiB at the most, whatever the device's size.
 */
import type { BlockHasher } from "../crypto/block-hasher.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { readsAtOnce } from "../device/direct.ts";
import { readBlocks, readRun, type UnreadBlock } from "./block-reads.ts";
import type { DataDigests, DigestBatch, DigestOptions, HasherFactory } from "./data-digests.ts";
import { saltPosition, type VerityParameters } from "./identity.ts";

/**
 * How blocks are fetched: sizes are multiples of every block size. What is
 * there at once is hashed while the processor's cache still holds it, which
 * saves a twentieth; for the rest, the next batch is on its way meanwhile.
 */
const fetching = {
  atOnce: { slotSizeBytes: 524_288, slotCount: 1 },
  ahead: { slotSizeBytes: 2_097_152, slotCount: 2 },
} as const;
/**
 * How long the stream may keep timers and abort events waiting on a device whose reads never
 * leave the microtask queue. Giving way costs a millisecond or more.
 */
const turnMs = 200;

/** Hashes blocks of one device; one stream of digests at a time. */
export class BlockDigester {
  readonly #device: BlockDevice;
  readonly #blockSize: number;
  readonly #hasher: BlockHasher;
  readonly #blocksPerSlot: number;
  readonly #slots: number;

  private constructor(
    device: BlockDevice,
    blockSize: number,
    hasher: BlockHasher,
    blocksPerSlot: number,
    slots: number,
  ) {
    this.#device = device;
    this.#blockSize = blockSize;
    this.#hasher = hasher;
    this.#blocksPerSlot = blocksPerSlot;
    this.#slots = slots;
  }

  /**
   * @param mostBlocks the longest run to come: for a short one less memory is taken.
   * @param createHasher makes the hasher; on the WASM core unless given.
   */
  static async open(
    device: BlockDevice,
    parameters: VerityParameters,
    mostBlocks: number,
    createHasher: HasherFactory = createBlockHasher,
  ): Promise<BlockDigester> {
    const blockSize = parameters.dataBlockSize;
    const { slotSizeBytes, slotCount } = readsAtOnce(device) ? fetching.atOnce : fetching.ahead;
    const blocksPerSlot = Math.min(slotSizeBytes / blockSize, mostBlocks);
    const slots = Math.min(slotCount, Math.ceil(mostBlocks / blocksPerSlot));
    const hasher = await createHasher({
      algorithm: parameters.algorithm,
      salt: parameters.salt,
      saltPosition: saltPosition(parameters.hashType),
      capacityBytes: slots * blocksPerSlot * blockSize,
    });
    return new BlockDigester(device, blockSize, hasher, blocksPerSlot, slots);
  }

  /** Digests of `count` blocks from `first` on, as `DataDigests` promises them. */
  async *digests(first: number, count: number, options: DigestOptions): AsyncGenerator<DigestBatch> {
    const { signal } = options;
    const end = first + count;
    const stop = new AbortController();
    const stopSignal = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const read = options.onReadError === "report" ? readBlocks : readWhole;
    const step = this.#blocksPerSlot;
    const underWay: Promise<ReadOutcome>[] = [];
    const start = (slot: number, firstBlock: number): void => {
      if (firstBlock >= end) return;
      const offset = this.#slotOffset(slot);
      const length = Math.min(step, end - firstBlock) * this.#blockSize;
      const into = this.#hasher.input.subarray(offset, offset + length);
      underWay[slot] = settled(read(this.#device, firstBlock, this.#blockSize, into, stopSignal));
    };
    let turnEndMs = Date.now() + turnMs;
    try {
      for (let slot = 0; slot < this.#slots; slot++) start(slot, first + slot * step);
      for (let firstBlock = first, slot = 0; firstBlock < end; firstBlock += step) {
        const outcome = await (underWay[slot] as Promise<ReadOutcome>);
        signal?.throwIfAborted();
        if ("error" in outcome) throw outcome.error;
        const blocks = Math.min(step, end - firstBlock);
        const digests = this.#hasher.digest(this.#slotOffset(slot), this.#blockSize, blocks);
        start(slot, firstBlock + this.#slots * step);
        yield { firstBlock, count: blocks, digests, unread: outcome.unread };
        slot = (slot + 1) % this.#slots;
        if (Date.now() >= turnEndMs) {
          await new Promise((resolve) => setTimeout(resolve, 0));
          turnEndMs = Date.now() + turnMs;
        }
      }
    } finally {
      stop.abort();
      await Promise.all(underWay);
    }
  }

  /** Lets the memory go; the device stays open. */
  close(): void {
    this.#hasher.close();
  }

  #slotOffset(slot: number): number {
    return slot * this.#blocksPerSlot * this.#blockSize;
  }
}

/** Digests by the calling thread, with hashers of `createHasher`. */
export function digestsOnThisThread(createHasher: HasherFactory): DataDigests {
  return {
    createHasher,
    async *digests({ device, parameters, dataBlocks, ...options }) {
      const digester = await BlockDigester.open(device, parameters, dataBlocks, createHasher);
      try {
        yield* digester.digests(0, dataBlocks, options);
      } finally {
        digester.close();
      }
    },
  };
}

/** Hashes on the calling thread, on the WASM core. */
export const singleThreadDigests: DataDigests = digestsOnThisThread(createBlockHasher);

type ReadOutcome = { readonly unread: readonly UnreadBlock[] } | { readonly error: unknown };

/** An outcome instead of a rejection: a read ahead may fail long before anyone waits for it. */
async function settled(read: Promise<readonly UnreadBlock[]>): Promise<ReadOutcome> {
  try {
    return { unread: await read };
  } catch (error) {
    return { error };
  }
}

async function readWhole(...run: Parameters<typeof readRun>): Promise<readonly UnreadBlock[]> {
  await readRun(...run);
  return [];
}
