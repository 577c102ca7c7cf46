/** Names made, moved and taken away by path, as Linux's `fs/namei.c` does it above every file system. */
import { FileError } from "../errors.ts";
import type { TreeNode, TreeOptions } from "./file-tree.ts";
import type { TreePath } from "./path.ts";
import { type WalkedParent, walkParent, walkPath, withPath } from "./path-walk.ts";
import type { NewNode, RenameOptions, WritableFileTree } from "./writable-file-tree.ts";

/** The changes of names in one tree; `FileError`s as Node's. */
export class NameChanges {
  readonly #tree: WritableFileTree;

  /** @param tree stays its owner's to close. */
  constructor(tree: WritableFileTree) {
    this.#tree = tree;
  }

  /**
   * Makes a node.
   *
   * @param named how the paths stand in errors: a symlink's target stands before its own.
   */
  make(
    path: TreePath,
    what: NewNode,
    syscall: string,
    options?: TreeOptions,
    named: readonly [path: TreePath, dest?: TreePath] = [path],
  ): Promise<TreeNode> {
    const make = async (): Promise<TreeNode> => {
      if (what.target?.length === 0) throw new FileError("ENOENT", syscall);
      if (what.target && what.target.length > 4095) throw new FileError("ENAMETOOLONG", syscall);
      const { directory, name } = await this.#place(path, syscall, what.type === "directory", options);
      return await this.#tree.create(directory, name, what, options);
    };
    return withPath(named[0], syscall, make, named[1]);
  }

  /** As `link(2)`: of a symlink itself. */
  link(existing: TreePath, path: TreePath, options?: TreeOptions): Promise<void> {
    const link = async (): Promise<void> => {
      const walk = { ...options, followSymlinks: false };
      const { node } = await walkPath(this.#tree, existing, "link", walk);
      const { directory, name } = await this.#place(path, "link", false, options);
      await this.#tree.link(node, directory, name, options);
    };
    return withPath(existing, "link", link, path);
  }

  /** As `unlink(2)`. */
  unlink(path: TreePath, options?: TreeOptions): Promise<void> {
    return withPath(path, "unlink", async () => {
      const { kind, directory, name, slash } = await walkParent(this.#tree, path, "unlink", options);
      if (kind !== "name") throw new FileError("EISDIR", "unlink");
      if (slash) {
        const node = await this.#existing(directory, name, "unlink", options);
        const { type } = await this.#tree.getattr(node, options);
        throw new FileError(type === "directory" ? "EISDIR" : "ENOTDIR", "unlink");
      }
      await this.#tree.unlink(directory, name, options);
    });
  }

  /** As `rmdir(2)`. */
  rmdir(path: TreePath, options?: TreeOptions): Promise<void> {
    return withPath(path, "rmdir", async () => {
      const { kind, directory, name } = await walkParent(this.#tree, path, "rmdir", options);
      if (kind === "dot") throw new FileError("EINVAL", "rmdir");
      if (kind === "dotDot") throw new FileError("ENOTEMPTY", "rmdir");
      if (kind === "root") throw new FileError("EBUSY", "rmdir");
      await this.#tree.rmdir(directory, name, options);
    });
  }

  /** As `renameat2(2)`. */
  rename(from: TreePath, to: TreePath, options: RenameOptions = {}): Promise<void> {
    const rename = async (): Promise<void> => {
      const old = await walkParent(this.#tree, from, "rename", options);
      const next = await walkParent(this.#tree, to, "rename", options);
      if (old.kind !== "name") throw new FileError("EBUSY", "rename");
      if (next.kind !== "name") throw new FileError(options.onto === "refuse" ? "EEXIST" : "EBUSY", "rename");
      if (old.slash || next.slash) await this.#checkSlashes(old, next, options);
      await this.#tree.rename(old.directory, old.name, next.directory, next.name, options);
    };
    return withPath(from, "rename", rename, to);
  }

  /** Where something is to be made; what is there already is for the tree to find. */
  async #place(
    path: TreePath,
    syscall: string,
    isDirectory: boolean,
    options?: TreeOptions,
  ): Promise<WalkedParent> {
    const parent = await walkParent(this.#tree, path, syscall, options);
    if (parent.kind !== "name") throw new FileError("EEXIST", syscall);
    if (parent.slash && !isDirectory) {
      const there = await this.#tree.lookup(parent.directory, parent.name, options);
      throw new FileError(there ? "EEXIST" : "ENOENT", syscall);
    }
    return parent;
  }

  /** Slashes behind a name are for directories alone. */
  async #checkSlashes(old: WalkedParent, next: WalkedParent, options: RenameOptions): Promise<void> {
    const isDirectory = async ({ directory, name }: WalkedParent): Promise<boolean> => {
      const node = await this.#existing(directory, name, "rename", options);
      return (await this.#tree.getattr(node, options)).type === "directory";
    };
    const exchange = options.onto === "exchange";
    const oldIsDirectory = await isDirectory(old);
    const there = await this.#tree.lookup(next.directory, next.name, options);
    if (there && options.onto === "refuse") throw new FileError("EEXIST", "rename");
    if (!there && exchange) throw new FileError("ENOENT", "rename");
    if (exchange && next.slash && !(await isDirectory(next))) throw new FileError("ENOTDIR", "rename");
    if (!oldIsDirectory && (old.slash || (!exchange && next.slash))) throw new FileError("ENOTDIR", "rename");
  }

  async #existing(
    directory: TreeNode,
    name: Uint8Array,
    syscall: string,
    options?: TreeOptions,
  ): Promise<TreeNode> {
    const node = await this.#tree.lookup(directory, name, options);
    if (node === undefined) throw new FileError("ENOENT", syscall);
    return node;
  }
}
