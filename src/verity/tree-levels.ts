/**
 * The levels of a hash tree that grows from the digests of its data blocks,
 * given in order, while nobody needs to know yet how many there will be. A full
 * batch of a level's blocks is handed out, hashed in one call, and its digests
 * go to the level above.
 *
 * Digests of single data blocks may come late: where `hold` has announced one,
 * the hash blocks on its way to the root are kept until `finish`.
 *
 * ## Performance
 * Memory: levels × 256 KiB (one block where a block is larger), and for each
 * held data block at most one hash block a level, whatever the tree's size.
 */
import type { BlockHasher } from "../crypto/block-hasher.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import { invariant } from "../errors.ts";
import type { HasherFactory } from "./data-digests.ts";
import { digestsPerHashBlock, type GeometryOptions, slotSizeBytes } from "./geometry.ts";
import { saltPosition, type VerityParameters } from "./identity.ts";

/**
 * Takes consecutive hash blocks of one level, in rising order; a held block is
 * handed out once more, by itself, when it is final.
 *
 * @param level 0 = leaves.
 * @param firstIndex of the first block, in its level.
 * @param blocks whole hash blocks, a copy that is the sink's to keep.
 */
export type LevelSink = (level: number, firstIndex: number, blocks: Uint8Array) => Promise<void> | void;

/** How levels are grown. */
export interface TreeLevelsOptions extends Pick<GeometryOptions, "levels"> {
  /** Nobody gets the hash blocks unless given: the root hash alone is wanted. */
  readonly sink?: LevelSink;
  /** How many blocks a level will have at the most, where that is known: for less memory. */
  readonly mostBlocks?: (level: number) => number;
  /** Makes the hasher of hash blocks; on the WASM core unless given. */
  readonly createHasher?: HasherFactory;
}

/** What a finished tree is. */
export interface GrownTree {
  readonly rootHash: Uint8Array;
  readonly dataBlocks: number;
}

/** How many bytes of hash blocks a level gathers before it hands them out. */
const batchSizeBytes = 262_144;

interface Level {
  /** Whole hash blocks; zero wherever no digest stands yet. */
  readonly buffer: Uint8Array;
  readonly capacitySlots: number;
  filledSlots: number;
  finishedBlocks: number;
  /** Blocks that are not final, by index; empty until their batch is full. */
  readonly held: Map<number, Uint8Array>;
  /** Digests that came late, by their position in the level. */
  readonly late: Map<number, Uint8Array>;
}

/** See the head of this file. Used by one caller: no call before the last has settled. */
export class TreeLevels {
  readonly #digestSize: number;
  readonly #slotSize: number;
  readonly #digestsPerBlock: number;
  readonly #hashBlockSize: number;
  readonly #hasher: BlockHasher;
  readonly #options: TreeLevelsOptions;
  readonly #levels: Level[] = [];
  #addedBlocks = 0;

  private constructor(parameters: VerityParameters, hasher: BlockHasher, options: TreeLevelsOptions) {
    this.#digestSize = hasher.digestSizeBytes;
    this.#slotSize = slotSizeBytes(parameters);
    this.#digestsPerBlock = digestsPerHashBlock(parameters);
    this.#hashBlockSize = parameters.hashBlockSize;
    this.#hasher = hasher;
    this.#options = options;
  }

  static async create(parameters: VerityParameters, options: TreeLevelsOptions = {}): Promise<TreeLevels> {
    const createHasher = options.createHasher ?? createBlockHasher;
    const most = options.mostBlocks?.(0) ?? Number.POSITIVE_INFINITY;
    const hasher = await createHasher({
      algorithm: parameters.algorithm,
      salt: parameters.salt,
      saltPosition: saltPosition(parameters.hashType),
      capacityBytes: batchBlocks(parameters.hashBlockSize, most) * parameters.hashBlockSize,
    });
    return new TreeLevels(parameters, hasher, options);
  }

  /** How many data blocks' digests have been added. */
  get dataBlocks(): number {
    return this.#addedBlocks;
  }

