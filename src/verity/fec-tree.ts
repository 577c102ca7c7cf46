/**
 * The hash tree, as erasures are located by it: what digest a block of the
 * protected message must have, by verified hash blocks up to the root hash.
 */
import { equalBytes } from "../bytes/compare.ts";
import type { BlockHasher } from "../crypto/block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { readBlocks } from "./block-reads.ts";
import { FecBlockStore } from "./fec-block-store.ts";
import type { FecLayout } from "./fec-layout.ts";
import type { TreeGeometry } from "./geometry.ts";

/** Rebuilds a hash block of which the true digest is known; `undefined` where that fails. */
export type HashBlockRebuilder = (
  block: number,
  expectedDigest: Uint8Array,
  signal: AbortSignal | undefined,
) => Promise<Uint8Array | undefined>;

/** What a `FecTree` is made of. The root hash is trusted, the device is not. */
export interface FecTreeOptions {
  readonly hash: BlockDevice;
  readonly rootHash: Uint8Array;
  readonly geometry: TreeGeometry;
  readonly layout: FecLayout;
  readonly hasher: BlockHasher;
  /** Asked where a hash block is wrong on the device. */
  readonly rebuild: HashBlockRebuilder;
}

/** How many bytes of verified hash blocks are kept. */
const keptBytes = 8_388_608;

/** See the head of this file. Not for overlapping calls. */
export class FecTree {
  readonly #options: FecTreeOptions;
  /** Verified hash blocks, by their number in the message. */
  readonly #verified: FecBlockStore<Uint8Array>;

  constructor(options: FecTreeOptions) {
    this.#options = options;
    this.#verified = new FecBlockStore(Math.max(1, keptBytes / options.geometry.hashBlockSize));
  }

  /** The number in the message of a hash block of the tree. */
  messageBlock(level: number, index: number): number {
    const { geometry, layout } = this.#options;
    return geometry.offsetBytes(level, index) / layout.blockSize - layout.firstHashBlock + layout.dataBlocks;
  }

  /** Digest of one block, as a view that holds until the next. */
  digest(block: Uint8Array): Uint8Array {
    const { hasher } = this.#options;
    hasher.input.set(block);
    return hasher.digest(0, block.length, 1);
  }

  /**
   * The digest that a message block must have.
   *
   * @returns `undefined` for what the tree does not cover, and where the hash blocks above are lost.
   */
  async expectedDigest(block: number, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    const { geometry, layout } = this.#options;
    if (block < layout.dataBlocks) return await this.#slot(0, block, signal);
    const position = block - layout.dataBlocks + layout.firstHashBlock;
    for (const { level, firstBlock, blocks } of geometry.levels) {
      const index = position - firstBlock;
      if (index >= 0 && index < blocks) return await this.#slot(level + 1, index, signal);
    }
    return undefined;
  }

  /** Lets the kept blocks go. */
  clear(): void {
    this.#verified.clear();
  }

  /** What `level` holds for its child number `child`; above the top that is the root hash. */
  async #slot(
    level: number,
    child: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const { geometry, rootHash } = this.#options;
    if (level === geometry.levels.length) return rootHash;
    const parent = await this.#block(level, Math.floor(child / geometry.digestsPerBlock), signal);
    const offset = (child % geometry.digestsPerBlock) * geometry.slotSizeBytes;
    return parent?.slice(offset, offset + geometry.digestSizeBytes);
  }

  async #block(
    level: number,
    index: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const { hash, geometry, rebuild } = this.#options;
    const block = this.messageBlock(level, index);
    const kept = this.#verified.get(block);
    if (kept !== undefined) return kept;
    const expected = await this.#slot(level + 1, index, signal);
    if (expected === undefined) return undefined;
    const size = geometry.hashBlockSize;
    const bytes = new Uint8Array(size);
    const unread = await readBlocks(hash, geometry.offsetBytes(level, index) / size, size, bytes, signal);
    if (unread.length > 0 || !equalBytes(this.digest(bytes), expected)) {
      return await rebuild(block, expected, signal);
    }
    this.#verified.put(block, bytes);
    return bytes;
  }
}
