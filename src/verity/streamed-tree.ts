/**
 * The hash tree of data that is being made: bytes come once, in order, any
 * number at a time; blocks that were announced may be rewritten afterwards.
 * The data are not kept.
 *
 * ## Performance
 * Zeros cost nothing but their place in the tree: the digest of a zero block is
 * computed once. Data are copied once, to where they are hashed. What is under
 * way is bounded: a caller that is far ahead gets a promise.
 */
import type { BlockHasher } from "../crypto/block-hasher.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import { invariant } from "../errors.ts";
import type { BatchDigests, BatchDigestsFactory, BlockBatch } from "./batch-digests.ts";
import { batchesOnThisThread } from "./batch-digests.ts";
import { saltPosition, type VerityParameters } from "./identity.ts";
import { type GrownTree, TreeLevels, type TreeLevelsOptions } from "./tree-levels.ts";

/**
 * Sees data on their way: `bytes` stand at `offsetBytes` and are not to be kept.
 * Holds up the thread until it is done with them, or throws. Zero blocks that
 * were appended as such are not shown.
 */
export type DataTap = (offsetBytes: number, bytes: Uint8Array) => void;

/** How data are hashed, and who else wants them. */
export interface StreamedTreeOptions extends TreeLevelsOptions {
  readonly parameters: VerityParameters;
  /** Who hashes; this thread, on the WASM core, unless given. */
  readonly batches?: BatchDigestsFactory;
  readonly tap?: DataTap;
}

/** Zero blocks in a batch: so many, after so many of its data blocks. */
interface ZeroRun {
  readonly afterBlocks: number;
  count: number;
}

/** Batches whose digests have not reached the tree yet: a thread may be slow to start. */
const mostBatchesAhead = 512;
const mostZeroRuns = 1024;
/** How many zero blocks' digests are added to the tree at a time. */
const zeroDigestsAtOnce = 8192;

/** See the head of this file. Used by one caller: no call before the last has settled. */
export class StreamedTree {
  readonly #blockSize: number;
  readonly #levels: TreeLevels;
  readonly #batches: BatchDigests;
  /** Of single blocks. */
  readonly #hasher: BlockHasher;
  readonly #zeroDigests: Uint8Array;
  readonly #tap: DataTap | undefined;
  #batch: BlockBatch | undefined;
  #filledBytes = 0;
  /** Where the batch's next piece for the tap begins, in the batch. */
  #tappedBytes = 0;
  #zeroRuns: ZeroRun[] = [];
  #sizeBytes = 0;
  #added: Promise<void> = Promise.resolve();
  #ahead = 0;
  #failure: { readonly error: unknown } | undefined;

