/**
 * Rebuilding lost blocks, as the kernel does it (`drivers/md/dm-verity-fec.c`):
 * the block's round is decoded for errors at unknown places first, which
 * mends half as many blocks as there are roots; failing that, with the blocks
 * whose own digest is wrong as erasures, which mends as many as there are
 * roots. What comes out counts only if it has the digest that the tree wants.
 *
 * Locating erasures needs the tree, which may be damaged too: hash blocks
 * that stand in the way are rebuilt likewise, from the root downward.
 *
 * ## Performance
 * One round is at work at a time. A rebuilt round's other blocks are kept, so
 * that mending a stretch of a device decodes each of its rounds about once.
 * Memory is taken at the first repair: 255 − roots blocks, 10 MiB for the
 * tree, and `keptBytes`; on a healthy device, none.
 */

import { equalBytes } from "../bytes/compare.ts";
import { copyOf } from "../bytes/copy.ts";
import type { BlockHasher } from "../crypto/block-hasher.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { StateError, UsageError } from "../errors.ts";
import { FecBlockStore } from "./fec-block-store.ts";
import { type FecLayout, type FecParameters, fecLayout } from "./fec-layout.ts";
import { FecRound, type MendedBlock } from "./fec-round.ts";
import { FecTree } from "./fec-tree.ts";
import { type GeometryOptions, type TreeGeometry, treeGeometry } from "./geometry.ts";
import { checkIdentity, copyIdentity, saltPosition, type VerityIdentity } from "./identity.ts";
import { defaultPlacement, firstHashBlock, type VerityPlacement } from "./placement.ts";
import type { BlockRepairer } from "./repair.ts";

/** One block that was rebuilt. */
export interface FecRepair {
  /** Tree level of a hash block, 0 = leaves; absent for a data block. */
  readonly level?: number;
  /** Number of the data block, or of the hash block within its level. */
  readonly block: number;
  /** How many of its bytes were wrong on the device. */
  readonly correctedBytes: number;
}

/** What a `FecRepairer` works on. The devices are the host's, all else is the caller's. */
export interface FecRepairerOptions extends GeometryOptions {
  readonly data: BlockDevice;
  /** The same object as `data` where they share a device. */
  readonly hash: BlockDevice;
  readonly identity: VerityIdentity;
  /** A superblock at byte 0 unless given. */
  readonly placement?: VerityPlacement;
  readonly fec: FecParameters;
  /**
   * Which blocks are located as erasures. `"tree"` (default): data blocks and hash blocks.
   * `"data-blocks"`: those alone, which is what the kernel does; it rebuilds no more than
   * roots / 2 hash blocks of a codeword then.
   */
  readonly locate?: "tree" | "data-blocks";
  /** How many bytes of rebuilt blocks are kept; 64 MiB unless given. */
  readonly keptBytes?: number;
  /** Told of each block that was asked for and rebuilt. What it throws becomes the repair's error. */
  readonly onRepair?: (repair: FecRepair) => void;
}

const defaultKeptBytes = 67_108_864;
/** How much is hashed at a time while erasures are located. */
const hashBatchBytes = 1_048_576;
/** How deep repairs may nest: the kernel's `DM_VERITY_FEC_MAX_RECURSION`. */
const maxNesting = 4;
/** How many hash blocks one repair may try to rebuild for the sake of locating erasures. */
const maxNestedRepairs = 256;
/** How many blocks are remembered that could not be rebuilt while erasures were located. */
const maxHopeless = 65_536;

