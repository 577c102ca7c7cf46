/**
 * Builds a hash tree from the digests of its data blocks, given in order: the
 * levels of a tree whose shape is known, each at its place on the hash device.
 */
import { invariant } from "../errors.ts";
import type { HasherFactory } from "./data-digests.ts";
import type { TreeGeometry } from "./geometry.ts";
import type { VerityParameters } from "./identity.ts";
import { TreeLevels } from "./tree-levels.ts";

/**
 * Takes finished, consecutive hash blocks of one level.
 *
 * @param offsetBytes where they belong on the hash device.
 * @param blocks whole hash blocks, a copy that is the sink's to keep.
 */
export type HashBlockSink = (offsetBytes: number, blocks: Uint8Array) => Promise<void>;

/** See the head of this file. Used by one caller: no call before the last has settled. */
export class TreeBuilder {
  readonly #geometry: TreeGeometry;
  readonly #levels: TreeLevels;

  private constructor(geometry: TreeGeometry, levels: TreeLevels) {
    this.#geometry = geometry;
    this.#levels = levels;
  }

  /** @param createHasher makes the hasher of hash blocks; on the WASM core unless given. */
  static async create(
    geometry: TreeGeometry,
    parameters: VerityParameters,
    sink: HashBlockSink,
    createHasher?: HasherFactory,
  ): Promise<TreeBuilder> {
    const levels = await TreeLevels.create(parameters, {
      levels: geometry.levels.length > 0 ? "at-least-one" : "linux",
      mostBlocks: (level) => geometry.levels[level]?.blocks ?? 1,
      sink: (level, firstIndex, blocks) => sink(geometry.offsetBytes(level, firstIndex), blocks),
      ...(createHasher && { createHasher }),
    });
    return new TreeBuilder(geometry, levels);
  }

  /**
   * Takes the digests of the next data blocks, packed. The builder is done with them when it settles.
   *
   * @throws whatever the sink throws; the tree is then unfinished for good.
   */
  async add(digests: Uint8Array): Promise<void> {
    const blocks = this.#levels.dataBlocks + digests.length / this.#geometry.digestSizeBytes;
    invariant(blocks <= this.#geometry.dataBlocks, "more digests than data blocks");
    await this.#levels.add(digests);
  }

  /**
   * Writes what is left and closes the tree.
   *
   * @returns the root hash.
   */
  async finish(): Promise<Uint8Array> {
    invariant(this.#levels.dataBlocks === this.#geometry.dataBlocks, "fewer digests than data blocks");
    const { rootHash } = await this.#levels.finish();
    return rootHash;
  }

  close(): void {
    this.#levels.close();
  }
}
