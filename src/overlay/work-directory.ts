/**
 * The directory in which an overlay makes what it then puts in its place by one
 * rename (`fs/overlayfs/super.c`, `ovl_workdir_create`): `work` in the directory
 * that it is given, as the kernel has it. What a run that was cut off left there is
 * removed at the next opening.
 */
import { bytesFromLatin1 } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";
import type { TreeNode, TreeOptions } from "../tree/file-tree.ts";
import type { WritableFileTree } from "../tree/writable-file-tree.ts";

const workName: Readonly<Uint8Array> = bytesFromLatin1("work");
const defaultAcl: Readonly<Uint8Array> = bytesFromLatin1("system.posix_acl_default");

/** See the head of this file. */
export class WorkDirectory {
  readonly tree: WritableFileTree;
  readonly node: TreeNode;
  #names = 0;
  /** A whiteout that all others are names of, as long as it can have more. */
  #whiteout: { readonly node: TreeNode; readonly name: Uint8Array } | undefined;

  private constructor(tree: WritableFileTree, node: TreeNode) {
    this.tree = tree;
    this.node = node;
  }

  /** @param outer the directory that holds `work`, emptied of what an earlier run left. */
  static async open(tree: WritableFileTree, outer: TreeNode, options: TreeOptions): Promise<WorkDirectory> {
    const left = await tree.lookup(outer, workName, options);
    if (left !== undefined) await removeAll(tree, outer, workName, left, options);
    const node = await tree.create(outer, workName, { type: "directory", permissions: 0 }, options);
    // What the directory around it hands on would be handed on to all that is made in it.
    if ((await tree.getxattr(node, defaultAcl, options)) !== undefined) {
      await tree.removexattr(node, defaultAcl, options);
    }
    if ((await tree.getattr(node, options)).permissions !== 0) {
      await tree.setattr(node, { permissions: 0 }, options);
    }
    return new WorkDirectory(tree, node);
  }

  /** A name that nothing in it has. */
  newName(): Uint8Array {
    this.#names += 1;
    return bytesFromLatin1(`#${this.#names.toString(16)}`);
  }

  /** Makes a whiteout, and gives its name. The first stays, for the next ones to be names of the same node. */
  async makeWhiteout(): Promise<Uint8Array> {
    for (;;) {
      const name = this.newName();
      const first = this.#whiteout;
      if (first === undefined) {
        const node = await this.tree.create(this.node, name, { type: "characterDevice", permissions: 0 });
        this.#whiteout = { node, name };
        continue;
      }
      try {
        await this.tree.link(first.node, this.node, name);
        return name;
      } catch (error) {
        if (!(error instanceof FileError) || error.code !== "EMLINK") throw error;
        // It has as many names as it can: its own is the last to be used.
        this.#whiteout = undefined;
        return first.name;
      }
    }
  }

  /**
   * Makes something in the manner of a directory, which hands on its group and its default ACL, by the
   * tree's own rules: where there is a default ACL, within a directory that has it too.
   *
   * @param like a directory of the upper's.
   * @param make makes it, under the name that it is told.
   */
  async makeLike<Result>(
    like: TreeNode,
    make: (directory: TreeNode, name: Uint8Array, handsOnGroup: number | undefined) => Promise<Result>,
  ): Promise<{ readonly made: Result; readonly name: Uint8Array }> {
    const { permissions, gid } = await this.tree.getattr(like);
    const handsOnGroup = (permissions & 0o2000) === 0 ? undefined : gid;
    const acl = await this.tree.getxattr(like, defaultAcl);
    const name = this.newName();
    if (acl === undefined) return { made: await make(this.node, name, handsOnGroup), name };
    const nest = this.newName();
    const directory = await this.tree.create(this.node, nest, { type: "directory", permissions: 0 });
    try {
      await this.tree.setxattr(directory, defaultAcl, acl);
      const made = await make(directory, name, handsOnGroup);
      await this.tree.rename(directory, name, this.node, name);
      return { made, name };
    } finally {
      await this.discard(nest);
    }
  }

  /**
   * Removes what is not needed any more, with all that is in it. Failing at that leaves it to the next
   * opening: what was to be done is done, or failed for a reason of its own.
   */
  async discard(name: Uint8Array): Promise<void> {
    try {
      const node = await this.tree.lookup(this.node, name);
      if (node !== undefined) await removeAll(this.tree, this.node, name, node, {});
    } catch {
      // See above.
    }
  }
}

/** Removes a name and all that is below, deepest first. */
async function removeAll(
  tree: WritableFileTree,
  directory: TreeNode,
  name: Uint8Array,
  node: TreeNode,
  options: TreeOptions,
): Promise<void> {
  const open = [{ directory, name, node }];
  for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
    const { type } = await tree.getattr(at.node, options);
    if (type !== "directory") {
      await tree.unlink(at.directory, at.name, options);
      open.pop();
      continue;
    }
    let inner: { readonly name: Uint8Array; readonly node: TreeNode } | undefined;
    for await (const entry of tree.readdir(at.node, 0, options)) {
      inner = entry;
      break;
    }
    if (inner !== undefined) {
      open.push({ directory: at.node, name: inner.name, node: inner.node });
      continue;
    }
    await tree.rmdir(at.directory, at.name, options);
    open.pop();
  }
}
