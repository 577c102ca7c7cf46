/**
 * The hash tree of an open device, read from the root down: a hash block is
 * used only after its own digest, from its verified parent, has been found
 * right over bytes in private memory.
 *
 * Security: a block is fetched once per need and readers in a hurry share that
 * fetch; a failed one leaves nothing behind, and the next reader tries again.
 * A block whose unused slots are not zero is refused although its digest fits:
 * that is how a claim of fewer blocks than the tree was built for shows.
 */
import { equalBytes } from "../bytes/compare.ts";
import type { BlockHasher } from "../crypto/block-hasher.ts";
import { unheard } from "../device/abortable.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { hostFailure } from "../device/host-failure.ts";
import type { SlotPool } from "../device/slot-pool.ts";
import { invariant } from "../errors.ts";
import type { CorruptionLog } from "./corruption.ts";
import type { TreeGeometry } from "./geometry.ts";
import { HashCache } from "./hash-cache.ts";
import { isUnreadable, load } from "./hashing-memory.ts";
import type { BlockRepairer } from "./repair.ts";
import { findSpare } from "./spare-area.ts";

/**
 * A verified hash block: nobody writes to it any more. `undefined` where it is
 * corrupt and the caller asked for corrupt data: nothing below can be checked.
 */
export type VerifiedBlock = Uint8Array | undefined;

/** What a tree is read with. */
export interface VerifiedTreeParts {
  readonly hash: BlockDevice;
  readonly geometry: TreeGeometry;
  readonly rootHash: Uint8Array;
  readonly hasher: BlockHasher;
  /** Slots of at least one hash block. */
  readonly slots: SlotPool;
  readonly cacheBlocks: number;
  readonly log: CorruptionLog;
  readonly repairer: BlockRepairer | undefined;
}

/** Verified hash blocks on demand. */
export class VerifiedTree {
  readonly #parts: VerifiedTreeParts;
  readonly #cache: HashCache;
  /** Fetches under way, by the block's position on the hash device. */
  readonly #fetches: Map<number, Promise<VerifiedBlock>> = new Map();
  readonly #firstLeaf: number;

  constructor(parts: VerifiedTreeParts) {
    this.#parts = parts;
    this.#cache = new HashCache(parts.cacheBlocks);
    this.#firstLeaf = parts.geometry.levels[0]?.firstBlock ?? 0;
  }

  /**
   * The leaves that hold the digests of `blocks` data blocks from `firstBlock`
   * on, in order: at once where all are in the cache. Of a device without a
   * tree the root hash stands in as a leaf of one digest.
   */
  leaves(firstBlock: number, blocks: number): VerifiedBlock[] | Promise<VerifiedBlock[]> {
    const { geometry, rootHash } = this.#parts;
    if (geometry.levels.length === 0) return [rootHash];
    const first = Math.floor(firstBlock / geometry.digestsPerBlock);
    const last = Math.floor((firstBlock + blocks - 1) / geometry.digestsPerBlock);
    const found: VerifiedBlock[] = [];
    for (let index = first; index <= last; index++) {
      const leaf = this.#cache.get(this.#firstLeaf + index);
      if (leaf === undefined) return this.#gather(first, last);
      found.push(leaf);
    }
    return found;
  }

  /**
   * Verifies the root block, if there is one.
   *
   * @throws {IntegrityError} `hash-block-mismatch` or `spare-not-zero`.
   * @throws {DeviceError} when the hash device fails.
   */
  async verifyRoot(): Promise<void> {
    const top = this.#parts.geometry.levels.length - 1;
    if (top >= 0) await this.#block(top, 0);
  }

  /** Forgets all verified blocks. */
  clear(): void {
    this.#cache.clear();
  }

  #gather(first: number, last: number): Promise<VerifiedBlock[]> {
    const leaves: (VerifiedBlock | Promise<VerifiedBlock>)[] = [];
    for (let index = first; index <= last; index++) leaves.push(this.#block(0, index));
    return Promise.all(leaves);
  }

