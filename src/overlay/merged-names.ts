/** Names of the merged tree: each looked up in all layers once, and then remembered. */
import { FileError } from "../errors.ts";
import type { TreeOptions } from "../tree/file-tree.ts";
import { KnownNames } from "../tree/known-names.ts";
import type { Layer } from "./layer.ts";
import type { KnownPlace, LayerSearch } from "./layer-search.ts";
import { mark } from "./marks.ts";
import type { FoundName, NodeTable } from "./node-table.ts";
import type { OverlayNode } from "./overlay-node.ts";

/** The longest name that any layer can have. */
const nameLimitBytes = 255;

/** See the head of this file. Whoever calls sees to it that no names change meanwhile. */
export class MergedNames {
  readonly #upper: Layer | undefined;
  readonly #search: LayerSearch;
  readonly #nodes: NodeTable;
  /** Those for nothing too. */
  readonly #cache: KnownNames<FoundName>;

  /** @param keptNames how many names are remembered. */
  constructor(upper: Layer | undefined, search: LayerSearch, nodes: NodeTable, keptNames: number) {
    this.#upper = upper;
    this.#search = search;
    this.#nodes = nodes;
    this.#cache = new KnownNames(keptNames);
  }

  /** The answer that is remembered, where one is. */
  remembered(directory: OverlayNode, name: Uint8Array): FoundName | undefined {
    return this.#cache.get(directory.serial, name);
  }

  /**
   * What a name stands for.
   *
   * @param known spares looking into the layers above.
   * @throws {FileError} `EPERM` where a layer says what is not followed; `ENAMETOOLONG`.
   */
  async find(
    directory: OverlayNode,
    name: Uint8Array,
    options: TreeOptions,
    known?: KnownPlace,
  ): Promise<FoundName> {
    return this.remembered(directory, name) ?? (await this.search(directory, name, options, known));
  }

  /** As `find`, of a name that is not remembered. */
  async search(
    directory: OverlayNode,
    name: Uint8Array,
    options: TreeOptions,
    known?: KnownPlace,
  ): Promise<FoundName> {
    if (name.length > nameLimitBytes) throw new FileError("ENAMETOOLONG", "lookup");
    const { merged, isWhiteout } = await this.#search.find(directory, name, known, options);
    const node = merged && this.#nodes.node(merged, directory, name, this.#search.numberOf(merged));
    if (node?.isDirectory) await this.readMarks(node, options);
    const found = { node, isWhiteout };
    this.#cache.set(directory.serial, name, found);
    return found;
  }

  /** What the upper says of a directory besides. */
  async readMarks(node: OverlayNode, options: TreeOptions): Promise<void> {
    if (!node.isDirectory || node.upper === undefined || node.isImpure !== undefined) return;
    const impure = await (this.#upper as Layer).tree.getxattr(node.upper, mark.impure, options);
    node.isImpure ??= impure !== undefined;
  }

  /** Notes what a name stands for from now on. */
  changed(directory: OverlayNode, name: Uint8Array, found: FoundName): void {
    directory.version += 1;
    this.#cache.set(directory.serial, name, found);
  }

  /** Forgets what a name stands for. */
  forget(directory: OverlayNode, name: Uint8Array): void {
    directory.version += 1;
    this.#cache.forget(directory.serial, name);
  }

  clear(): void {
    this.#cache.clear();
  }
}
