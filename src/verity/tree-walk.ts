/**
 * Goes through a hash tree from its first leaf to its last, each level read
 * once and in order, each block judged under its parent as the kernel judges
 * it: the root hash first. A level keeps one window of consecutive blocks, in
 * private memory. Memory: levels × 256 KiB (one block where a block is larger).
 */

import { equalBytes } from "../bytes/compare.ts";
import type { BlockHasher } from "../crypto/block-hasher.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { invariant } from "../errors.ts";
import { readBlocks } from "./block-reads.ts";
import type { HasherFactory } from "./data-digests.ts";
import type { TreeGeometry } from "./geometry.ts";
import { saltPosition, type VerityIdentity } from "./identity.ts";
import type { BlockRepairer } from "./repair.ts";
import { checkedRepair } from "./repair-check.ts";
import { findSpare } from "./spare-area.ts";
import type { BadHashBlockReason, VerifyFindings } from "./verify-report.ts";

/** A hash block of the walk; its bytes hold until the next call. */
export interface WalkedBlock {
  readonly bytes: Uint8Array;
  /** Whether its bytes are the tree's, by every digest up to the root hash. */
  readonly good: boolean;
}

/** What a walk needs. The identity is trusted, the hash device is not. */
export interface TreeWalkOptions {
  readonly hash: BlockDevice;
  readonly identity: VerityIdentity;
  readonly geometry: TreeGeometry;
  readonly findings: VerifyFindings;
  readonly repairer?: BlockRepairer | undefined;
  /** Makes the hasher of hash blocks; on the WASM core unless given. */
  readonly createHasher?: HasherFactory | undefined;
  readonly signal?: AbortSignal | undefined;
}

const windowSizeBytes = 262_144;

interface LevelWindow {
  /** The window's bytes in the hasher's memory. */
  readonly offsetBytes: number;
  readonly capacityBlocks: number;
  readonly good: boolean[];
  first: number;
  count: number;
}

/** See the head of this file. One caller; indexes never fall. */
export class TreeWalk {
  readonly #options: TreeWalkOptions;
  readonly #hasher: BlockHasher;
  readonly #windows: readonly LevelWindow[];

  private constructor(options: TreeWalkOptions, windows: readonly LevelWindow[], hasher: BlockHasher) {
    this.#options = options;
    this.#windows = windows;
    this.#hasher = hasher;
  }

  static async create(options: TreeWalkOptions): Promise<TreeWalk> {
    const { identity, geometry, createHasher = createBlockHasher } = options;
    const size = identity.hashBlockSize;
    let offsetBytes = Math.max(identity.dataBlockSize, size);
    const windows = geometry.levels.map(({ blocks }) => {
      const capacityBlocks = Math.min(blocks, Math.max(1, windowSizeBytes / size));
      const window = { offsetBytes, capacityBlocks, good: [], first: 0, count: 0 };
      offsetBytes += capacityBlocks * size;
      return window;
    });
    const hasher = await createHasher({
      algorithm: identity.algorithm,
      salt: identity.salt,
      saltPosition: saltPosition(identity.hashType),
      capacityBytes: offsetBytes,
    });
    return new TreeWalk(options, windows, hasher);
  }

