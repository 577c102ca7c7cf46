/** What the parts of one overlay share. */
import { CallsUnderWay } from "../device/calls-under-way.ts";
import { FileError, UsageError } from "../errors.ts";
import { CallOrder } from "../tree/call-order.ts";
import type { FileTree, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import type { WritableFileTree } from "../tree/writable-file-tree.ts";
import { type Layer, type LayerNode, NodeNumbers } from "./layer.ts";
import { type Followed, LayerSearch } from "./layer-search.ts";
import { MergedListings } from "./merged-listing.ts";
import { MergedNames } from "./merged-names.ts";
import { NodeTable } from "./node-table.ts";
import { OverlayNode } from "./overlay-node.ts";

/** Where an overlay keeps what is changed. */
export interface OverlayUpper {
  readonly tree: WritableFileTree;
  /** The directory that becomes part of the merged tree. */
  readonly upper: TreeNode;
  /** A directory beside it, in neither of which the other lies, for what is being made. */
  readonly work: TreeNode;
}

/** What an overlay is made of. */
export interface OverlayParts {
  readonly name: string;
  /** Topmost first; at least one. */
  readonly lowers: readonly FileTree[];
  readonly upper: OverlayUpper | undefined;
  readonly followed: Followed;
  readonly keptNames: number;
}

/** See the head of this file. */
export class OverlayState {
  readonly name: string;
  readonly calls: CallsUnderWay = new CallsUnderWay();
  /** Of calls that change names, and of those that only look. */
  readonly order: CallOrder = new CallOrder();
  readonly upper: OverlayUpper | undefined;
  readonly upperLayer: Layer | undefined;
  readonly numbers: NodeNumbers;
  readonly nodes: NodeTable;
  readonly names: MergedNames;
  readonly listings: MergedListings;
  readonly root: OverlayNode;

  constructor({ name, lowers, upper, followed, keptNames }: OverlayParts) {
    this.name = name;
    this.upper = upper;
    this.upperLayer = upper && { index: 0, tree: upper.tree };
    const roots = lowers.map((tree, i): LayerNode => ({ layer: { index: i + 1, tree }, node: tree.root }));
    this.numbers = new NodeNumbers(lowers.length + 1);
    const search = new LayerSearch(this.upperLayer, roots, this.numbers, followed);
    this.nodes = new NodeTable(this.numbers);
    this.names = new MergedNames(this.upperLayer, search, this.nodes, keptNames);
    this.listings = new MergedListings(this.upperLayer, keptNames);
    const merged = {
      type: "directory",
      upper: upper?.upper,
      lowers: roots,
      content: undefined,
      originNumber: undefined,
      hasOtherNames: false,
      isOpaque: false,
    } as const;
    this.root = this.nodes.node(merged, undefined, new Uint8Array(), search.numberOf(merged));
  }

  /** Begins a call, for which closing waits; `calls.leave` must follow. A signal that is aborted already ends it. */
  enter({ signal }: TreeOptions): void {
    this.calls.enter(this.name, signal);
  }

  /** Runs a call, begun and left as it has to be. */
  async run<Result>(options: TreeOptions, call: () => Promise<Result>): Promise<Result> {
    this.enter(options);
    try {
      return await call();
    } finally {
      this.calls.leave();
    }
  }

  /** As `run`, for a call that looks at names, which do not change meanwhile. */
  async look<Result>(options: TreeOptions, call: () => Promise<Result>): Promise<Result> {
    this.enter(options);
    const turn = this.order.beginRead();
    if (turn !== undefined) await turn;
    try {
      return await call();
    } finally {
      this.order.endRead();
      this.calls.leave();
    }
  }

  /** As `run`, for a call that changes something, which has the tree to itself. */
  async change<Result>(options: TreeOptions, call: () => Promise<Result>): Promise<Result> {
    this.enter(options);
    const turn = this.order.beginChange();
    if (turn !== undefined) await turn;
    try {
      options.signal?.throwIfAborted();
      return await call();
    } finally {
      this.order.endChange();
      this.calls.leave();
    }
  }

  /**
   * A node as this overlay made it.
   *
   * @throws {UsageError} `invalid-argument` for one of another tree's.
   * @throws {FileError} `ESTALE` where its last name is gone and no file is open on it; what its lookup was refused with.
   */
  node(node: TreeNode, syscall: string): OverlayNode {
    const own = this.anyNode(node);
    if (own.refusal !== undefined) throw own.refusal;
    if (own.isRemoved && own.openFiles === 0) throw new FileError("ESTALE", syscall);
    return own;
  }

  /** As `node`, and it may be gone. */
  anyNode(node: TreeNode): OverlayNode {
    if (node instanceof OverlayNode) return node;
    throw new UsageError("invalid-argument", `${this.name}: a node of another tree's was passed`);
  }

  /**
   * A directory.
   *
   * @throws {FileError} as `node`; `ENOTDIR`.
   */
  directory(node: TreeNode, syscall: string): OverlayNode {
    const own = this.node(node, syscall);
    if (!own.isDirectory) throw new FileError("ENOTDIR", syscall);
    return own;
  }

  /** Where what users see of a node lies: in the upper, or in the topmost layer that has it. */
  place({ upper, lowers }: OverlayNode): LayerNode {
    if (upper !== undefined) return { layer: this.upperLayer as Layer, node: upper };
    return lowers[0] as LayerNode;
  }
}
