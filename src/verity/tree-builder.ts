/**
 * Builds a hash tree from the digests of its data blocks, given in order. A
 * level keeps one batch of blocks; a full batch is written where it belongs,
 * hashed in one call, and its digests go to the level above. Memory: levels × 256 KiB
 * (one block where a block is larger), whatever the tree's size.
 */
import type { BlockHasher } from "../crypto/block-hasher.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import { invariant } from "../errors.ts";
import type { TreeGeometry, TreeLevel } from "./geometry.ts";
import { saltPosition, type VerityParameters } from "./identity.ts";

/**
 * Takes finished, consecutive hash blocks of one level.
 *
 * @param offsetBytes where they belong on the hash device.
 * @param blocks whole hash blocks, a copy that is the sink's to keep.
 */
export type HashBlockSink = (offsetBytes: number, blocks: Uint8Array) => Promise<void>;

/** How many bytes of hash blocks a level gathers before it writes them. */
const batchSizeBytes = 262_144;

interface LevelBatch {
  readonly place: TreeLevel;
  /** Whole hash blocks; zero wherever no digest stands yet. */
  readonly buffer: Uint8Array;
  readonly capacitySlots: number;
  filledSlots: number;
  finishedBlocks: number;
}

/** See the head of this file. Used by one caller: no call before the last has settled. */
export class TreeBuilder {
  readonly #geometry: TreeGeometry;
  readonly #hasher: BlockHasher;
  readonly #sink: HashBlockSink;
  readonly #levels: readonly LevelBatch[];
  #addedBlocks = 0;
  #rootHash: Uint8Array | undefined;

  private constructor(
    geometry: TreeGeometry,
    levels: readonly LevelBatch[],
    hasher: BlockHasher,
    sink: HashBlockSink,
  ) {
    this.#geometry = geometry;
    this.#levels = levels;
    this.#hasher = hasher;
    this.#sink = sink;
  }

  static async create(
    geometry: TreeGeometry,
    parameters: VerityParameters,
    sink: HashBlockSink,
  ): Promise<TreeBuilder> {
    const { hashBlockSize, digestsPerBlock } = geometry;
    const levels = geometry.levels.map((place) => {
      const blocks = Math.min(place.blocks, Math.max(1, batchSizeBytes / hashBlockSize));
      return {
        place,
        buffer: new Uint8Array(blocks * hashBlockSize),
        capacitySlots: blocks * digestsPerBlock,
        filledSlots: 0,
        finishedBlocks: 0,
      };
    });
    const hasher = await createBlockHasher({
      algorithm: parameters.algorithm,
      salt: parameters.salt,
      saltPosition: saltPosition(parameters.hashType),
      capacityBytes: Math.max(hashBlockSize, ...levels.map(({ buffer }) => buffer.length)),
    });
    return new TreeBuilder(geometry, levels, hasher, sink);
  }

  /**
   * Takes the digests of the next data blocks, packed. The builder is done with them when it settles.
   *
   * @throws whatever the sink throws; the tree is then unfinished for good.
   */
  async add(digests: Uint8Array): Promise<void> {
    this.#addedBlocks += digests.length / this.#geometry.digestSizeBytes;
    invariant(this.#addedBlocks <= this.#geometry.dataBlocks, "more digests than data blocks");
    await this.#addTo(0, digests);
  }

  /**
   * Writes what is left and closes the tree.
   *
   * @returns the root hash.
   */
  async finish(): Promise<Uint8Array> {
    invariant(this.#addedBlocks === this.#geometry.dataBlocks, "fewer digests than data blocks");
    for (const [level, batch] of this.#levels.entries()) {
      if (batch.filledSlots > 0) await this.#flush(level, batch);
    }
    invariant(this.#rootHash !== undefined, "a finished tree has a root hash");
    return this.#rootHash;
  }

  close(): void {
    this.#hasher.close();
  }

  async #addTo(level: number, digests: Uint8Array): Promise<void> {
    const batch = this.#levels[level];
    const { digestSizeBytes } = this.#geometry;
    if (batch === undefined) {
      invariant(digests.length === digestSizeBytes, "one digest stands above the tree");
      this.#rootHash = digests.slice();
      return;
    }
    for (let taken = 0; taken < digests.length; ) {
      const space = (batch.capacitySlots - batch.filledSlots) * digestSizeBytes;
      const part = digests.subarray(taken, taken + space);
      this.#place(batch, part);
      taken += part.length;
      if (batch.filledSlots === batch.capacitySlots) await this.#flush(level, batch);
    }
  }

  #place(batch: LevelBatch, digests: Uint8Array): void {
    const { digestSizeBytes, slotSizeBytes, digestsPerBlock, hashBlockSize } = this.#geometry;
    if (slotSizeBytes === digestSizeBytes && slotSizeBytes * digestsPerBlock === hashBlockSize) {
      batch.buffer.set(digests, batch.filledSlots * slotSizeBytes);
      batch.filledSlots += digests.length / digestSizeBytes;
      return;
    }
    for (let from = 0; from < digests.length; from += digestSizeBytes) {
      const block = Math.floor(batch.filledSlots / digestsPerBlock);
      const slot = batch.filledSlots % digestsPerBlock;
      const digest = digests.subarray(from, from + digestSizeBytes);
      batch.buffer.set(digest, block * hashBlockSize + slot * slotSizeBytes);
      batch.filledSlots++;
    }
  }

  async #flush(level: number, batch: LevelBatch): Promise<void> {
    const { hashBlockSize, digestsPerBlock } = this.#geometry;
    const count = Math.ceil(batch.filledSlots / digestsPerBlock);
    const blocks = batch.buffer.subarray(0, count * hashBlockSize);
    this.#hasher.input.set(blocks);
    // Copies: the level above may hash a batch of its own before it has taken all digests, and
    // what the host is handed it could write to, now or later.
    const digests = this.#hasher.digest(0, hashBlockSize, count).slice();
    const written = blocks.slice();
    blocks.fill(0);
    const offsetBytes = (batch.place.firstBlock + batch.finishedBlocks) * hashBlockSize;
    batch.filledSlots = 0;
    batch.finishedBlocks += count;
    await this.#sink(offsetBytes, written);
    await this.#addTo(level + 1, digests);
  }
}
