/** What Node's `fs.Stats` and `fs.Dirent` both ask of a node's type. */
import type { NodeType } from "./attributes.ts";

/** See the head of this file. */
export abstract class TypedNode {
  abstract readonly type: NodeType;

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
