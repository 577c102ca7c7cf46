/**
 * From a path to a node, as Linux's `path_resolution(7)` has it with the tree's
 * root as both root and working directory: symlinks are followed inside the tree
 * only, an absolute target begins at its root again, and `..` never leads out.
 */
import { FileError } from "../errors.ts";
import type { NodeAttributes } from "./attributes.ts";
import type { FileTree, TreeNode, TreeOptions } from "./file-tree.ts";
import { isDotDot, pathBytes, pathText, splitPath, type TreePath } from "./path.ts";

/** Linux follows 40 symlinks on the way, and not one more. */
const symlinkLimit = 40;

/** Targets of symlinks that Linux can follow: less than a page. */
const targetLimitBytes = 4096;

/** Where a path led. */
export interface WalkedPath {
  readonly node: TreeNode;
  readonly attributes: NodeAttributes;
  /** Names from the root to the node, without any symlink, `.` or `..`. */
  readonly names: readonly Uint8Array[];
}

/** A node on the way, and how it was come by. */
interface Step {
  readonly node: TreeNode;
  readonly attributes: NodeAttributes;
  readonly parent: Step | undefined;
  /** Its name in `parent`. */
  readonly name: Uint8Array;
}

/** How to walk a path. */
export interface WalkOptions extends TreeOptions {
  /** Follow a symlink that the path ends in; true unless set. */
  readonly followSymlinks?: boolean;
}

/**
 * Walks a path.
 *
 * @param syscall names the operation in errors.
 * @throws {FileError} `ENOENT`, `ENOTDIR`, `ELOOP` after 40 symlinks, `ENAMETOOLONG`, with the path as asked for.
 * @throws what the tree throws.
 */
export function walkPath(
  tree: FileTree,
  path: TreePath,
  syscall: string,
  options: WalkOptions = {},
): Promise<WalkedPath> {
  const bytes = pathBytes(path);
  return withPath(path, syscall, () => new Walk(tree, syscall, options).run(bytes));
}

/** Runs an operation; a `FileError` of its that knows no path is thrown anew with path and syscall. */
export async function withPath<Result>(
  path: TreePath,
  syscall: string,
  operation: () => Promise<Result>,
): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof FileError && error.path === undefined) {
      throw new FileError(error.code, syscall, pathText(path));
    }
    throw error;
  }
}

class Walk {
  readonly #tree: FileTree;
  readonly #syscall: string;
  readonly #options: WalkOptions;
  #symlinks = 0;

  constructor(tree: FileTree, syscall: string, options: WalkOptions) {
    this.#tree = tree;
    this.#syscall = syscall;
    this.#options = options;
  }

  async run(bytes: Uint8Array): Promise<WalkedPath> {
    const root = await this.#step(this.#tree.root, undefined, new Uint8Array(0));
    const { followSymlinks = true } = this.#options;
    let here = root;
    // Names yet to be walked, the next one last; a symlink's target is put on top of what is behind it.
    const split = splitPath(bytes, this.#syscall);
    const ahead = [...split.names].reverse();
    let mustBeDirectory = split.directory;
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      if (here.attributes.type !== "directory") throw new FileError("ENOTDIR", this.#syscall);
      if (isDotDot(name)) {
        here = here.parent ?? here;
        continue;
      }
      const next = await this.#child(here, name);
      const last = ahead.length === 0;
      if (next.attributes.type !== "symlink" || (last && !followSymlinks && !mustBeDirectory)) {
        here = next;
        continue;
      }
      const target = await this.#target(next);
      ahead.push(...[...target.names].reverse());
      if (last && target.directory) mustBeDirectory = true;
      if (target.absolute) here = root;
    }
    if (mustBeDirectory && here.attributes.type !== "directory")
      throw new FileError("ENOTDIR", this.#syscall);
    const { node, attributes } = here;
    return { node, attributes, names: namesTo(here) };
  }

  async #target(link: Step): Promise<ReturnType<typeof splitPath>> {
    this.#symlinks += 1;
    if (this.#symlinks > symlinkLimit) throw new FileError("ELOOP", this.#syscall);
    if (link.attributes.sizeBytes >= targetLimitBytes) throw new FileError("ENAMETOOLONG", this.#syscall);
    return splitPath(await this.#tree.readlink(link.node, this.#options), this.#syscall);
  }

  async #child(parent: Step, name: Uint8Array): Promise<Step> {
    const node = await this.#tree.lookup(parent.node, name, this.#options);
    if (node === undefined) throw new FileError("ENOENT", this.#syscall);
    return this.#step(node, parent, name);
  }

  async #step(node: TreeNode, parent: Step | undefined, name: Uint8Array): Promise<Step> {
    return { node, parent, name, attributes: await this.#tree.getattr(node, this.#options) };
  }
}

function namesTo(step: Step): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let at = step; at.parent !== undefined; at = at.parent) names.push(at.name);
  return names.reverse();
}
