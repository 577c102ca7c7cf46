/** What a tree is copied out by: one item for each name, hard links told from first names, names checked. */
import { FormatError } from "../errors.ts";
import type { NodeAttributes, Timestamp } from "../tree/attributes.ts";
import type { FileTree, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import { walkedPath, walkTree } from "../tree/walk.ts";

/** An extended attribute. */
export interface CopiedXattr {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** One name below the start. */
export interface CopiedName {
  /** From the start on, without a slash in front; empty for the start itself. */
  readonly path: Uint8Array;
  readonly node: TreeNode;
  readonly attributes: NodeAttributes;
  /** The path under which the same inode came before. */
  readonly linkTo: Uint8Array | undefined;
}

/** What of a node was left out: the node itself, or one of its owner, its time, its extended attributes. */
export type LeftOutKind = "node" | "owner" | "time" | "xattr";

/** Something that was left out, and why. */
export interface LeftOut {
  /** Of the node, from the start on. */
  readonly path: Uint8Array;
  readonly kind: LeftOutKind;
  /** For a person: "a socket, which no archive can hold". */
  readonly what: string;
}

const slash = 0x2f;
const dot = 0x2e;

/**
 * The start itself, then all names below it, each directory before what is in
 * it. Memory grows with the number of directories and of files with several names.
 *
 * @throws {FormatError} `bad-field` for a name that would lead elsewhere; what the tree throws.
 */
export async function* copiedNames(
  tree: FileTree,
  start: TreeNode,
  options: TreeOptions,
): AsyncGenerator<CopiedName, void, undefined> {
  const attributes = await tree.getattr(start, options);
  yield { path: new Uint8Array(0), node: start, attributes, linkTo: undefined };
  if (attributes.type !== "directory") return;
  const first = new Map<number, Uint8Array>();
  for await (const walked of walkTree(tree, start, options)) {
    const path = walkedPath(walked);
    checkName(tree, walked.name);
    const { node } = walked;
    const { type, linkCount } = walked.attributes;
    const linkTo = first.get(node.inode);
    if (linkTo === undefined && type !== "directory" && linkCount > 1) first.set(node.inode, path);
    yield { path, node, attributes: walked.attributes, linkTo };
  }
}

/** The tree's readers check names; what writes them to a file system of ours checks them again. */
function checkName(tree: FileTree, name: Uint8Array): void {
  const dots = (name.length === 1 || name.length === 2) && name.every((byte) => byte === dot);
  if (name.length > 0 && !dots && !name.includes(slash) && !name.includes(0)) return;
  throw new FormatError("bad-field", `${tree.name}: a directory holds a name that is none`, {
    at: { device: tree.name, field: "name" },
  });
}

/** All attributes of a node; `leftOut` is told of those whose value cannot be had, as the kernel answers EINVAL. */
export async function copiedXattrs(
  tree: FileTree,
  node: TreeNode,
  leftOut: (what: string, name: Uint8Array) => void,
  options: TreeOptions,
): Promise<CopiedXattr[]> {
  const found: CopiedXattr[] = [];
  for (const name of await tree.listxattr(node, options)) {
    const value = await tree.getxattr(node, name, options);
    if (value === undefined) leftOut("an extended attribute without a value", name);
    else found.push({ name, value });
  }
  return found;
}

/** The same moment with less than 10^9 nanoseconds: an image may hold more. */
export function carried({ seconds, nanoseconds }: Timestamp): Timestamp {
  const more = Math.floor(nanoseconds / 1e9);
  return more === 0
    ? { seconds, nanoseconds }
    : { seconds: seconds + BigInt(more), nanoseconds: nanoseconds - more * 1e9 };
}

/** Whether a time is the one that layers have where the archive gave none. */
export function isUnset({ seconds, nanoseconds }: Timestamp): boolean {
  return seconds === 0n && nanoseconds === 0;
}
