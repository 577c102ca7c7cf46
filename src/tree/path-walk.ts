/**
 * From a path to a node, as Linux's `path_resolution(7)` has it with the tree's
 * root as both root and working directory: symlinks are followed inside the tree
 * only, an absolute target begins at its root again, and `..` never leads out.
 */
import { FileError } from "../errors.ts";
import type { NodeAttributes, NodeType } from "./attributes.ts";
import type { FileTree, TreeNode, TreeOptions } from "./file-tree.ts";
import {
  isDotDot,
  type LastName,
  nameLimitBytes,
  pathBytes,
  pathText,
  splitLastName,
  splitPath,
  type TreePath,
} from "./path.ts";

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

/** A node that a path led to. */
export interface WalkedNode {
  readonly node: TreeNode;
  readonly type: NodeType;
}

/** A node on the way, and how it was come by. */
interface Step extends WalkedNode {
  /** Undefined where its type was known without them. */
  readonly attributes: NodeAttributes | undefined;
  readonly parent: Step | undefined;
  /** Its name in `parent`. */
  readonly name: Uint8Array;
}

/** How to walk a path. */
export interface WalkOptions extends TreeOptions {
  /** Follow a symlink that the path ends in; true unless set. */
  readonly followSymlinks?: boolean;
}

/** How often a path is walked anew where somebody took away, or made, what it led to, before that is an error. */
export const raceLimit = 8;

/**
 * Runs an operation on a path. Its `FileError`s that know no path are thrown anew with path and
 * syscall. It runs again where a node that it came by was gone when it was asked.
 *
 * @param operation walks the path itself; one that fails must have changed nothing.
 * @param dest the second path of the operation, where it has one.
 */
export async function withPath<Result>(
  path: TreePath,
  syscall: string,
  operation: () => Promise<Result>,
  dest?: TreePath,
): Promise<Result> {
  for (let races = 0; ; races++) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof FileError) || error.path !== undefined) throw error;
      const stale = error.code === "ESTALE";
      if (stale && races < raceLimit) continue;
      const details = dest === undefined ? {} : { dest: pathText(dest) };
      throw new FileError(stale ? "ENOENT" : error.code, syscall, pathText(path), details);
    }
  }
}

/**
 * Walks a path.
 *
 * @param syscall names the operation in errors.
 * @throws {FileError} `ENOENT`, `ENOTDIR`, `ELOOP` after 40 symlinks, `ENAMETOOLONG`, without a path.
 * @throws what the tree throws.
 */
export async function walkPath(
  tree: FileTree,
  path: TreePath,
  syscall: string,
  options: WalkOptions = {},
): Promise<WalkedPath> {
  const found = foundAt(await new Walk(tree, syscall, options, false).run(pathBytes(path)), syscall);
  const attributes = found.attributes ?? (await tree.getattr(found.node, options));
  return { node: found.node, attributes, names: namesTo(found) };
}

/** As `walkPath`, for who wants to know no more than a node's type. */
export async function walkNode(
  tree: FileTree,
  path: TreePath,
  syscall: string,
  options: WalkOptions = {},
): Promise<WalkedNode> {
  return foundAt(await new Walk(tree, syscall, options, false).run(pathBytes(path)), syscall);
}

/** Where a path led that may lead to nothing yet. */
export interface WalkedPlace {
  /** What is there; undefined where nothing is. */
  readonly found: WalkedNode | undefined;
  /** The directory that it is in, or would be; undefined where the path led to the root. */
  readonly parent: WalkedNode | undefined;
  readonly name: Uint8Array;
}

/**
 * Walks a path, the last name of which, or of the symlink that it ends in, need not be there.
 *
 * @param path see `pathBytes`.
 * @throws {FileError} as `walkPath`; `EISDIR` for a last name with a slash behind it, there or not.
 */
export function walkPlace(
  tree: FileTree,
  path: Uint8Array,
  syscall: string,
  options: WalkOptions = {},
): Promise<WalkedPlace> {
  return new Walk(tree, syscall, options, true).run(path);
}

/** A directory and a name in it, which may or may not be there. */
export interface WalkedParent extends LastName {
  readonly directory: TreeNode;
}

