/** A tree that cannot be changed, spoken to as one that can: what changes something is `EROFS`. */
import { FileError } from "../errors.ts";
import type { NodeAttributes } from "./attributes.ts";
import type {
  DirectoryEntry,
  FileTree,
  OpenFile,
  TreeNode,
  TreeOptions,
  TreeStatistics,
} from "./file-tree.ts";
import { nameLimitBytes } from "./path.ts";
import type { NewNode, WritableFileTree, WritableOpenFile } from "./writable-file-tree.ts";

/** As a file system of Linux's that is mounted read-only: what is there already is `EEXIST` nevertheless. */
export class ReadOnlyTree implements WritableFileTree {
  readonly #tree: FileTree;

  /** @param tree is read and closed through this one. */
  constructor(tree: FileTree) {
    this.#tree = tree;
  }

  get name(): string {
    return this.#tree.name;
  }

  get root(): TreeNode {
    return this.#tree.root;
  }

  lookup(directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<TreeNode | undefined> {
    return this.#tree.lookup(directory, name, options);
  }

  getattr(node: TreeNode, options?: TreeOptions): Promise<NodeAttributes> {
    return this.#tree.getattr(node, options);
  }

  readdir(directory: TreeNode, cursor?: number, options?: TreeOptions): AsyncIterable<DirectoryEntry> {
    return this.#tree.readdir(directory, cursor, options);
  }

  readlink(node: TreeNode, options?: TreeOptions): Promise<Uint8Array> {
    return this.#tree.readlink(node, options);
  }

  open(node: TreeNode, options?: TreeOptions): Promise<OpenFile> {
    return this.#tree.open(node, options);
  }

  listxattr(node: TreeNode, options?: TreeOptions): Promise<readonly Uint8Array[]> {
    return this.#tree.listxattr(node, options);
  }

  getxattr(node: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<Uint8Array | undefined> {
    return this.#tree.getxattr(node, name, options);
  }

  statfs(options?: TreeOptions): Promise<TreeStatistics> {
    return this.#tree.statfs(options);
  }

  async openWritable(_node: TreeNode): Promise<WritableOpenFile> {
    throw new FileError("EROFS", "open");
  }

  async create(
    directory: TreeNode,
    name: Uint8Array,
    _what: NewNode,
    options?: TreeOptions,
  ): Promise<TreeNode> {
    return await this.#refuseName(directory, name, options);
  }

  async link(_node: TreeNode, directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<void> {
    await this.#refuseName(directory, name, options);
  }

  async unlink(): Promise<void> {
    throw new FileError("EROFS", "unlink");
  }

  async rmdir(): Promise<void> {
    throw new FileError("EROFS", "rmdir");
  }

  async rename(): Promise<void> {
    throw new FileError("EROFS", "rename");
  }

  async setattr(): Promise<void> {
    throw new FileError("EROFS", "setattr");
  }

  async setxattr(): Promise<void> {
    throw new FileError("EROFS", "setxattr");
  }

  async removexattr(): Promise<void> {
    throw new FileError("EROFS", "removexattr");
  }

  /** There is nothing to be written. */
  async flush(options?: TreeOptions): Promise<void> {
    options?.signal?.throwIfAborted();
  }

  close(): Promise<void> {
    return this.#tree.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #refuseName(directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<never> {
    if (name.length > nameLimitBytes) throw new FileError("ENAMETOOLONG", "create");
    const there = await this.#tree.lookup(directory, name, options);
    throw new FileError(there ? "EEXIST" : "EROFS", "create");
  }
}
