/**
 * Data blocks on their way to a reader: fetched into the hasher's memory,
 * hashed there in one batch, held against the verified tree, and copied out.
 * The check and the copy are one synchronous turn, so that nothing can come
 * between what was checked and what is handed on.
 */
import { equalBytes, equalRanges } from "../bytes/compare.ts";
import type { BlockHasher } from "../crypto/block-hasher.ts";
import { unheard, untilAborted } from "../device/abortable.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { hostFailure } from "../device/host-failure.ts";
import type { SlotPool } from "../device/slot-pool.ts";
import { invariant } from "../errors.ts";
import type { CorruptionLog } from "./corruption.ts";
import type { TreeGeometry } from "./geometry.ts";
import { isUnreadable, load } from "./hashing-memory.ts";
import type { BlockRepairer } from "./repair.ts";
import type { VerifiedBlock, VerifiedTree } from "./verified-tree.ts";

/** Blocks in one slot, with their I/O and the fetch of their leaves under way. */
export interface DataChunk {
  /** Where the slot goes back to. */
  readonly slots: SlotPool;
  readonly slot: number;
  readonly firstBlock: number;
  readonly blocks: number;
  readonly io: Promise<void>;
  readonly leaves: VerifiedBlock[] | Promise<VerifiedBlock[]>;
}

/** What data is read with. */
export interface VerifiedDataParts {
  readonly data: BlockDevice;
  readonly geometry: TreeGeometry;
  readonly hasher: BlockHasher;
  readonly tree: VerifiedTree;
  /** Slots of at least one data block, for the second look at a bad one. */
  readonly slots: SlotPool;
  readonly log: CorruptionLog;
  readonly repairer: BlockRepairer | undefined;
}

const none: readonly number[] = [];

/** Reads data blocks and checks them. */
export class VerifiedData {
  readonly #parts: VerifiedDataParts;
  readonly #hasher: BlockHasher;
  readonly #blockSize: number;

  constructor(parts: VerifiedDataParts) {
    this.#parts = parts;
    this.#hasher = parts.hasher;
    this.#blockSize = parts.geometry.dataBlockSize;
  }

  /** Starts fetching blocks into a slot; `finish` or `abandon` must follow, and give the slot back. */
  begin(
    slots: SlotPool,
    slot: number,
    firstBlock: number,
    blocks: number,
    signal: AbortSignal | undefined,
  ): DataChunk {
    const { data, tree } = this.#parts;
    const size = this.#blockSize;
    const io = load(data, firstBlock * size, this.#hasher, slot, blocks * size, signal);
    const leaves = tree.leaves(firstBlock, blocks);
    if (leaves instanceof Promise) {
      unheard(io);
      unheard(leaves);
    }
    return { slots, slot, firstBlock, blocks, io, leaves };
  }

  /** Leaves a chunk to itself; its slot goes back once the device is done with it. */
  abandon(chunk: DataChunk): void {
    chunk.slots.giveBackAfter(chunk.io, chunk.slot);
  }

  /**
   * Waits for a chunk's bytes and leaves, checks the blocks and copies
   * `lengthBytes` from `skipBytes` on into `into` at `intoBytes`.
   */
  async finish(
    chunk: DataChunk,
    skipBytes: number,
    into: Uint8Array,
    intoBytes: number,
    lengthBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { slots, slot } = chunk;
    try {
      const leaves =
        chunk.leaves instanceof Promise ? await untilAborted(chunk.leaves, signal) : chunk.leaves;
      try {
        await untilAborted(chunk.io, signal);
      } catch (error) {
        this.#giveUpUnlessRepairable(chunk, error, signal);
      }
      const bad = this.#badBlocks(chunk, leaves);
      if (bad.length > 0) {
        await this.#mend(chunk, leaves, bad, signal);
        const still = this.#badBlocks(chunk, leaves);
        invariant(
          still.length === 0 || this.#parts.log.ignore,
          `blocks ${still} went bad after they were mended`,
        );
      }
      into.set(this.#hasher.input.subarray(slot + skipBytes, slot + skipBytes + lengthBytes), intoBytes);
    } catch (error) {
      this.abandon(chunk);
      throw error;
    }
    slots.giveBack(slot);
  }

  /** Positions in the chunk of the blocks that the tree does not agree with. */
  #badBlocks(chunk: DataChunk, leaves: readonly VerifiedBlock[]): readonly number[] {
    const { geometry, log } = this.#parts;
    const { digestsPerBlock } = geometry;
    const digests = this.#hasher.digest(chunk.slot, this.#blockSize, chunk.blocks);
    let bad: readonly number[] = none;
    let position = chunk.firstBlock % digestsPerBlock;
    for (let i = 0, leafIndex = 0; i < chunk.blocks; leafIndex++) {
      const count = Math.min(digestsPerBlock - position, chunk.blocks - i);
      const leaf = leaves[leafIndex];
      invariant(leaf !== undefined || log.ignore, "a block without a verified leaf");
      if (leaf !== undefined) {
        const different = this.#differences(leaf, position, digests, i, count);
        if (different.length > 0) bad = [...bad, ...different];
      }
      i += count;
      position = 0;
    }
    return bad;
  }

  /** Which of `count` digests from `first` on are not those that the leaf has from `position` on. */
  #differences(
    leaf: Uint8Array,
    position: number,
    digests: Uint8Array,
    first: number,
    count: number,
  ): readonly number[] {
    const { digestSizeBytes: size, slotSizeBytes } = this.#parts.geometry;
    const isAsInLeaf = slotSizeBytes === size;
    // All at once where they lie alike, as most do: a call for each is a hundredth of the hashing.
    if (isAsInLeaf && equalRanges(leaf, position * size, digests, first * size, count * size)) return none;
    return Array.from({ length: count }, (_, i) => i)
      .filter((i) => !equalRanges(leaf, (position + i) * slotSizeBytes, digests, (first + i) * size, size))
      .map((i) => first + i);
  }

