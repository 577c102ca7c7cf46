/**
 * The extent tree of an inode for writing, changed in place: entries are put in,
 * joined, cut and taken out; full nodes are split, empty ones given back. The
 * rules are the kernel's: a node begins where its parent says, and every level is
 * in order.
 */
import { FileError } from "../errors.ts";
import { MAX_EXTENT_BLOCKS } from "./extent.ts";
import { bad, checkEntries, checkHeader } from "./extent-checks.ts";
import {
  type Extent,
  ExtentNode,
  extentEnd,
  extentPart,
  extentsJoin,
  MAX_UNWRITTEN_BLOCKS,
} from "./extent-node.ts";
import { ExtentRoom } from "./extent-room.ts";
import { inodeFields } from "./inode.ts";
import type { LiveInode } from "./live-inode.ts";
import { fieldBytes } from "./structure.ts";
import type { WritableVolume } from "./writable-volume.ts";

/** The block behind the last that a file can have. */
export const LOGICAL_END: number = 2 ** 32 - 1;

/** A stretch of a file: an extent, or a hole, whose `start` is undefined. */
export interface Mapping {
  readonly logical: number;
  readonly blocks: number;
  readonly start: number | undefined;
  readonly written: boolean;
}

/** A step from the root to a leaf. */
export interface PathStep {
  node: ExtentNode;
  /** The entry that was taken; in a leaf the last that begins at the block or before, or -1. */
  index: number;
  /** Where the part of the file ends that is the node's. */
  readonly endLogical: number;
}

/** The tree of an inode that has extents. */
export class ExtentTree {
  readonly #volume: WritableVolume;
  readonly #inode: LiveInode;
  /** Of nodes in blocks, which few trees have. */
  #blocks: ExtentRoom | undefined;
  /** In the inode. */
  readonly #root: ExtentNode;

  /**
   * @throws {FileError} `ENOTSUP` for an inode with block pointers.
   * @throws {FormatError} `bad-field` for a malformed root.
   */
  constructor(volume: WritableVolume, inode: LiveInode) {
    if (!inode.hasExtents) throw new FileError("ENOTSUP", "write");
    this.#volume = volume;
    this.#inode = inode;
    this.#root = new ExtentNode(fieldBytes(inode.bytes, 0, inodeFields.block), undefined);
    checkHeader(volume, inode.number, this.#root.bytes, undefined);
    checkEntries(volume, inode.number, this.#root);
  }

  /** The extent or hole that holds a block of the file; a hole as far as is known without reading more. */
  find(logical: number): Mapping {
    const { node, index, endLogical } = this.#inRoot(logical) ?? (this.#descend(logical).at(-1) as PathStep);
    if (index >= 0) {
      const extent = node.extent(index);
      if (logical < extent.logical + extent.blocks) return extent;
    }
    const before = index >= 0 ? node.extent(index) : undefined;
    const from = before === undefined ? logical : before.logical + before.blocks;
    const end = index + 1 < node.count ? node.logical(index + 1) : endLogical;
    return { logical: from, blocks: end - from, start: undefined, written: false };
  }

  /** The device's block behind the one that stands for the block before `logical`; undefined behind a hole. */
  goalFor(logical: number): number | undefined {
    const { node, index } = this.#inRoot(logical) ?? (this.#descend(logical).at(-1) as PathStep);
    if (index < 0) return undefined;
    const { start, logical: first } = node.extent(index);
    return start + (logical - first);
  }

  /**
   * Puts blocks into a hole.
   *
   * @throws {FileError} `ENOSPC` where a node has to be split and no block is free.
   */
  insert(extent: Extent): void {
    const most = extent.written ? MAX_EXTENT_BLOCKS : MAX_UNWRITTEN_BLOCKS;
    if (extent.blocks <= most) {
      this.#insertOne(extent);
      return;
    }
    for (let done = 0; done < extent.blocks; ) {
      const blocks = Math.min(most, extent.blocks - done);
      this.#insertOne({ ...extent, logical: extent.logical + done, start: extent.start + done, blocks });
      done += blocks;
    }
  }

  /** Makes blocks of one extent that is not written a written one. */
  convert(logical: number, blocks: number, start: number): void {
    this.#cut(logical, logical + blocks, () => undefined);
    this.insert({ logical, blocks, start, written: true });
  }

  /** Gives back the blocks of `[from, end)`. */
  remove(from: number, end: number): void {
    this.#require(from, end);
    const held = this.#inode.isOrphan;
    this.#cut(from, end, ({ start, blocks }) => {
      this.#volume.blocks.free(start, blocks, { held });
      this.#inode.addBlocks(-blocks);
    });
    if (this.#root.depth > 0) this.#room.shrink(this.#changeRoot());
  }

  /** Gives back all blocks. */
  clear(): void {
    this.remove(0, 2 ** 32);
  }

  /** Makes all blocks, those of nodes included, held ones. */
  hold(): void {
    this.#require(0, 2 ** 32);
    const hold = (block: number, blocks: number): void => this.#volume.blocks.hold(block, blocks);
    for (let logical = 0; logical < 2 ** 32; ) {
      const path = this.#descend(logical);
      const { node, endLogical } = path.at(-1) as PathStep;
      for (let index = 0; index < node.count; index++) {
        const { start, blocks } = node.extent(index);
        hold(start, blocks);
      }
      for (const [level, step] of path.entries()) {
        // A node counts at its last leaf.
        const below = path.slice(level, -1);
        const isLast = below.every((each) => each.index === each.node.count - 1);
        if (step.node.block !== undefined && isLast) hold(step.node.block, 1);
      }
      logical = endLogical;
    }
  }

  /** The first extent at a block or behind it. */
  next(logical: number): Extent | undefined {
    for (let at = logical; at < 2 ** 32; ) {
      const { node, index, endLogical } = this.#descend(at).at(-1) as PathStep;
      for (let each = Math.max(index, 0); each < node.count; each++) {
        const extent = node.extent(each);
        if (extent.logical + extent.blocks > at) return extent;
      }
      at = endLogical;
    }
    return undefined;
  }

  get #room(): ExtentRoom {
    this.#blocks ??= new ExtentRoom(this.#volume, this.#inode);
    return this.#blocks;
  }

