/** A node of the merged tree. */
import type { NodeType } from "../tree/attributes.ts";
import type { OpenFile, TreeNode } from "../tree/file-tree.ts";
import type { LayerNode } from "./layer.ts";

/** A file that is open on a lower layer's content, which has to know when that is copied up. */
export interface FileOfNode {
  /** Goes on with the upper's file. */
  moveUp(upper: OpenFile): void;
}

/** What a lookup in all layers found. */
export interface MergedNode {
  readonly type: NodeType;
  readonly upper: TreeNode | undefined;
  /**
   * Of a directory its parts in lower layers, topmost first; of another node of a lower
   * layer that node, and where its content is another's, that one behind it. Of a copy in the upper none.
   */
  readonly lowers: readonly LayerNode[];
  /** Where the content is, of a file that has its own attributes only. */
  readonly content: LayerNode | undefined;
  /** The number of what it was copied from. */
  readonly originNumber: number | undefined;
  /** A file of a lower layer with more names than this one, which it parts from when it is copied up. */
  readonly hasOtherNames: boolean;
  /** Of a directory of the upper: it hides what is below. */
  readonly isOpaque: boolean;
}

/**
 * A node as the merged tree hands it out. There is one object for a node as long
 * as anyone refers to it, so that all see it copied up, renamed and removed.
 *
 * What has a part in a lower layer and no copy of its own in the upper stands where it stands: its
 * directories cannot be renamed (`EXDEV`), so that `parent` and `name` lead there. Of a directory
 * they are kept right anyway; other nodes of the upper have none, or what they had when they were copied up.
 */
export class OverlayNode implements TreeNode {
  /** Its number; changes where a file that has other names is copied up alone, or a directory is cleared. */
  inode: number;
  readonly type: NodeType;
  /** Tells it from all other objects of its tree, and from itself before it was cleared. */
  serial: number;
  upper: TreeNode | undefined;
  lowers: readonly LayerNode[];
  content: LayerNode | undefined;
  parent: OverlayNode | undefined;
  name: Uint8Array | undefined;
  /** It was copied up, and is known by the number of what it was copied from. */
  hasOrigin: boolean;
  isOpaque: boolean;
  hasOtherNames: boolean;
  /** Of a directory of the upper: its mark of that name; undefined until it was asked for. */
  isImpure: boolean | undefined;
  /** Its last name is gone. */
  isRemoved = false;
  /** Counts changes of what is in a directory. */
  version = 0;
  /** How many files are open on it. */
  openFiles = 0;
  /** Those of them that are open on a lower layer's content; undefined before the first. */
  lowerFiles: Set<FileOfNode> | undefined;
  /** What every call on it is answered with, where its layers say what is not followed. */
  refusal: Error | undefined;

  constructor(serial: number, inode: number, merged: MergedNode) {
    this.serial = serial;
    this.inode = inode;
    this.type = merged.type;
    this.upper = merged.upper;
    this.lowers = merged.lowers;
    this.content = merged.content;
    this.hasOrigin = merged.originNumber !== undefined;
    this.isOpaque = merged.isOpaque;
    this.hasOtherNames = merged.hasOtherNames;
  }

  get isDirectory(): boolean {
    return this.type === "directory";
  }

  /** A directory of more layers than one. */
  get isMerged(): boolean {
    return this.isDirectory && this.lowers.length + (this.upper === undefined ? 0 : 1) > 1;
  }

  /** A directory of the upper's alone, which can be renamed. */
  get isPureUpper(): boolean {
    return this.upper !== undefined && this.lowers.length === 0;
  }
}
