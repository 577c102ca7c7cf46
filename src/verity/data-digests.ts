/**
 * Digests of data blocks, in order, as a stream: what format, verify and the
 * worker pool agree on.
 */
import type { BlockHasher, BlockHasherOptions } from "../crypto/block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import type { UnreadBlock } from "./block-reads.ts";
import type { VerityParameters } from "./identity.ts";

/** Makes the hasher of a stream of digests. */
export type HasherFactory = (options: BlockHasherOptions) => Promise<BlockHasher>;

/** Digests of `count` consecutive blocks. */
export interface DigestBatch {
  readonly firstBlock: number;
  readonly count: number;
  /** `count` digests, packed: a view that holds until the next batch is asked for. */
  readonly digests: Uint8Array;
  /** Blocks of this batch that could not be read, rising; their digests mean nothing. */
  readonly unread: readonly UnreadBlock[];
}

/** How a stream of digests behaves. */
export interface DigestOptions {
  /**
   * `"reject"` (default): the first failed read ends the stream. `"report"`: a failed read is
   * tried again block by block, and the blocks that fail are named in `unread`.
   */
  readonly onReadError?: "reject" | "report";
  readonly signal?: AbortSignal;
}

/** What is to be hashed: the blocks from 0 to `dataBlocks`. */
export interface DigestRequest extends DigestOptions {
  readonly device: BlockDevice;
  readonly parameters: VerityParameters;
  readonly dataBlocks: number;
}

/** A way to hash data blocks: on this thread, or on a pool of workers. */
export interface DataDigests {
  /** Makes the hashers of the tree above the data, on the caller's thread; on the WASM core unless given. */
  readonly createHasher?: HasherFactory;
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