/** Rebuilds blocks from their parity; see the head of this file. */
export class FecRepairer implements BlockRepairer {
  readonly #options: FecRepairerOptions;
  readonly #identity: VerityIdentity;
  readonly #geometry: TreeGeometry;
  readonly #layout: FecLayout;
  #workshop: Promise<FecWorkshop> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(options: FecRepairerOptions, geometry: TreeGeometry, layout: FecLayout) {
    const { identity } = options;
    this.#options = options;
    this.#identity = copyIdentity(identity);
    this.#geometry = geometry;
    this.#layout = layout;
  }

  /**
   * Makes a repairer for a volume. Nothing is read yet.
   *
   * @throws {UsageError} `invalid-argument` for an identity, placement or FEC parameters that cannot be.
   * @throws {FormatError} `does-not-fit` where the devices do not hold data, tree or parity.
   */
  static open(options: FecRepairerOptions): FecRepairer {
    const { identity, fec, data, hash, placement = defaultPlacement } = options;
    checkIdentity(identity);
    const first = firstHashBlock(placement, identity.hashBlockSize);
    const geometry = treeGeometry(identity, identity.dataBlocks, first, options);
    const layout = fecLayout(fec, geometry, placement, data, hash);
    return new FecRepairer(options, geometry, layout);
  }

  async repairDataBlock(
    block: number,
    expectedDigest: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    if (!Number.isInteger(block) || block < 0 || block >= this.#geometry.dataBlocks) {
      throw new UsageError("out-of-bounds", `there is no data block ${block}`, { at: { block } });
    }
    return await this.#repair({ block }, block, expectedDigest, signal);
  }

  async repairHashBlock(
    level: number,
    index: number,
    expectedDigest: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const place = this.#geometry.levels[level];
    if (place === undefined || !Number.isInteger(index) || index < 0 || index >= place.blocks) {
      throw new UsageError("out-of-bounds", `there is no hash block ${index} of level ${level}`, {
        at: { block: index, level },
      });
    }
    const { dataBlocks, firstHashBlock } = this.#layout;
    const block = dataBlocks + place.firstBlock + index - firstHashBlock;
    return await this.#repair({ level, block: index }, block, expectedDigest, signal);
  }

  close(): void {
    this.#closed = true;
    const workshop = this.#workshop;
    this.#workshop = undefined;
    void workshop?.then((opened) => opened.close());
  }

  async #repair(
    name: { readonly level?: number; readonly block: number },
    block: number,
    expectedDigest: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const expected = copyOf(expectedDigest);
    const mended = await this.#inTurn(async () => {
      signal?.throwIfAborted();
      this.#workshop ??= FecWorkshop.create(this.#options, this.#identity, this.#geometry, this.#layout);
      const workshop = await this.#workshop;
      return await workshop.repair(block, expected, signal);
    });
    if (mended === undefined) return undefined;
    this.#options.onRepair?.({ ...name, correctedBytes: mended.correctedBytes });
    return mended.bytes.slice();
  }

  /** Repairs share one memory: each waits for the one before. */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(() => {
      if (this.#closed) throw new StateError("closed", "the FEC repairer is closed");
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}

/** The memory and the steps of a repair. One call at a time. */
class FecWorkshop {
  readonly #layout: FecLayout;
  readonly #round: FecRound;
  readonly #hasher: BlockHasher;
  readonly #tree: FecTree;
  readonly #locateHashBlocks: boolean;
  /** Blocks that decoding changed, to be held against a digest once they are asked for. */
  readonly #mended: FecBlockStore<MendedBlock>;
  /** Hash blocks that were rebuilt and have their digest: read from here from then on. */
  readonly #rebuilt: FecBlockStore<MendedBlock>;
  /** Blocks whose repair is under way, outermost first. */
  readonly #underWay: Set<number> = new Set();
  /** Hash blocks that did not yield: not tried again for the sake of others. */
  readonly #hopeless: FecBlockStore<true> = new FecBlockStore(maxHopeless);
  #nestedRepairs = 0;

  private constructor(
    options: FecRepairerOptions,
    identity: VerityIdentity,
    geometry: TreeGeometry,
    layout: FecLayout,
    round: FecRound,
    hasher: BlockHasher,
  ) {
    const capacity = Math.max(1, Math.floor((options.keptBytes ?? defaultKeptBytes) / 2 / layout.blockSize));
    this.#layout = layout;
    this.#round = round;
    this.#hasher = hasher;
    this.#mended = new FecBlockStore(capacity);
    this.#rebuilt = new FecBlockStore(capacity);
    this.#locateHashBlocks = options.locate !== "data-blocks";
    const { hash } = options;
    const { rootHash } = identity;
    this.#tree = new FecTree({
      ...{ hash, rootHash, geometry, layout, hasher },
      rebuild: (block, expected, signal) => this.#rebuildHashBlock(block, expected, signal),
    });
  }

  static async create(
    options: FecRepairerOptions,
    identity: VerityIdentity,
    geometry: TreeGeometry,
    layout: FecLayout,
  ): Promise<FecWorkshop> {
    const { blockSize, rows } = layout;
    const round = await FecRound.create(layout, options.data, options.hash, options.fec);
    const hasher = await createBlockHasher({
      algorithm: identity.algorithm,
      salt: identity.salt,
      saltPosition: saltPosition(identity.hashType),
      capacityBytes: Math.min(rows, Math.max(1, Math.floor(hashBatchBytes / blockSize))) * blockSize,
    });
    return new FecWorkshop(options, identity, geometry, layout, round, hasher);
  }

  async repair(
    block: number,
    expected: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<MendedBlock | undefined> {
    this.#nestedRepairs = 0;
    const kept = this.#rebuilt.get(block) ?? this.#mended.get(block);
    if (kept !== undefined && this.#fits(kept.bytes, expected)) return kept;
    const mended = await this.#rebuild(block, expected, signal);
    if (mended !== undefined && block >= this.#layout.dataBlocks) this.#rebuilt.put(block, mended);
    return mended;
  }

  close(): void {
    this.#round.close();
    this.#hasher.close();
    this.#tree.clear();
    this.#mended.clear();
    this.#rebuilt.clear();
  }

  async #rebuildHashBlock(
    block: number,
    expected: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const kept = this.#rebuilt.get(block) ?? this.#mended.get(block);
    if (kept !== undefined && this.#fits(kept.bytes, expected)) return kept.bytes;
    if (this.#hopeless.get(block) || this.#underWay.has(block)) return undefined;
    if (this.#underWay.size >= maxNesting || this.#nestedRepairs >= maxNestedRepairs) return undefined;
    this.#nestedRepairs++;
    const mended = await this.#rebuild(block, expected, signal);
    if (mended === undefined) this.#hopeless.put(block, true);
    else this.#rebuilt.put(block, mended);
    return mended?.bytes;
  }

  async #rebuild(
    block: number,
    expected: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<MendedBlock | undefined> {
    const round = this.#layout.roundOf(block);
    const known = (other: number): Uint8Array | undefined => this.#rebuilt.get(other)?.bytes;
    this.#underWay.add(block);
    try {
      if (!(await this.#round.load(round, known, signal))) return undefined;
      const mended = this.#attempt(block, round, expected, this.#round.lostRows);
      if (mended !== undefined) return mended;
      const digests = await this.#expectedDigests(round, signal);
      // Again: repairs of hash blocks have used the memory, and may have found blocks of this round.
      if (!(await this.#round.load(round, known, signal))) return undefined;
      return this.#attempt(block, round, expected, this.#locate(digests));
    } finally {
      this.#underWay.delete(block);
    }
  }

  #attempt(
    block: number,
    round: number,
    expected: Uint8Array,
    erasures: readonly number[],
  ): MendedBlock | undefined {
    const row = this.#layout.rowOf(block);
    const mended = this.#round.decode(erasures);
    if (mended === undefined) return undefined;
    const found = mended.get(row) ?? { bytes: this.#round.row(row).slice(), correctedBytes: 0 };
    if (!this.#fits(found.bytes, expected)) return undefined;
    for (const [other, change] of mended) this.#mended.put(this.#layout.blockAt(other, round), change);
    return found;
  }

  /** By row, the digest that its block must have, where that is known. */
  async #expectedDigests(
    round: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly (Uint8Array | undefined)[]> {
    const { rows, blocks, dataBlocks } = this.#layout;
    const end = this.#locateHashBlocks ? blocks : dataBlocks;
    const digests: (Uint8Array | undefined)[] = [];
    for (let row = 0; row < rows; row++) {
      const block = this.#layout.blockAt(row, round);
      digests.push(block < end ? await this.#tree.expectedDigest(block, signal) : undefined);
    }
    return digests;
  }

  /** Rows of the loaded round that were not read, or do not have their digest. */
  #locate(digests: readonly (Uint8Array | undefined)[]): number[] {
    const { blockSize, rows } = this.#layout;
    const { input, digestSizeBytes } = this.#hasher;
    const erasures = new Set(this.#round.lostRows);
    const batchRows = input.length / blockSize;
    for (let first = 0; first < rows; first += batchRows) {
      const count = Math.min(batchRows, rows - first);
      for (let i = 0; i < count; i++) input.set(this.#round.row(first + i), i * blockSize);
      const found = this.#hasher.digest(0, blockSize, count);
      for (let i = 0; i < count; i++) {
        const expected = digests[first + i];
        const digest = found.subarray(i * digestSizeBytes, (i + 1) * digestSizeBytes);
        if (expected !== undefined && !equalBytes(digest, expected)) erasures.add(first + i);
      }
    }
    return [...erasures];
  }

  #fits(block: Uint8Array, expected: Uint8Array): boolean {
    return equalBytes(this.#tree.digest(block), expected);
  }
}
