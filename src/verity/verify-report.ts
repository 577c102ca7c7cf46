/** What verifying a whole device found, gathered in bounded memory. */
import type { DeviceError, IntegrityError } from "../errors.ts";
import { BlockRanges, defaultRangeLimit } from "./block-ranges.ts";
import type { TreeGeometry } from "./geometry.ts";

/** Why a hash block is refused although its parent (or the root hash) is verified. */
export type BadHashBlockReason = "digest-mismatch" | "spare-not-zero" | "read-failed";

/** A hash block that is not the tree's. */
export interface BadHashBlock {
  /** 0 = leaves. */
  readonly level: number;
  /** Number of the block in its level. */
  readonly index: number;
  readonly reason: BadHashBlockReason;
}

/** A block that the device failed to give, or that could not be rebuilt for such a failure. */
export interface ReadFailure {
  /** Absent for a data block. */
  readonly level?: number;
  /** Number of the data block, or of the hash block in its level. */
  readonly block: number;
  readonly cause: DeviceError | IntegrityError;
}

/** The place that veritysetup names: it goes through the tree from the leaves up and stops there. */
export interface FirstMismatch {
  /** What lies at `offsetBytes`: on the data device a data block, on the hash device the others. */
  readonly kind: "data-block" | "hash-block" | "spare";
  readonly offsetBytes: number;
}

/** What `verifyVerity` returns. */
export interface VerityReport {
  /** Every block reads true, where needed after repair, under the root hash given. */
  readonly ok: boolean;
  readonly rootHashMatches: boolean;
  /** Data blocks that a read through the tree refuses, as the kernel would answer EIO. */
  readonly unreadableBlocks: BlockRanges;
  /**
   * Hash blocks that do not fit what a verified parent says of them, in no order. What stands
   * below one of them is not judged. At most 1,000,000; `badHashBlockCount` counts all.
   */
  readonly badHashBlocks: readonly BadHashBlock[];
  readonly badHashBlockCount: number;
  /** Data blocks that were wrong on the device and were rebuilt; the tree has checked them again. */
  readonly repairedBlocks: BlockRanges;
  /** Hash blocks likewise, at most 1,000,000. */
  readonly repairedHashBlocks: readonly { readonly level: number; readonly index: number }[];
  /** The first 100 reads that failed; the blocks concerned are below a bad hash block, unreadable, or repaired. */
  readonly readFailures: readonly ReadFailure[];
  /**
   * Where data and tree first contradict each other, whatever the root hash is; absent where
   * only the root hash is wrong, or nothing.
   */
  readonly firstMismatch?: FirstMismatch;
}

const readFailureLimit = 100;

/** The first contradiction seen between a level's blocks and the slots above that hold their digests. */
interface LevelMismatch {
  /** Number of the block whose slot it is, in veritysetup's order; a spare area stands after a block. */
  order: number;
  kind: FirstMismatch["kind"];
  offsetBytes: number;
}

/** Gathers a `VerityReport`. */
export class VerifyFindings {
  readonly #geometry: TreeGeometry;
  readonly #unreadable = new BlockRanges();
  readonly #repaired = new BlockRanges();
  readonly #badHashBlocks: BadHashBlock[] = [];
  readonly #repairedHashBlocks: { level: number; index: number }[] = [];
  readonly #readFailures: ReadFailure[] = [];
  #badHashBlockCount = 0;
  #rootHashMatches = false;
  /** By the level that holds the digests. */
  readonly #mismatches: (LevelMismatch | undefined)[] = [];

  constructor(geometry: TreeGeometry) {
    this.#geometry = geometry;
  }

  rootHashMatches(): void {
    this.#rootHashMatches = true;
  }

  unreadable(block: number): void {
    this.#unreadable.add(block);
  }

  repaired(block: number): void {
    this.#repaired.add(block);
  }

  repairedHashBlock(level: number, index: number): void {
    if (this.#repairedHashBlocks.length < defaultRangeLimit) this.#repairedHashBlocks.push({ level, index });
  }

  /** Every data block below a bad hash block is unreadable with it. */
  badHashBlock(level: number, index: number, reason: BadHashBlockReason): void {
    this.#badHashBlockCount++;
    if (this.#badHashBlocks.length < defaultRangeLimit) this.#badHashBlocks.push({ level, index, reason });
    const { first, count } = this.#geometry.dataBlocksUnder(level, index);
    this.#unreadable.add(first, count);
  }

  readFailed(failure: ReadFailure): void {
    if (this.#readFailures.length < readFailureLimit) this.#readFailures.push(failure);
  }

  /** A data block's digest is not what its leaf holds. */
  dataMismatch(block: number): void {
    this.#mismatch(0, {
      order: block,
      kind: "data-block",
      offsetBytes: block * this.#geometry.dataBlockSize,
    });
  }

  /** A hash block's digest is not what its parent holds. */
  hashMismatch(level: number, index: number): void {
    const offsetBytes = this.#geometry.offsetBytes(level, index);
    this.#mismatch(level + 1, { order: index, kind: "hash-block", offsetBytes });
  }

  /** The spare area after slot `slot` of a hash block is not zero. */
  spareNotZero(level: number, index: number, slot: number, offsetInBlock: number): void {
    this.#mismatch(level, {
      order: index * this.#geometry.digestsPerBlock + slot + 0.5,
      kind: "spare",
      offsetBytes: this.#geometry.offsetBytes(level, index) + offsetInBlock,
    });
  }

  report(): VerityReport {
    const first = this.#mismatches.find((mismatch) => mismatch !== undefined);
    return {
      ok: this.#rootHashMatches && this.#unreadable.blocks === 0 && this.#badHashBlockCount === 0,
      rootHashMatches: this.#rootHashMatches,
      unreadableBlocks: this.#unreadable,
      badHashBlocks: this.#badHashBlocks,
      badHashBlockCount: this.#badHashBlockCount,
      repairedBlocks: this.#repaired,
      repairedHashBlocks: this.#repairedHashBlocks,
      readFailures: this.#readFailures,
      ...(first && { firstMismatch: { kind: first.kind, offsetBytes: first.offsetBytes } }),
    };
  }

  #mismatch(level: number, found: LevelMismatch): void {
    const known = this.#mismatches[level];
    if (known === undefined || found.order < known.order) this.#mismatches[level] = found;
  }
}