/** Walks a path up to its last name. Throws as `walkPath`, but nothing for that name. */
export async function walkParent(
  tree: FileTree,
  path: TreePath,
  syscall: string,
  options: TreeOptions = {},
): Promise<WalkedParent> {
  const last = splitLastName(pathBytes(path), syscall);
  const how = options.signal ? { signal: options.signal } : {};
  const { node } = foundAt(await new Walk(tree, syscall, how, false).run(last.parent), syscall);
  const { kind, name, parent, slash } = last;
  return { kind, name, parent, slash, directory: node };
}

/** Where a walk ended. */
interface WalkEnd extends WalkedPlace {
  readonly found: Step | undefined;
}

function foundAt({ found }: WalkEnd, syscall: string): Step {
  if (found === undefined) throw new FileError("ENOENT", syscall);
  return found;
}

const noName: Readonly<Uint8Array> = new Uint8Array(0);

class Walk {
  readonly #tree: FileTree;
  readonly #syscall: string;
  readonly #options: WalkOptions;
  readonly #isPlace: boolean;
  #symlinks = 0;

  /** @param isPlace the last name need not be there, but must be one that a file can have. */
  constructor(tree: FileTree, syscall: string, options: WalkOptions, isPlace: boolean) {
    this.#tree = tree;
    this.#syscall = syscall;
    this.#options = options;
    this.#isPlace = isPlace;
  }

  async run(bytes: Uint8Array): Promise<WalkEnd> {
    const split = splitPath(bytes, this.#syscall);
    const { root: top } = this.#tree;
    const root = stepTo(top, undefined, noName) ?? (await this.#step(top, undefined, noName));
    const { followSymlinks = true } = this.#options;
    let here = root;
    // Names yet to be walked, the next one last; a symlink's target is put on top of what is behind it.
    const ahead = split.names.reverse();
    let { directory: mustBeDirectory, slash } = split;
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      if (here.type !== "directory") throw new FileError("ENOTDIR", this.#syscall);
      if (isDotDot(name)) {
        here = here.parent ?? here;
        continue;
      }
      const last = ahead.length === 0;
      if (last && slash && this.#isPlace) throw new FileError("EISDIR", this.#syscall);
      if (name.length > nameLimitBytes) throw new FileError("ENAMETOOLONG", this.#syscall);
      const node = await this.#tree.lookup(here.node, name, this.#options);
      if (node === undefined) {
        if (last && !mustBeDirectory) return { found: undefined, parent: here, name };
        throw new FileError("ENOENT", this.#syscall);
      }
      const next = stepTo(node, here, name) ?? (await this.#step(node, here, name));
      if (next.type !== "symlink" || (last && !followSymlinks && !mustBeDirectory)) {
        here = next;
        continue;
      }
      const target = await this.#target(next);
      ahead.push(...target.names.reverse());
      if (last) {
        // With a `.` behind it, it is not what the path ends in.
        slash = target.slash && !mustBeDirectory;
        mustBeDirectory ||= target.directory;
      }
      if (target.absolute) here = root;
    }
    if (mustBeDirectory && here.type !== "directory") throw new FileError("ENOTDIR", this.#syscall);
    // A tree that was asked for nothing else is asked for this: it may be closed.
    if (here === root && here.attributes === undefined) here = await this.#step(top, undefined, noName);
    return { found: here, parent: here.parent, name: here.name };
  }

  async #target(link: Step): Promise<ReturnType<typeof splitPath>> {
    this.#symlinks += 1;
    if (this.#symlinks > symlinkLimit) throw new FileError("ELOOP", this.#syscall);
    const { sizeBytes } = link.attributes ?? (await this.#tree.getattr(link.node, this.#options));
    if (sizeBytes >= targetLimitBytes) throw new FileError("ENAMETOOLONG", this.#syscall);
    return splitPath(await this.#tree.readlink(link.node, this.#options), this.#syscall);
  }

  async #step(node: TreeNode, parent: Step | undefined, name: Uint8Array): Promise<Step> {
    const attributes = await this.#tree.getattr(node, this.#options);
    return { node, type: attributes.type, parent, name, attributes };
  }
}

/** A step to a node whose type is known. */
function stepTo(node: TreeNode, parent: Step | undefined, name: Uint8Array): Step | undefined {
  const { type } = node;
  return type && { node, type, parent, name, attributes: undefined };
}

function namesTo(step: Step): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let at = step; at.parent !== undefined; at = at.parent) names.push(at.name);
  return names.reverse();
}
