/** What differs in two nodes of two trees. */

import { equalBytes } from "../bytes/compare.ts";
import { latin1FromBytes } from "../bytes/latin1.ts";
import type { NodeAttributes, Timestamp } from "./attributes.ts";
import type { FileTree, OpenFile, TreeNode, TreeOptions } from "./file-tree.ts";
import type { NodeDifference } from "./tree-change.ts";

/** A node and what its tree says of it. */
export interface ComparedNode {
  readonly tree: FileTree;
  readonly node: TreeNode;
  readonly attributes: NodeAttributes;
}

/** What is read of each file at once. */
const pieceBytes = 256 * 1024;

/**
 * What differs, in the order of `NodeDifference`'s fields; nothing where the types
 * do but that. A directory's time of modification is not looked at: it follows
 * from what is in it.
 */
export async function compareNodes(
  before: ComparedNode,
  after: ComparedNode,
  options: TreeOptions,
): Promise<NodeDifference[]> {
  const [a, b] = [before.attributes, after.attributes];
  if (a.type !== b.type) return [{ field: "type" }];
  const found: NodeDifference[] = [];
  for (const field of ["permissions", "uid", "gid"] as const)
    if (a[field] !== b[field]) found.push({ field });
  if (a.deviceMajor !== b.deviceMajor || a.deviceMinor !== b.deviceMinor) found.push({ field: "device" });
  if (a.type === "file") found.push(...(await compareContents(before, after, options)));
  if (a.type === "symlink") found.push(...(await compareTargets(before, after, options)));
  found.push(...(await compareXattrs(before, after, options)));
  if (a.type !== "directory" && !sameTime(a.modifiedAt, b.modifiedAt)) found.push({ field: "modifiedAt" });
  return found;
}

async function compareTargets(
  before: ComparedNode,
  after: ComparedNode,
  options: TreeOptions,
): Promise<NodeDifference[]> {
  const a = await before.tree.readlink(before.node, options);
  const b = await after.tree.readlink(after.node, options);
  return equalBytes(a, b) ? [] : [{ field: "target", before: a, after: b }];
}

async function compareXattrs(
  before: ComparedNode,
  after: ComparedNode,
  options: TreeOptions,
): Promise<NodeDifference[]> {
  const names = new Map<string, Uint8Array>();
  for (const { tree, node } of [before, after]) {
    for (const name of await tree.listxattr(node, options)) names.set(latin1FromBytes(name), name);
  }
  const found: NodeDifference[] = [];
  for (const key of [...names.keys()].sort()) {
    const name = names.get(key) as Uint8Array;
    const a = await before.tree.getxattr(before.node, name, options);
    const b = await after.tree.getxattr(after.node, name, options);
    if (a && b ? equalBytes(a, b) : a === b) continue;
    found.push({ field: "xattr", name, before: a, after: b });
  }
  return found;
}

async function compareContents(
  before: ComparedNode,
  after: ComparedNode,
  options: TreeOptions,
): Promise<NodeDifference[]> {
  const { sizeBytes } = before.attributes;
  if (sizeBytes !== after.attributes.sizeBytes) return [{ field: "sizeBytes" }];
  const a = await before.tree.open(before.node, options);
  try {
    const b = await after.tree.open(after.node, options);
    try {
      const offsetBytes = await firstDifference(a, b, sizeBytes, options);
      return offsetBytes === undefined ? [] : [{ field: "content", offsetBytes }];
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

/** Where both have a hole nothing is read: a size is an image's claim. */
async function firstDifference(
  a: OpenFile,
  b: OpenFile,
  sizeBytes: number,
  options: TreeOptions,
): Promise<number | undefined> {
  const length = Math.min(pieceBytes, sizeBytes);
  const pieces = [new Uint8Array(length), new Uint8Array(length)] as const;
  for (let at = 0; at < sizeBytes; at += length) {
    const starts = [await a.nextData(at, options), await b.nextData(at, options)];
    at = Math.min(...starts.map((stretch) => stretch?.offsetBytes ?? sizeBytes));
    // What a file no longer has by now reads as zeros here.
    for (const piece of pieces) piece.fill(0);
    await a.read(at, pieces[0], options);
    await b.read(at, pieces[1], options);
    if (equalBytes(...pieces)) continue;
    return at + pieces[0].findIndex((byte, i) => byte !== pieces[1][i]);
  }
  return undefined;
}

function sameTime(a: Timestamp, b: Timestamp): boolean {
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
}