  /**
   * Announces that the digest of a data block may be replaced.
   *
   * @param dataBlock one whose digest has not been added yet.
   */
  hold(dataBlock: number): void {
    invariant(dataBlock >= this.#addedBlocks, `data block ${dataBlock} was added before it was held`);
    this.#hold(0, Math.floor(dataBlock / this.#digestsPerBlock));
  }

  /**
   * Gives a held data block another digest, before or after its first is added; the last one counts.
   *
   * @param digest copied.
   */
  replace(dataBlock: number, digest: Uint8Array): void {
    const { held, late } = this.#level(0);
    invariant(held.has(Math.floor(dataBlock / this.#digestsPerBlock)), `data block ${dataBlock} is not held`);
    late.set(dataBlock, digest.slice());
  }

  /**
   * Takes the digests of the next data blocks, packed. They are the caller's again when it settles.
   *
   * @throws whatever the sink throws; the tree is then unfinished for good.
   */
  async add(digests: Uint8Array): Promise<void> {
    this.#addedBlocks += digests.length / this.#digestSize;
    await this.#addTo(0, digests);
  }

  /** Hands out what is left and closes the tree. At least one data block must have been added. */
  async finish(): Promise<GrownTree> {
    invariant(this.#addedBlocks > 0, "a tree has at least one data block");
    const least = this.#options.levels === "at-least-one" ? 1 : 0;
    for (let index = 0; ; index++) {
      const level = this.#level(index);
      await this.#settle(index, level);
      if (index >= least && level.finishedBlocks === 0 && level.filledSlots === 1) {
        return { rootHash: level.buffer.slice(0, this.#digestSize), dataBlocks: this.#addedBlocks };
      }
      if (level.filledSlots > 0) await this.#flush(index, level);
    }
  }

  close(): void {
    this.#hasher.close();
  }

  #level(index: number): Level {
    for (let i = this.#levels.length; i <= index; i++) {
      const most = this.#options.mostBlocks?.(i) ?? Number.POSITIVE_INFINITY;
      const blocks = batchBlocks(this.#hashBlockSize, most);
      this.#levels.push({
        buffer: new Uint8Array(blocks * this.#hashBlockSize),
        capacitySlots: blocks * this.#digestsPerBlock,
        filledSlots: 0,
        finishedBlocks: 0,
        held: new Map(),
        late: new Map(),
      });
    }
    return this.#levels[index] as Level;
  }

  #hold(index: number, block: number): void {
    const { held } = this.#level(index);
    if (!held.has(block)) held.set(block, new Uint8Array(0));
  }

  async #addTo(index: number, digests: Uint8Array): Promise<void> {
    const level = this.#level(index);
    for (let taken = 0; taken < digests.length; ) {
      const space = (level.capacitySlots - level.filledSlots) * this.#digestSize;
      const part = digests.subarray(taken, taken + space);
      this.#place(level, part);
      taken += part.length;
      if (level.filledSlots === level.capacitySlots) await this.#flush(index, level);
    }
  }

  #place(level: Level, digests: Uint8Array): void {
    const digestSize = this.#digestSize;
    const perBlock = this.#digestsPerBlock;
    if (this.#slotSize === digestSize && digestSize * perBlock === this.#hashBlockSize) {
      level.buffer.set(digests, level.filledSlots * digestSize);
      level.filledSlots += digests.length / digestSize;
      return;
    }
    for (let from = 0; from < digests.length; from += digestSize) {
      level.buffer.set(digests.subarray(from, from + digestSize), this.#slotOffset(level.filledSlots));
      level.filledSlots++;
    }
  }

  /** Where a slot lies in a run of hash blocks, counted from the run's first slot. */
  #slotOffset(slot: number): number {
    const block = Math.floor(slot / this.#digestsPerBlock);
    return block * this.#hashBlockSize + (slot % this.#digestsPerBlock) * this.#slotSize;
  }

  async #flush(index: number, level: Level): Promise<void> {
    const hashBlockSize = this.#hashBlockSize;
    const count = Math.ceil(level.filledSlots / this.#digestsPerBlock);
    const firstIndex = level.finishedBlocks;
    const blocks = level.buffer.subarray(0, count * hashBlockSize);
    this.#hasher.input.set(blocks);
    // Copies: the level above may hash a batch of its own before it has taken all digests, and
    // what the host is handed it could write to, now or later.
    const digests = this.#hasher.digest(0, hashBlockSize, count).slice();
    for (let i = 0; level.held.size > 0 && i < count; i++) {
      if (!level.held.has(firstIndex + i)) continue;
      level.held.set(firstIndex + i, blocks.slice(i * hashBlockSize, (i + 1) * hashBlockSize));
      this.#hold(index + 1, Math.floor((firstIndex + i) / this.#digestsPerBlock));
    }
    const copy = this.#options.sink && blocks.slice();
    blocks.fill(0);
    level.filledSlots = 0;
    level.finishedBlocks += count;
    if (copy) await this.#options.sink?.(index, firstIndex, copy);
    await this.#addTo(index + 1, digests);
  }

  /** Puts the late digests of a level in their places, and gives the level above what changes there. */
  async #settle(index: number, level: Level): Promise<void> {
    const perBlock = this.#digestsPerBlock;
    for (const [position, digest] of level.late) {
      const block = Math.floor(position / perBlock);
      if (block >= level.finishedBlocks) {
        level.buffer.set(digest, this.#slotOffset(position - level.finishedBlocks * perBlock));
      } else {
        level.held.get(block)?.set(digest, (position % perBlock) * this.#slotSize);
      }
    }
    for (const [block, bytes] of level.held) {
      // What is still in the buffer is hashed with the rest of it.
      if (block >= level.finishedBlocks) continue;
      this.#hasher.input.set(bytes);
      this.#level(index + 1).late.set(block, this.#hasher.digest(0, this.#hashBlockSize, 1).slice());
      await this.#options.sink?.(index, block, bytes);
    }
  }
}

/** How many blocks a level gathers. */
function batchBlocks(hashBlockSize: number, mostBlocks: number): number {
  return Math.max(1, Math.min(mostBlocks, batchSizeBytes / hashBlockSize));
}
