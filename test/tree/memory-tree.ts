/** A small file tree in memory, as test authors write it down, for what stands above any tree. */
import { equalBytes } from "../../src/bytes/compare.ts";
import { FileError, StateError } from "../../src/errors.ts";
import type { NodeAttributes, NodeType } from "../../src/tree/attributes.ts";
import type {
  DirectoryEntry,
  FileStretch,
  FileTree,
  OpenFile,
  TreeNode,
  TreeStatistics,
} from "../../src/tree/file-tree.ts";

/** A node: a directory by its entries, a file by its content, a symlink by its target. */
export interface MemoryNode {
  readonly entries?: readonly (readonly [name: string | Uint8Array, node: MemoryNode])[];
  readonly content?: Uint8Array;
  readonly target?: string;
  readonly type?: NodeType;
  readonly attributes?: Partial<NodeAttributes>;
  readonly xattrs?: readonly (readonly [name: string, value: string])[];
  /** Says nothing of the types of what is in it. */
  readonly typeless?: boolean;
}

const zero = { seconds: 0n, nanoseconds: 0 };

export class MemoryTree implements FileTree {
  readonly name = "memory tree";
  readonly root: TreeNode;
  readonly #nodes: MemoryNode[] = [];
  /** Numbers of the open files. */
  readonly openFiles: Set<TreeNode> = new Set();
  closed = false;

  constructor(root: MemoryNode) {
    this.root = this.#nodeOf(root);
  }

  async lookup(directory: TreeNode, name: Uint8Array): Promise<TreeNode | undefined> {
    const found = this.#entries(directory).find(([other]) => equalBytes(bytesOf(other), name));
    return found && this.#nodeOf(found[1]);
  }

  async getattr({ inode }: TreeNode): Promise<NodeAttributes> {
    if (this.closed) throw new StateError("closed", "the tree is closed");
    const node = this.#node(inode);
    return {
      inode,
      generation: 0,
      type: typeOf(node),
      permissions: 0o644,
      linkCount: 1,
      uid: 0,
      gid: 0,
      deviceMajor: 0,
      deviceMinor: 0,
      sizeBytes: node.content?.length ?? node.target?.length ?? 0,
      allocatedBytes: 0,
      blockSizeBytes: 4096,
      accessedAt: zero,
      modifiedAt: zero,
      changedAt: zero,
      ...node.attributes,
    };
  }

  async *readdir(directory: TreeNode, cursor = 0): AsyncGenerator<DirectoryEntry> {
    const entries = this.#entries(directory);
    for (const [index, [name, node]] of entries.entries()) {
      if (index < cursor) continue;
      const type = this.#node(directory.inode).typeless ? undefined : typeOf(node);
      yield { name: bytesOf(name), node: this.#nodeOf(node), type, cursor: index + 1 };
    }
  }

  async readlink({ inode }: TreeNode): Promise<Uint8Array> {
    const { target } = this.#node(inode);
    if (target === undefined) throw new FileError("EINVAL", "readlink");
    return bytesOf(target);
  }

  async open(node: TreeNode): Promise<OpenFile> {
    const { content, entries } = this.#node(node.inode);
    if (content === undefined) throw new FileError(entries ? "EISDIR" : "EINVAL", "open");
    this.openFiles.add(node);
    const close = async (): Promise<void> => {
      this.openFiles.delete(node);
    };
    return {
      node,
      read: async (offsetBytes, into) => {
        const part = content.subarray(offsetBytes, offsetBytes + into.length);
        into.set(part);
        return part.length;
      },
      nextData: async (offsetBytes): Promise<FileStretch | undefined> =>
        offsetBytes < content.length ? { offsetBytes, lengthBytes: content.length - offsetBytes } : undefined,
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  async listxattr({ inode }: TreeNode): Promise<Uint8Array[]> {
    return (this.#node(inode).xattrs ?? []).map(([name]) => bytesOf(name));
  }

  async getxattr({ inode }: TreeNode, name: Uint8Array): Promise<Uint8Array | undefined> {
    const found = this.#node(inode).xattrs?.find(([other]) => equalBytes(bytesOf(other), name));
    return found && bytesOf(found[1]);
  }

  async statfs(): Promise<TreeStatistics> {
    return {
      blockSizeBytes: 4096,
      blocks: 0,
      freeBlocks: 0,
      availableBlocks: 0,
      inodes: this.#nodes.length,
      freeInodes: 0,
      nameLimitBytes: 255,
      magic: 0,
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #nodeOf(node: MemoryNode): TreeNode {
    const known = this.#nodes.indexOf(node);
    return { inode: known === -1 ? this.#nodes.push(node) : known + 1 };
  }

  #node(inode: number): MemoryNode {
    return this.#nodes[inode - 1] as MemoryNode;
  }

  #entries({ inode }: TreeNode): NonNullable<MemoryNode["entries"]> {
    const { entries } = this.#node(inode);
    if (entries === undefined) throw new FileError("ENOTDIR", "readdir");
    return entries;
  }
}

export function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? new TextEncoder().encode(text) : text;
}

function typeOf(node: MemoryNode): NodeType {
  if (node.type !== undefined) return node.type;
  if (node.entries !== undefined) return "directory";
  return node.target === undefined ? "file" : "symlink";
}
