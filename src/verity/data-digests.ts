/**
 * Digests of data blocks, in order, as a stream: what format, verify and the
 * worker pool agree on.
 *
 * ## Performance
 * While a batch is hashed the next ones are being read, straight into the
 * hasher's memory where the device is one of our own. Memory: `slots` MiB,
 * whatever the device's size.
 */
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { readsDirectly } from "../device/direct.ts";
import { readBlocks, type UnreadBlock } from "./block-reads.ts";
import { saltPosition, type VerityParameters } from "./identity.ts";

/** Digests of `count` consecutive blocks. */
export interface DigestBatch {
  readonly firstBlock: number;
  readonly count: number;
  /** `count` digests, packed: a view that holds until the next batch is asked for. */
  readonly digests: Uint8Array;
  /** Blocks of this batch that could not be read, rising; their digests mean nothing. */
  readonly unread: readonly UnreadBlock[];
}

/** What is to be hashed: the blocks from 0 to `dataBlocks`. */
export interface DigestRequest {
  readonly device: BlockDevice;
  readonly parameters: VerityParameters;
  readonly dataBlocks: number;
  /**
   * `"reject"` (default): the first failed read ends the stream. `"report"`: a failed read is
   * tried again block by block, and the blocks that fail are named in `unread`.
   */
  readonly onReadError?: "reject" | "report";
  readonly signal?: AbortSignal;
}

/** A way to hash data blocks: on this thread, or on a pool of workers. */
export interface DataDigests {
  /**
   * Batches in rising order without gaps. Leaving the loop early waits for
   * the reads under way, then lets all memory go.
   *
   * @throws {DeviceError} when a read fails (with `"report"`: other than on single blocks).
   * @throws the signal's reason after an abort.
   */
  digests(request: DigestRequest): AsyncIterable<DigestBatch>;
}

/** How far work over a whole device has come, in data blocks. */
export interface VerityProgress {
  readonly doneBlocks: number;
  readonly totalBlocks: number;
}

/** A multiple of every block size. */
const slotSizeBytes = 1_048_576;
const slotCount = 3;
/** How long the stream may keep the event loop from timers and abort events. */
const turnMs = 50;

/** Hashes on the calling thread. */
export const singleThreadDigests: DataDigests = { digests: hashInOrder };

async function* hashInOrder(request: DigestRequest): AsyncGenerator<DigestBatch> {
  const { device, parameters, dataBlocks, signal } = request;
  const blockSize = parameters.dataBlockSize;
  const blocksPerSlot = Math.min(slotSizeBytes / blockSize, dataBlocks);
  const slots = Math.min(slotCount, Math.ceil(dataBlocks / blocksPerSlot));
  const direct = readsDirectly(device);
  const slotBytes = blocksPerSlot * blockSize;
  const hasher = await createBlockHasher({
    algorithm: parameters.algorithm,
    salt: parameters.salt,
    saltPosition: saltPosition(parameters.hashType),
    capacityBytes: direct ? slots * slotBytes : slotBytes,
  });
  const stop = new AbortController();
  const stopSignal = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const underWay: Promise<ReadOutcome>[] = [];
  const buffers = Array.from({ length: slots }, (_, slot) =>
    direct ? hasher.input.subarray(slot * slotBytes, (slot + 1) * slotBytes) : new Uint8Array(slotBytes),
  );
  const start = (slot: number, firstBlock: number): void => {
    if (firstBlock >= dataBlocks) return;
    const count = Math.min(blocksPerSlot, dataBlocks - firstBlock);
    const buffer = (buffers[slot] as Uint8Array).subarray(0, count * blockSize);
    const read = request.onReadError === "report" ? readBlocks : readWhole;
    underWay[slot] = settled(read(device, firstBlock, blockSize, buffer, stopSignal));
  };
  let turnEndMs = Date.now() + turnMs;
  try {
    for (let slot = 0; slot < slots; slot++) start(slot, slot * blocksPerSlot);
    for (let firstBlock = 0, slot = 0; firstBlock < dataBlocks; firstBlock += blocksPerSlot) {
      const outcome = await (underWay[slot] as Promise<ReadOutcome>);
      signal?.throwIfAborted();
      if ("error" in outcome) throw outcome.error;
      const count = Math.min(blocksPerSlot, dataBlocks - firstBlock);
      if (!direct) hasher.input.set((buffers[slot] as Uint8Array).subarray(0, count * blockSize));
      const digests = hasher.digest(direct ? slot * slotBytes : 0, blockSize, count);
      start(slot, firstBlock + slots * blocksPerSlot);
      yield { firstBlock, count, digests, unread: outcome.unread };
      slot = (slot + 1) % slots;
      if (Date.now() >= turnEndMs) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turnEndMs = Date.now() + turnMs;
      }
    }
  } finally {
    stop.abort();
    await Promise.all(underWay);
    hasher.close();
  }
}

type ReadOutcome = { readonly unread: readonly UnreadBlock[] } | { readonly error: unknown };

/** An outcome instead of a rejection: a read ahead may fail long before anyone waits for it. */
async function settled(read: Promise<readonly UnreadBlock[]>): Promise<ReadOutcome> {
  try {
    return { unread: await read };
  } catch (error) {
    return { error };
  }
}

async function readWhole(
  device: BlockDevice,
  firstBlock: number,
  blockSize: number,
  into: Uint8Array,
  signal: AbortSignal,
): Promise<readonly UnreadBlock[]> {
  await device.read(firstBlock * blockSize, into, { signal });
  return [];
}