  #block(level: number, index: number): VerifiedBlock | Promise<VerifiedBlock> {
    const position = this.#position(level, index);
    const known = this.#cache.get(position) ?? this.#fetches.get(position);
    if (known !== undefined) return known;
    const fetch = this.#fetch(level, index, position);
    this.#fetches.set(position, fetch);
    unheard(fetch);
    return fetch;
  }

  async #fetch(level: number, index: number, position: number): Promise<VerifiedBlock> {
    try {
      const expected = await this.#expectedDigest(level, index);
      const verified = expected && (await this.#verified(level, index, expected));
      if (verified !== undefined) this.#cache.put(position, verified);
      return verified;
    } finally {
      this.#fetches.delete(position);
    }
  }

  async #expectedDigest(level: number, index: number): Promise<Uint8Array | undefined> {
    const { geometry, rootHash } = this.#parts;
    if (level === geometry.levels.length - 1) return rootHash;
    const parent = await this.#block(level + 1, Math.floor(index / geometry.digestsPerBlock));
    const start = (index % geometry.digestsPerBlock) * geometry.slotSizeBytes;
    return parent?.subarray(start, start + geometry.digestSizeBytes);
  }

  /** Fetches one hash block, and returns a copy of its bytes that was checked where it lay. */
  async #verified(level: number, index: number, expected: Uint8Array): Promise<VerifiedBlock> {
    const { hash, geometry, hasher, slots, repairer } = this.#parts;
    const size = geometry.hashBlockSize;
    let failure: unknown;
    const slot = await slots.take(undefined);
    try {
      const offset = geometry.offsetBytes(level, index);
      try {
        await load(hash, offset, hasher, slot, size, undefined);
        if (this.#matches(slot, expected)) return this.#withoutSpare(level, index, slot);
      } catch (error) {
        failure = hostFailure(error, hash, offset, undefined);
        if (repairer === undefined || !isUnreadable(failure)) throw failure;
      }
    } finally {
      slots.giveBack(slot);
    }
    const repaired = await this.#repaired(level, index, expected);
    if (repaired !== undefined) return repaired;
    if (failure !== undefined) throw failure;
    return this.#refused("hash-block-mismatch", level, index);
  }

  async #repaired(level: number, index: number, expected: Uint8Array): Promise<VerifiedBlock> {
    const { hash, geometry, hasher, slots, repairer, log } = this.#parts;
    const candidate = await repairer?.repairHashBlock(level, index, expected.slice());
    if (candidate?.length !== geometry.hashBlockSize) return undefined;
    const slot = await slots.take(undefined);
    try {
      hasher.input.set(candidate, slot);
      if (!this.#matches(slot, expected)) return undefined;
      log.repaired(hash.name, level, index);
      return this.#withoutSpare(level, index, slot);
    } finally {
      slots.giveBack(slot);
    }
  }

  #matches(slot: number, expected: Uint8Array): boolean {
    const { hasher, geometry } = this.#parts;
    const digest = hasher.digest(slot, geometry.hashBlockSize, 1);
    return equalBytes(digest, expected);
  }

  /** A private copy of a block whose digest fits, if its unused bytes are zero too. */
  #withoutSpare(level: number, index: number, slot: number): VerifiedBlock {
    const { geometry, hasher } = this.#parts;
    const bytes = hasher.input.slice(slot, slot + geometry.hashBlockSize);
    const spare = findSpare(geometry, bytes, geometry.usedSlots(level, index));
    return spare === undefined ? bytes : this.#refused("spare-not-zero", level, index);
  }

  #refused(code: "hash-block-mismatch" | "spare-not-zero", level: number, index: number): undefined {
    const { log, hash } = this.#parts;
    const error = log.corrupt(code, hash.name, level, index);
    if (!log.ignore) throw error;
    return undefined;
  }

  #position(level: number, index: number): number {
    const found = this.#parts.geometry.levels[level];
    invariant(
      found !== undefined && index < found.blocks,
      `the tree has no block ${index} in level ${level}`,
    );
    return found.firstBlock + index;
  }
}
