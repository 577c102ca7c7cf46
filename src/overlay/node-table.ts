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
  /** Those of the upper's alone by their number there, whatever their names. */
  readonly #ofUpper: Nodes<number> = new Map();
  /** All others, by their name in a directory, from which they do not part before they are copied up. */
  readonly #byName: Nodes<string> = new Map();
  /** How many entries there are when those of nodes that are gone are taken out. */
  #sweepAt = fewNodes;
  #serial = 0;

  constructor(numbers: NodeNumbers) {
    this.#numbers = numbers;
  }

  /** The object of what a lookup found, made where there is none. */
  node(merged: MergedNode, parent: OverlayNode | undefined, name: Uint8Array, inode: number): OverlayNode {
    const known = this.#known(merged, parent, name);
    if (known !== undefined && !known.isRemoved) return known;
    this.#serial += 1;
    const node = new OverlayNode(this.#serial, inode, merged);
    if (node.isDirectory || !node.isPureUpper) {
      node.parent = parent;
      node.name = new Uint8Array(name);
    }
    this.#keep(node);
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
    if (!node.isDirectory) this.#drop(node);
    node.upper = upper.node;
    node.isImpure = false;
    if (node.isDirectory) return;
    if (node.hasOtherNames) node.inode = this.#numbers.of(upper);
    node.hasOrigin = !node.hasOtherNames;
    node.hasOtherNames = false;
    node.lowers = [];
    node.content = undefined;
    this.#keep(node);
  }

  /** Notes that an empty directory has become one of the upper's alone, which hides what lower layers have. */
  cleared(node: OverlayNode, upper: LayerNode): void {
    this.#drop(node);
    // What was remembered of its names says where whiteouts are: it is remembered of nobody any more.
    this.#serial += 1;
    node.serial = this.#serial;
    node.inode = this.#numbers.of(upper);
    node.upper = upper.node;
    node.lowers = [];
    node.isOpaque = true;
    node.isImpure = false;
    node.version += 1;
    this.#keep(node);
  }

  /** Notes that a node's last name is gone. */
  removed(node: OverlayNode): void {
    node.isRemoved = true;
    this.#drop(node);
  }

  #known(
    { upper, lowers }: MergedNode,
    parent: OverlayNode | undefined,
    name: Uint8Array,
  ): OverlayNode | undefined {
    if (upper !== undefined && lowers.length === 0) return this.#ofUpper.get(upper.inode)?.deref();
    return this.#byName.get(nameKey(parent, name))?.deref();
  }

  #drop({ upper, isPureUpper, parent, name }: OverlayNode): void {
    if (upper !== undefined && isPureUpper) this.#ofUpper.delete(upper.inode);
    else this.#byName.delete(nameKey(parent, name as Uint8Array));
  }

  #keep(node: OverlayNode): void {
    if (this.#ofUpper.size + this.#byName.size >= this.#sweepAt) this.#sweep();
    const { upper, isPureUpper, parent, name } = node;
    if (upper !== undefined && isPureUpper) this.#ofUpper.set(upper.inode, new WeakRef(node));
    else this.#byName.set(nameKey(parent, name as Uint8Array), new WeakRef(node));
  }

  /** Takes out what is gone, each time that twice as many are there: cheaper than to be told of each. */
  #sweep(): void {
    sweep(this.#ofUpper);
    sweep(this.#byName);
    this.#sweepAt = Math.max(fewNodes, 2 * (this.#ofUpper.size + this.#byName.size));
  }
}

type Nodes<Key> = Map<Key, WeakRef<OverlayNode>>;

function sweep<Key>(nodes: Nodes<Key>): void {
  for (const [key, node] of nodes) if (node.deref() === undefined) nodes.delete(key);
}

function nameKey(parent: OverlayNode | undefined, name: Uint8Array): string {
  return `${parent?.serial ?? 0}/${latin1FromBytes(name)}`;
}

/** What a name was found to stand for. */
export interface FoundName {
  readonly node: OverlayNode | undefined;
  /** The upper says by a whiteout that there is nothing. */
  readonly isWhiteout: boolean;
}
