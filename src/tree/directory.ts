/** Directories, as `readdir` with `withFileTypes` and `opendir` show them. */
import type { NodeType } from "./attributes.ts";
import type { TreeNode } from "./file-tree.ts";
import { TypedNode } from "./typed-node.ts";

/** One entry, in the shape of Node's `fs.Dirent`. */
export class TreeDirent<Name extends string | Uint8Array = string> extends TypedNode {
  readonly name: Name;
  /** The path of the directory that the entry is in, as it was asked for, or come by below that. */
  readonly parentPath: Name;
  readonly node: TreeNode;
  readonly type: NodeType;

  /** @param type what the node is: its own word, where the directory does not say. */
  constructor(name: Name, parentPath: Name, node: TreeNode, type: NodeType) {
    super();
    this.name = name;
    this.parentPath = parentPath;
    this.node = node;
    this.type = type;
  }
}
