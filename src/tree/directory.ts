/** Directories, as `readdir` with `withFileTypes` and `opendir` show them. */
import type { NodeType } from "./attributes.ts";
import type { TreeNode } from "./file-tree.ts";

/** One entry, in the shape of Node's `fs.Dirent`. */
export class TreeDirent<Name extends string | Uint8Array = string> {
  readonly name: Name;
  /** The path of the directory that the entry is in, as it was asked for, or come by below that. */
  readonly parentPath: Name;
  readonly node: TreeNode;
  readonly type: NodeType;

  /** @param type what the node is: its own word, where the directory does not say. */
  constructor(name: Name, parentPath: Name, node: TreeNode, type: NodeType) {
    this.name = name;
    this.parentPath = parentPath;
    this.node = node;
    this.type = type;
  }

  isFile(): boolean {
    return this.type === "file";
  }

  isDirectory(): boolean {
    return this.type === "directory";
  }

  isSymbolicLink(): boolean {
    return this.type === "symlink";
  }

  isCharacterDevice(): boolean {
    return this.type === "characterDevice";
  }

  isBlockDevice(): boolean {
    return this.type === "blockDevice";
  }

  isFIFO(): boolean {
    return this.type === "fifo";
  }

  isSocket(): boolean {
    return this.type === "socket";
  }
}