  #changeRoot(): ExtentNode {
    this.#inode.modifyBytes();
    return this.#root;
  }

  /** The leaf that a block belongs to, where the root is one: most trees are no more than that. */
  #inRoot(logical: number): PathStep | undefined {
    const node = this.#root;
    return node.depth === 0 ? { node, index: node.search(logical), endLogical: 2 ** 32 } : undefined;
  }

  /** The way to the leaf that a block belongs to. */
  #descend(logical: number): PathStep[] {
    let node = this.#root;
    let endLogical = 2 ** 32;
    const path: PathStep[] = [];
    for (;;) {
      const found = node.search(logical);
      if (node.depth === 0) {
        path.push({ node, index: found, endLogical });
        return path;
      }
      // What is in front of the first child is the first child's.
      const index = Math.max(found, 0);
      path.push({ node, index, endLogical });
      if (index + 1 < node.count) endLogical = node.logical(index + 1);
      node = this.#child(node, index, endLogical);
    }
  }

  /**
   * Sees to it that the nodes of a range, and what says which blocks are free, are in memory before anything is
   * changed: each block that came late would have it all begin anew.
   */
  #require(from: number, end: number): void {
    if (this.#root.depth === 0) return;
    for (let at = from; at < end; ) {
      const { node, index, endLogical } = this.#descend(at).at(-1) as PathStep;
      for (let each = Math.max(index, 0); each < node.count && node.logical(each) < end; each++) {
        const { start, blocks } = node.extent(each);
        this.#volume.blocks.require(start, blocks);
      }
      at = endLogical;
    }
  }

  #child(parent: ExtentNode, index: number, endLogical: number): ExtentNode {
    const block = parent.child(index);
    const bytes = this.#volume.viewBlock(block, this.#room.kind, (most) =>
      childrenBehind(parent, index, most),
    );
    checkHeader(this.#volume, this.#inode.number, bytes, block);
    const node = new ExtentNode(bytes, block);
    const fail = (why: string): never => {
      throw bad(this.#volume, this.#inode.number, block, why);
    };
    if (node.depth !== parent.depth - 1) fail(`depth ${node.depth} below depth ${parent.depth}`);
    if (node.count > 0) {
      if (node.logical(0) !== parent.logical(index)) fail("it does not begin where its parent says");
      const last = node.count - 1;
      const end = node.logical(last) + (node.depth === 0 ? node.extent(last).blocks : 1);
      if (end > endLogical) fail("it does not end where its parent says");
    }
    return node;
  }

  /** Makes the last `steps` nodes of a path ones that can be changed. */
  #modify(path: readonly PathStep[], steps: number): void {
    for (const step of path.slice(-steps)) {
      const { block } = step.node;
      if (block === undefined) step.node = this.#changeRoot();
      else step.node = new ExtentNode(this.#volume.modifyBlock(block, this.#room.kind), block);
    }
  }

  #insertOne(extent: Extent): void {
    const leaf = this.#inRoot(extent.logical);
    let path = leaf === undefined ? this.#descend(extent.logical) : [leaf];
    let { node, index } = path.at(-1) as PathStep;
    if (this.#overlaps(node, index, extent)) {
      throw bad(
        this.#volume,
        this.#inode.number,
        node.block,
        `block ${extent.logical} has its place already`,
      );
    }
    const joinsBefore = index >= 0 && extentsJoin(node.extent(index), extent);
    const joinsAfter = index + 1 < node.count && extentsJoin(extent, node.extent(index + 1));
    if (joinsBefore || joinsAfter) {
      this.#join(path, extent, { joinsBefore, joinsAfter });
      return;
    }
    while (node.isFull) {
      this.#room.make(path, (steps) => this.#modify(path, steps));
      path = this.#descend(extent.logical);
      ({ node, index } = path.at(-1) as PathStep);
    }
    this.#modify(path, 1);
    ({ node } = path.at(-1) as PathStep);
    node.open(index + 1);
    node.setExtent(index + 1, extent);
    if (index + 1 === 0) this.#fixKeys(path);
  }

  #overlaps(node: ExtentNode, index: number, { logical, blocks }: Extent): boolean {
    if (index >= 0) {
      const before = node.extent(index);
      if (before.logical + before.blocks > logical) return true;
    }
    return index + 1 < node.count && node.logical(index + 1) < logical + blocks;
  }

  #join(
    path: readonly PathStep[],
    extent: Extent,
    { joinsBefore, joinsAfter }: { joinsBefore: boolean; joinsAfter: boolean },
  ): void {
    this.#modify(path, 1);
    const { node, index } = path.at(-1) as PathStep;
    const before = joinsBefore ? node.extent(index) : undefined;
    const after = joinsAfter ? node.extent(index + 1) : undefined;
    if (before !== undefined) {
      const joined = { ...before, blocks: before.blocks + extent.blocks };
      if (after !== undefined && extentsJoin(joined, after)) {
        node.setExtent(index, { ...joined, blocks: joined.blocks + after.blocks });
        node.remove(index + 1);
      } else node.setExtent(index, joined);
    } else if (after !== undefined) {
      node.setExtent(index + 1, { ...extent, blocks: extent.blocks + after.blocks });
      if (index + 1 === 0) this.#fixKeys(path);
    }
  }

  /** The first entry of a leaf is another: its parents say so. */
  #fixKeys(path: readonly PathStep[]): void {
    for (let level = path.length - 1; level > 0; level--) {
      const { node } = path[level] as PathStep;
      this.#modify(path.slice(0, level), 1);
      const { node: parent, index } = path[level - 1] as PathStep;
      parent.setLogical(index, node.logical(0));
      if (index > 0) return;
    }
  }

  /** Takes `[from, end)` out; `dropped` is told of each stretch. */
  #cut(from: number, end: number, dropped: (extent: Extent) => void): void {
    for (let at = from; at < end; ) {
      const path = this.#descend(at);
      const { node, index, endLogical } = path.at(-1) as PathStep;
      let first = Math.max(index, 0);
      if (first < node.count && extentEnd(node.extent(first)) <= at) first += 1;
      if (first < node.count && node.logical(first) < end) {
        this.#cutLeaf(path, first, { from: at, end }, dropped);
      }
      at = endLogical;
    }
  }

  #cutLeaf(
    path: PathStep[],
    first: number,
    { from, end }: { from: number; end: number },
    dropped: (extent: Extent) => void,
  ): void {
    this.#modify(path, 1);
    const { node } = path.at(-1) as PathStep;
    const start = node.extent(first);
    if (start.logical < from && extentEnd(start) > end) {
      // Out of the middle: what is behind gets an entry of its own.
      node.setExtent(first, extentPart(start, start.logical, from));
      dropped(extentPart(start, from, end));
      this.insert(extentPart(start, end, extentEnd(start)));
      return;
    }
    let at = first;
    if (start.logical < from) {
      node.setExtent(at, extentPart(start, start.logical, from));
      dropped(extentPart(start, from, extentEnd(start)));
      at += 1;
    }
    let whole = at;
    for (; whole < node.count && extentEnd(node.extent(whole)) <= end; whole++) dropped(node.extent(whole));
    node.remove(at, whole - at);
    if (at < node.count && node.logical(at) < end) {
      const last = node.extent(at);
      node.setExtent(at, extentPart(last, end, extentEnd(last)));
      dropped(extentPart(last, last.logical, end));
    }
    if (node.count === 0) this.#dropNode(path);
    else if (at === 0) this.#fixKeys(path);
  }

  /** Gives back an empty node, and its parents that are empty then. */
  #dropNode(path: PathStep[]): void {
    for (let level = path.length - 1; level > 0; level--) {
      const block = (path[level] as PathStep).node.block as number;
      this.#volume.blocks.free(block, 1, { held: this.#inode.isOrphan });
      this.#inode.addBlocks(-1);
      const above = path.slice(0, level);
      this.#modify(above, 1);
      const { node: parent, index } = above.at(-1) as PathStep;
      parent.remove(index);
      if (parent.count > 0) {
        if (index === 0) this.#fixKeys(above);
        return;
      }
    }
    this.#changeRoot().depth = 0;
  }
}

/** The tree of an inode: one object as long as the inode is in memory. */
export function extentTreeOf(volume: WritableVolume, inode: LiveInode): ExtentTree {
  inode.extents ??= new ExtentTree(volume, inode);
  return inode.extents;
}

/** The children of a node behind one of them: who goes through a tree wants them next. */
function childrenBehind(parent: ExtentNode, index: number, most: number): number[] {
  const count = Math.min(parent.count - index - 1, most);
  return Array.from({ length: count }, (_, i) => parent.child(index + 1 + i));
}