  /** Without the bytes of a chunk there is only repair; with zeros for bytes, it starts from there. */
  #giveUpUnlessRepairable(chunk: DataChunk, error: unknown, signal: AbortSignal | undefined): void {
    const { data, repairer } = this.#parts;
    const failure = hostFailure(error, data, chunk.firstBlock * this.#blockSize, signal);
    if (repairer === undefined || !isUnreadable(failure)) throw failure;
    this.#hasher.input.fill(0, chunk.slot, chunk.slot + chunk.blocks * this.#blockSize);
  }

  /**
   * Looks at bad blocks a second time, as the kernel does (a racing writer may
   * have changed the bytes under the first I/O), and then asks the repairer.
   * Blocks that turn out good are put into the chunk's slot.
   */
  async #mend(
    chunk: DataChunk,
    leaves: readonly VerifiedBlock[],
    bad: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { geometry, log } = this.#parts;
    const base = chunk.firstBlock % geometry.digestsPerBlock;
    let refused: unknown;
    for (const i of bad) {
      const leaf = leaves[Math.floor((base + i) / geometry.digestsPerBlock)];
      const start = ((base + i) % geometry.digestsPerBlock) * geometry.slotSizeBytes;
      const expected = leaf?.slice(start, start + geometry.digestSizeBytes);
      invariant(expected !== undefined, "a bad block without a leaf");
      const target = chunk.slot + i * this.#blockSize;
      const error = await this.#mendBlock(chunk.firstBlock + i, expected, target, signal);
      refused ??= error;
    }
    if (refused !== undefined && !log.ignore) throw refused;
  }

  /** Puts the true bytes of a block at `target`, or returns why there are none. */
  async #mendBlock(
    block: number,
    expected: Uint8Array,
    target: number,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const { data, repairer, log } = this.#parts;
    let failure: unknown;
    try {
      if (await this.#readAgain(block, expected, target, signal)) return undefined;
    } catch (error) {
      failure = hostFailure(error, data, block * this.#blockSize, signal);
      if (repairer === undefined || !isUnreadable(failure)) throw failure;
    }
    if (repairer !== undefined) {
      const work = repairer.repairDataBlock(block, expected.slice(), signal);
      const candidate = await untilAborted(work, signal);
      if (
        candidate?.length === this.#blockSize &&
        (await this.#accept(candidate, expected, target, signal))
      ) {
        log.repaired(data.name, undefined, block);
        return undefined;
      }
    }
    return failure ?? log.corrupt("block-mismatch", data.name, undefined, block);
  }

  async #readAgain(
    block: number,
    expected: Uint8Array,
    target: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { data, slots } = this.#parts;
    const slot = await slots.take(signal);
    const io = load(data, block * this.#blockSize, this.#hasher, slot, this.#blockSize, signal);
    try {
      await untilAborted(io, signal);
      return this.#moveIfTrue(slot, expected, target);
    } finally {
      slots.giveBackAfter(io, slot);
    }
  }

  async #accept(
    candidate: Uint8Array,
    expected: Uint8Array,
    target: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { slots } = this.#parts;
    const slot = await slots.take(signal);
    try {
      this.#hasher.input.set(candidate, slot);
      return this.#moveIfTrue(slot, expected, target);
    } finally {
      slots.giveBack(slot);
    }
  }

  #moveIfTrue(slot: number, expected: Uint8Array, target: number): boolean {
    if (!equalBytes(this.#hasher.digest(slot, this.#blockSize, 1), expected)) return false;
    this.#hasher.input.copyWithin(target, slot, slot + this.#blockSize);
    return true;
  }
}