  private constructor(
    { parameters, tap }: StreamedTreeOptions,
    levels: TreeLevels,
    batches: BatchDigests,
    hasher: BlockHasher,
  ) {
    this.#blockSize = parameters.dataBlockSize;
    this.#levels = levels;
    this.#batches = batches;
    this.#hasher = hasher;
    this.#tap = tap;
    hasher.input.fill(0);
    const digest = hasher.digest(0, this.#blockSize, 1);
    this.#zeroDigests = new Uint8Array(zeroDigestsAtOnce * digest.length);
    for (let i = 0; i < zeroDigestsAtOnce; i++) this.#zeroDigests.set(digest, i * digest.length);
  }

  static async create(options: StreamedTreeOptions): Promise<StreamedTree> {
    const { parameters, batches = batchesOnThisThread(createBlockHasher) } = options;
    const createHasher = options.createHasher ?? createBlockHasher;
    const hasher = await createHasher({
      algorithm: parameters.algorithm,
      salt: parameters.salt,
      saltPosition: saltPosition(parameters.hashType),
      capacityBytes: parameters.dataBlockSize,
    });
    const levels = await TreeLevels.create(parameters, options);
    return new StreamedTree(options, levels, await batches(parameters), hasher);
  }

  /** How many bytes have come so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * The next bytes. They are the caller's again when the call returns, or when its promise settles.
   *
   * @throws what the tap, a worker or the sink threw, perhaps at an earlier call.
   */
  append(bytes: Uint8Array): void | Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      const wait = this.#prepare();
      if (wait) return this.#resume(wait, bytes.subarray(taken));
      const { bytes: memory } = this.#batch as BlockBatch;
      const count = Math.min(bytes.length - taken, memory.length - this.#filledBytes);
      memory.set(bytes.subarray(taken, taken + count), this.#filledBytes);
      this.#filledBytes += count;
      this.#sizeBytes += count;
      taken += count;
    }
  }

  /** The next bytes are zeros: there may be far more of them than of data. */
  appendZeros(lengthBytes: number): void | Promise<void> {
    const blockSize = this.#blockSize;
    const begun = this.#filledBytes % blockSize;
    // The rest of a block that has data, or all of them where they do not reach the next border.
    const head = Math.min(lengthBytes, begun === 0 ? 0 : blockSize - begun);
    const whole = Math.floor((lengthBytes - head) / blockSize);
    const tail = lengthBytes - head - whole * blockSize;
    if (head > 0) this.#fillZeros(head);
    if (whole > 0) {
      const afterBlocks = this.#filledBytes / blockSize;
      this.#show();
      const last = this.#zeroRuns.at(-1);
      if (last?.afterBlocks === afterBlocks) last.count += whole;
      else this.#zeroRuns.push({ afterBlocks, count: whole });
      this.#sizeBytes += whole * blockSize;
    }
    if (tail === 0) return;
    const wait = this.#prepare();
    if (wait) return wait.then(() => this.appendZeros(tail));
    this.#fillZeros(tail);
  }

  /** As `append`, of whole blocks at a block's border, which `rewrite` may replace. */
  appendRewritable(bytes: Uint8Array): void | Promise<void> {
    invariant(this.#sizeBytes % this.#blockSize === 0, "a rewritable block begins at a block's border");
    invariant(bytes.length % this.#blockSize === 0, "rewritable are whole blocks");
    const first = this.#sizeBytes / this.#blockSize;
    for (let block = first; block < first + bytes.length / this.#blockSize; block++) this.#levels.hold(block);
    return this.append(bytes);
  }

  /**
   * Replaces whole blocks that came by `appendRewritable`; the last time counts. The tap has
   * seen what they replace, and sees them at once.
   *
   * @param offsetBytes a block's border, below what was appended.
   */
  rewrite(offsetBytes: number, bytes: Uint8Array): void {
    const blockSize = this.#blockSize;
    invariant(offsetBytes % blockSize === 0 && bytes.length % blockSize === 0, "rewritten are whole blocks");
    invariant(offsetBytes + bytes.length <= this.#sizeBytes, "rewritten are blocks that were appended");
    for (let done = 0; done < bytes.length; done += blockSize) {
      this.#hasher.input.set(bytes.subarray(done, done + blockSize));
      const digest = this.#hasher.digest(0, blockSize, 1);
      this.#levels.replace((offsetBytes + done) / blockSize, digest);
    }
    if (this.#tap === undefined) return;
    this.#show();
    this.#tap(offsetBytes, bytes);
  }

  /** Ends the data, which must be whole blocks and at least one, and closes the tree. */
  async finish(): Promise<GrownTree> {
    invariant(this.#sizeBytes % this.#blockSize === 0, "a tree is over whole blocks");
    this.#send();
    await this.#added;
    if (this.#failure) throw this.#failure.error;
    return await this.#levels.finish();
  }

  /** Lets all memory go. Closing twice is no error. */
  close(): void {
    this.#batches.close();
    this.#hasher.close();
    this.#levels.close();
  }

  async #resume(wait: Promise<void>, bytes: Uint8Array): Promise<void> {
    await wait;
    await this.append(bytes);
  }

  /** Sees to it that there is memory for a byte at least, or says when to ask again. */
  #prepare(): Promise<void> | undefined {
    if (this.#failure) throw this.#failure.error;
    const full = this.#batch !== undefined && this.#filledBytes === this.#batch.bytes.length;
    if (full || this.#zeroRuns.length >= mostZeroRuns) this.#send();
    if (this.#batch) return undefined;
    if (this.#ahead > mostBatchesAhead) return this.#added;
    const batch = this.#batches.take();
    if (!(batch instanceof Promise)) {
      this.#batch = batch;
      return undefined;
    }
    return batch.then((taken) => {
      this.#batch = taken;
    });
  }

  #fillZeros(lengthBytes: number): void {
    const end = this.#filledBytes + lengthBytes;
    this.#batch?.bytes.fill(0, this.#filledBytes, end);
    this.#filledBytes = end;
    this.#sizeBytes += lengthBytes;
  }

  /** Gives the tap what it has not seen of the batch. */
  #show(): void {
    const from = this.#tappedBytes;
    const end = this.#filledBytes;
    if (from === end) return;
    this.#tappedBytes = end;
    if (this.#tap === undefined || this.#batch === undefined) return;
    // Zero blocks come after what was shown before them: all of `from` to `end` is the latest data.
    this.#tap(this.#sizeBytes - (end - from), this.#batch.bytes.subarray(from, end));
  }

  /** Has what was gathered hashed, and added to the tree in its turn. */
  #send(): void {
    this.#show();
    const blocks = this.#filledBytes / this.#blockSize;
    const digests = blocks > 0 ? this.#batch?.digest(blocks) : undefined;
    // Awaited in its turn, long after it may have failed.
    if (digests instanceof Promise) digests.catch(() => {});
    const runs = this.#zeroRuns;
    if (blocks > 0) this.#batch = undefined;
    this.#filledBytes = 0;
    this.#tappedBytes = 0;
    this.#zeroRuns = [];
    this.#ahead++;
    this.#added = this.#added.then(async () => {
      if (this.#failure) return;
      try {
        await this.#add(digests === undefined ? new Uint8Array(0) : await digests, runs);
      } catch (error) {
        this.#failure = { error };
      }
      this.#ahead--;
    });
  }

  async #add(digests: Uint8Array, runs: readonly ZeroRun[]): Promise<void> {
    const size = this.#hasher.digestSizeBytes;
    let done = 0;
    for (const { afterBlocks, count } of runs) {
      await this.#levels.add(digests.subarray(done, afterBlocks * size));
      done = afterBlocks * size;
      for (let left = count; left > 0; left -= zeroDigestsAtOnce) {
        await this.#levels.add(this.#zeroDigests.subarray(0, Math.min(left, zeroDigestsAtOnce) * size));
      }
    }
    await this.#levels.add(digests.subarray(done));
  }
}
