/** The merged tree's nodes that anyone refers to. */
import { latin1FromBytes } from "../bytes/latin1.ts";
import type { NodeType } from "../tree/attributes.ts";
import type { LayerNode, NodeNumbers } from "./layer.ts";
import { type MergedNode, OverlayNode } from "./overlay-node.ts";

/** So many nodes are kept track of before those that are gone are looked for. */
const fewNodes = 1024;

/** Finds the one object of a node. Holds none of them. */
export class NodeTable {
  readonly #numbers: NodeNumbers;
  readonly #nodes: Map<string, WeakRef<OverlayNode>> = new Map();
  /** How many entries there are when those of nodes that are gone are taken out. */
  #sweepAt = fewNodes;
  #serial = 0;

  constructor(numbers: NodeNumbers) {
    this.#numbers = numbers;
  }

  /** The object of what a lookup found, made where there is none. */
  node(merged: MergedNode, parent: OverlayNode | undefined, name: Uint8Array, inode: number): OverlayNode {
    const key = keyOf(merged, parent, name);
    const known = this.#nodes.get(key)?.deref();
    if (known !== undefined && !known.isRemoved) return known;
    this.#serial += 1;
    const node = new OverlayNode(this.#serial, inode, merged);
    node.parent = parent;
    node.name = name.slice();
    this.#keep(key, node);
    return node;
  }

  /** A node that is found by no name, for what is there and cannot be used. */
  refused(place: LayerNode, type: NodeType, refusal: Error): OverlayNode {
    this.#serial += 1;
    const node = new OverlayNode(this.#serial, this.#numbers.of(place), {
      type,
      upper: undefined,
      lowers: [place],
      content: undefined,
      originNumber: undefined,
      hasOtherNames: false,
      isOpaque: false,
    });
    node.refusal = refusal;
    return node;
  }

  /** Notes that a node of a lower layer has become one of the upper's. */
  copiedUp(node: OverlayNode, upper: LayerNode): void {
    const { parent, name } = node;
    if (!node.isDirectory) this.#nodes.delete(keyOf(node, parent, name));
    node.upper = upper.node;
    node.isImpure = false;
    if (node.isDirectory) return;
    if (node.hasOtherNames) node.inode = this.#numbers.of(upper);
    node.hasOrigin = !node.hasOtherNames;
    node.hasOtherNames = false;
    node.lowers = [];
    node.content = undefined;
    this.#keep(keyOf(node, parent, name), node);
  }

  /** Notes that an empty directory has become one of the upper's alone, which hides what lower layers have. */
  cleared(node: OverlayNode, upper: LayerNode): void {
    this.#nodes.delete(keyOf(node, node.parent, node.name));
    // What was remembered of its names says where whiteouts are: it is remembered of nobody any more.
    this.#serial += 1;
    node.serial = this.#serial;
    node.inode = this.#numbers.of(upper);
    node.upper = upper.node;
    node.lowers = [];
    node.isOpaque = true;
    node.isImpure = false;
    node.version += 1;
    this.#keep(keyOf(node, node.parent, node.name), node);
  }

  /** Notes that a node's last name is gone. */
  removed(node: OverlayNode): void {
    node.isRemoved = true;
    this.#nodes.delete(keyOf(node, node.parent, node.name));
  }

  #keep(key: string, node: OverlayNode): void {
    if (this.#nodes.size >= this.#sweepAt) this.#sweep();
    this.#nodes.set(key, new WeakRef(node));
  }

  /** Takes out what is gone, each time that twice as many are there: cheaper than to be told of each. */
  #sweep(): void {
    for (const [key, node] of this.#nodes) if (node.deref() === undefined) this.#nodes.delete(key);
    this.#sweepAt = Math.max(fewNodes, 2 * this.#nodes.size);
  }
}

/**
 * What a node is known by: one of the upper's alone by its number there, whatever its names; all others
 * by their name in a directory, from which they do not part before they are copied up.
 */
function keyOf(
  { upper, lowers }: Pick<MergedNode, "upper" | "lowers">,
  parent: OverlayNode | undefined,
  name: Uint8Array,
): string {
  if (upper !== undefined && lowers.length === 0) return `u${upper.inode}`;
  return `${parent?.serial ?? 0}/${latin1FromBytes(name)}`;
}

/** What a name was found to stand for. */
export interface FoundName {
  readonly node: OverlayNode | undefined;
  /** The upper says by a whiteout that there is nothing. */
  readonly isWhiteout: boolean;
}
