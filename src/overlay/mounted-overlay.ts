/** A container's root file system as those who use it have it. */
import type { OpenedLayer } from "../layer/opened-layer.ts";
import type { NodeAttributes } from "../tree/attributes.ts";
import { compareTrees } from "../tree/compare-trees.ts";
import type { TreeOptions } from "../tree/file-tree.ts";
import type { TreeChange } from "../tree/tree-change.ts";
import { WritableTreeFiles } from "../tree/writable-tree-files.ts";
import { type Closable, closeInOrder } from "./close-order.ts";
import { openOverlay } from "./open-overlay.ts";
import type { OverlayUpper } from "./overlay-state.ts";
import type { OverlayTree } from "./overlay-tree.ts";

/** What a mounted overlay is made of. */
interface MountParts {
  readonly container: string;
  /** Topmost first. */
  readonly lowerLayers: readonly OpenedLayer[];
  readonly tree: OverlayTree;
  /** Where changes are kept, and what its root was when it was mounted; undefined where there are none. */
  readonly changed: { readonly upper: OverlayUpper; readonly root: NodeAttributes } | undefined;
  /** Closed after the tree, in this order. */
  readonly below: readonly Closable[];
}

/**
 * The files of a container, in the manner of `node:fs/promises`. Made by `mountOverlay`,
 * `mountLayers` and `mountImage`; whoever has it closes it.
 */
export class MountedOverlay extends WritableTreeFiles implements AsyncDisposable {
  /** The container's id. */
  readonly container: string;
  /** Topmost first, as a mount names them. */
  readonly lowerLayers: readonly OpenedLayer[];
  declare readonly tree: OverlayTree;
  readonly #parts: MountParts;
  #closing: Promise<void> | undefined;

  /** Made by `mountOverlay`. */
  constructor(parts: MountParts) {
    super(parts.tree);
    this.#parts = parts;
    this.container = parts.container;
    this.lowerLayers = parts.lowerLayers;
  }

  /** Without scratch: whatever would change something is `EROFS`. */
  override get isReadOnly(): boolean {
    return this.#parts.changed === undefined;
  }

  /**
   * What the container changed since it was mounted: files and directories that are new, gone, or other than
   * the layers have them. What was written and then put back is no change. See `compareTrees`.
   *
   * While something changes, what is found is of no one moment.
   */
  async *changes(options: TreeOptions = {}): AsyncGenerator<TreeChange, void, undefined> {
    const { changed, tree, lowerLayers, container } = this.#parts;
    if (changed === undefined) return;
    const { upper, root } = changed;
    const trees = lowerLayers.map((layer) => layer.tree);
    await using before = await openOverlay(trees, { name: `layers of ${container}` });
    const touched = { tree: upper.tree, node: upper.upper };
    for await (const change of compareTrees({ tree: before }, { tree }, { ...options, touched })) {
      const isRoot = change.kind === "modified" && change.path.length === 1;
      const own = isRoot ? rootChange(change, root) : change;
      if (own !== undefined) yield own;
    }
  }

  /**
   * Waits for the calls under way, then lets go of everything in order: the merged tree, the scratch, which is
   * wiped where nobody else uses it, and the layers.
   */
  close(): Promise<void> {
    const { tree, below } = this.#parts;
    this.#closing ??= closeInOrder([tree, ...below]);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The root is the upper's, made anew with attributes of its own: that they are not the layers' is nobody's change. */
function rootChange(
  change: TreeChange & { readonly kind: "modified" },
  root: NodeAttributes,
): TreeChange | undefined {
  const differences = change.differences.filter((difference) => {
    const { field } = difference;
    if (field === "xattr") return difference.after !== undefined;
    const isKept = field === "permissions" || field === "uid" || field === "gid";
    return !isKept || change.after[field] !== root[field];
  });
  return differences.length === 0 ? undefined : { ...change, before: root, differences };
}