  /** A hash block, if the walk stands there. */
  at(level: number, index: number): WalkedBlock | undefined {
    const window = this.#windows[level];
    invariant(window !== undefined, `the tree has no level ${level}`);
    const i = index - window.first;
    if (i < 0 || i >= window.count) return undefined;
    return { bytes: this.#bytes(window, i), good: window.good[i] === true };
  }

  /** Walks on to a hash block; those it passes are judged too. */
  async walkTo(level: number, index: number): Promise<WalkedBlock> {
    let block = this.at(level, index);
    while (block === undefined) {
      await this.#loadNext(level);
      block = this.at(level, index);
    }
    return block;
  }

  /** The digest of a block that was offered from elsewhere. */
  digestOf(block: Uint8Array): Uint8Array {
    this.#hasher.input.set(block);
    return this.#hasher.digest(0, block.length, 1);
  }

  close(): void {
    this.#hasher.close();
  }

  async #loadNext(level: number): Promise<void> {
    const { hash, geometry, findings, signal } = this.#options;
    const window = this.#windows[level];
    const place = geometry.levels[level];
    invariant(window !== undefined && place !== undefined, `the tree has no level ${level}`);
    const size = geometry.hashBlockSize;
    const first = window.first + window.count;
    invariant(first < place.blocks, `level ${level} ends before block ${first}`);
    const count = Math.min(window.capacityBlocks, place.blocks - first);
    window.count = 0;
    const start = window.offsetBytes;
    const into = this.#hasher.input.subarray(start, start + count * size);
    const unread = await readBlocks(hash, place.firstBlock + first, size, into, signal);
    for (const { block, cause } of unread) {
      findings.readFailed({ level, block: block - place.firstBlock, cause });
    }
    // A copy: judging walks the levels above, which hash on their own.
    const digests = this.#hasher.digest(start, size, count).slice();
    for (let i = 0, next = 0; i < count; i++) {
      const failed = unread[next]?.block === place.firstBlock + first + i;
      if (failed) next++;
      const digest = digests.subarray(i * geometry.digestSizeBytes, (i + 1) * geometry.digestSizeBytes);
      const block = this.#bytes(window, i);
      window.good[i] = await this.#judge(level, first + i, block, failed ? undefined : digest);
    }
    window.first = first;
    window.count = count;
  }

  /** @returns whether the block, by now perhaps repaired, is the tree's. */
  async #judge(
    level: number,
    index: number,
    block: Uint8Array,
    digest: Uint8Array | undefined,
  ): Promise<boolean> {
    const { geometry, findings } = this.#options;
    const parent = await this.#expected(level, index);
    const isRoot = level === geometry.levels.length - 1;
    const matches = digest !== undefined && equalBytes(digest, parent.digest);
    if (digest !== undefined) {
      if (!matches && !isRoot) findings.hashMismatch(level, index);
      const spare = findSpare(geometry, block, geometry.usedSlots(level, index));
      if (spare) findings.spareNotZero(level, index, spare.slot, spare.offsetBytes);
    }
    // What a bad parent says of its children is not evidence against them.
    if (!parent.good) return false;
    let reason: BadHashBlockReason | undefined = digest === undefined ? "read-failed" : "digest-mismatch";
    if (matches || (await this.#repair(level, index, block, parent.digest))) {
      if (isRoot) findings.rootHashMatches();
      reason = findSpare(geometry, block, geometry.usedSlots(level, index)) && "spare-not-zero";
    }
    if (reason !== undefined) findings.badHashBlock(level, index, reason);
    return reason === undefined;
  }

  async #expected(level: number, index: number): Promise<{ digest: Uint8Array; good: boolean }> {
    const { geometry, identity } = this.#options;
    if (level === geometry.levels.length - 1) return { digest: identity.rootHash, good: true };
    const { digestsPerBlock, slotSizeBytes, digestSizeBytes } = geometry;
    const parent = await this.walkTo(level + 1, Math.floor(index / digestsPerBlock));
    const offset = (index % digestsPerBlock) * slotSizeBytes;
    return { digest: parent.bytes.subarray(offset, offset + digestSizeBytes), good: parent.good };
  }

  /** Fills `block` with its true bytes, if the repairer finds them. */
  async #repair(level: number, index: number, block: Uint8Array, expected: Uint8Array): Promise<boolean> {
    const { repairer, findings, signal } = this.#options;
    const rebuilt = await checkedRepair(
      (wanted) => repairer?.repairHashBlock(level, index, wanted, signal),
      (bytes) => this.digestOf(bytes),
      {
        wanted: expected,
        sizeBytes: block.length,
        onFailure: (cause) => findings.readFailed({ level, block: index, cause }),
      },
    );
    if (rebuilt === undefined) return false;
    block.set(rebuilt);
    findings.repairedHashBlock(level, index);
    return true;
  }

  #bytes(window: LevelWindow, i: number): Uint8Array {
    const size = this.#options.geometry.hashBlockSize;
    const start = window.offsetBytes + i * size;
    return this.#hasher.input.subarray(start, start + size);
  }
}
