/** A tree of files written out whole, so that two of them can be held against each other. */
import type { NodeType } from "../../src/tree/index.ts";

/** One name and all that its file system says of it. */
export interface ListedNode {
  readonly type: NodeType;
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  readonly linkCount: number;
  readonly sizeBytes: number;
  readonly allocatedBytes: number;
  /** `major:minor` of a device, else empty. */
  readonly device: string;
  /** The target of a symlink (latin1), or the SHA-256 of a file's content, else empty. */
  readonly content: string;
  readonly accessedNs: bigint;
  readonly modifiedNs: bigint;
  readonly changedNs: bigint;
  readonly createdNs: bigint;
  /** Of the inode's names the first by its bytes. */
  readonly firstName: string;
  /** `name=hex` of each attribute, sorted. */
  readonly xattrs: readonly string[];
}

/** Nodes by their path from the top, as latin1 so that each byte is one character; the top is "". */
export type TreeListing = ReadonlyMap<string, ListedNode>;

/** What is compared where nothing is left out. */
export const allFields: readonly (keyof ListedNode)[] = [
  ...(["type", "permissions", "uid", "gid", "linkCount", "sizeBytes", "allocatedBytes", "device"] as const),
  ...(["content", "accessedNs", "modifiedNs", "changedNs", "createdNs", "firstName", "xattrs"] as const),
];

/** Gives each node the first name of its inode. */
export function nameInodes(
  nodes: ReadonlyMap<
    string,
    { readonly inode: bigint | number; readonly node: Omit<ListedNode, "firstName"> }
  >,
): TreeListing {
  const names = [...nodes.keys()].sort();
  const first = new Map<bigint | number, string>();
  for (const name of names) {
    const inode = nodes.get(name)?.inode ?? 0;
    if (!first.has(inode)) first.set(inode, name);
  }
  return new Map(
    [...nodes].map(([name, { inode, node }]) => [name, { ...node, firstName: first.get(inode) ?? name }]),
  );
}

/**
 * What differs, a line each: names that one of the two lacks, and fields. A
 * difference that is expected is told by `known`, and is left out.
 */
export function differences(
  ours: TreeListing,
  theirs: TreeListing,
  fields: readonly (keyof ListedNode)[] = allFields,
  known: (path: string, field: keyof ListedNode | "absent") => boolean = () => false,
): string[] {
  const lines: string[] = [];
  for (const path of [...new Set([...ours.keys(), ...theirs.keys()])].sort()) {
    const [a, b] = [ours.get(path), theirs.get(path)];
    if (a === undefined || b === undefined) {
      if (!known(path, "absent")) lines.push(`${JSON.stringify(path)}: only ${a ? "ours" : "theirs"}`);
      continue;
    }
    for (const field of fields) {
      const [x, y] = [String(a[field]), String(b[field])];
      if (x !== y && !known(path, field)) lines.push(`${JSON.stringify(path)}: ${field} ${x}, theirs ${y}`);
    }
  }
  return lines;
}
