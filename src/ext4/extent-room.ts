/** Room in extent trees: full nodes are split, a root that is full sinks, and one that can rises again. */
import type { BlockKind } from "./block-kind.ts";
import { extentBlockKind } from "./extent-checks.ts";
import { ExtentNode } from "./extent-node.ts";
import type { PathStep } from "./extent-tree.ts";
import { inodeFields } from "./inode.ts";
import type { LiveInode } from "./live-inode.ts";
import { fieldBytes } from "./structure.ts";
import type { WritableVolume } from "./writable-volume.ts";

/** Makes nodes of a path ones that can be changed, as many as are told, from the leaf up. */
export type ModifyPath = (steps: number) => void;

/** The nodes of one inode's tree that stand in blocks. */
export class ExtentRoom {
  readonly #volume: WritableVolume;
  readonly #inode: LiveInode;
  /** How they are checked and sealed. */
  readonly kind: BlockKind;

  constructor(volume: WritableVolume, inode: LiveInode) {
    this.#volume = volume;
    this.#inode = inode;
    this.kind = extentBlockKind(volume, inode);
  }

  /**
   * Makes some room on the way to a leaf that is full: not always enough, so that the caller looks again.
   *
   * @throws {FileError} `ENOSPC`.
   */
  make(path: readonly PathStep[], modify: ModifyPath): void {
    let level = path.length - 2;
    while (level >= 0 && (path[level] as PathStep).node.isFull) level -= 1;
    modify(path.length - Math.max(level, 0));
    if (level < 0) this.#sink((path[0] as PathStep).node);
    else this.#split(path[level] as PathStep, path[level + 1] as PathStep);
  }

  /** Takes the entries of a root's only leaf into the root, where they fit (`ext4_ext_try_to_merge_up`). */
  shrink(root: ExtentNode): void {
    if (root.depth !== 1 || root.count !== 1) return;
    const block = root.child(0);
    const bytes = this.#volume.viewBlock(block, this.kind);
    const leaf = new ExtentNode(bytes.slice(), block);
    if (leaf.count > root.max) return;
    root.remove(0);
    root.depth = 0;
    leaf.moveTo(root, 0);
    this.#volume.blocks.free(block, 1, { held: this.#inode.isOrphan });
    this.#inode.addBlocks(-1);
  }

  /** Everything in the root goes into a block below it. */
  #sink(root: ExtentNode): void {
    const node = this.#create(root);
    const sunk = new ExtentNode(fieldBytes(this.#inode.modifyBytes(), 0, inodeFields.block), undefined);
    sunk.moveTo(node, 0);
    sunk.depth = node.depth + 1;
    sunk.open(0);
    sunk.setIndex(0, { logical: node.logical(0), block: node.block as number });
  }

  #split(parent: PathStep, { node, index }: PathStep): void {
    const sibling = this.#create(node);
    // Files mostly grow at their end: what is in front stays full then.
    const isLast = index === node.count - 1;
    node.moveTo(sibling, isLast ? index : node.count >>> 1);
    parent.node.open(parent.index + 1);
    parent.node.setIndex(parent.index + 1, { logical: sibling.logical(0), block: sibling.block as number });
  }

  /** A node without entries, of the depth of another, near it. */
  #create({ block: near, depth }: ExtentNode): ExtentNode {
    const goal = near ?? this.#volume.inodes.goalOf(this.#inode);
    const { block } = this.#volume.blocks.allocate(goal, 1, { held: this.#inode.isOrphan });
    this.#inode.addBlocks(1);
    return ExtentNode.create(this.#volume.newBlock(block, this.kind), block, depth);
  }
}
