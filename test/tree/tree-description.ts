/** A whole tree as plain values that two trees can be compared by. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { bytesFromLatin1, latin1FromBytes } from "../../src/bytes/latin1.ts";
import type { NodeAttributes } from "../../src/tree/attributes.ts";
import type { FileTree, TreeNode } from "../../src/tree/file-tree.ts";
import { walkedPath, walkTree } from "../../src/tree/walk.ts";

/** What a node is, without its number and the times that come of themselves. */
export interface NodeDescription {
  /** In Latin-1, one character a byte. */
  readonly path: string;
  readonly type: string;
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  readonly device: string;
  /** Of a file. */
  readonly content?: string;
  readonly target?: string;
  /** Names of the same node, where it has several; of a directory nothing. */
  readonly sameAs?: string;
  readonly linkCount?: number;
  readonly xattrs: readonly (readonly [name: string, value: string])[];
}

/** All below the root in the order of paths; `lost+found` left out. */
export async function describeTree(tree: FileTree): Promise<NodeDescription[]> {
  const found: { path: string; node: TreeNode; attributes: NodeAttributes }[] = [];
  for await (const walked of walkTree(tree)) {
    const { node, attributes } = walked;
    found.push({ path: latin1FromBytes(walkedPath(walked)), node, attributes });
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  const firstPaths = new Map<number, string>();
  const described: NodeDescription[] = [];
  for (const { path, node, attributes } of found) {
    if (path === "lost+found") continue;
    const first = firstPaths.get(node.inode);
    firstPaths.set(node.inode, first ?? path);
    described.push(await describeNode(tree, node, attributes, path, first));
  }
  return described;
}

async function describeNode(
  tree: FileTree,
  node: TreeNode,
  attributes: NodeAttributes,
  path: string,
  sameAs: string | undefined,
): Promise<NodeDescription> {
  const { type, permissions, uid, gid, deviceMajor, deviceMinor, linkCount } = attributes;
  const names = (await tree.listxattr(node)).map((name) => latin1FromBytes(name)).sort();
  const xattrs: [string, string][] = [];
  for (const name of names) {
    const value = (await tree.getxattr(node, bytesFromLatin1(name))) ?? new Uint8Array(0);
    xattrs.push([name, latin1FromBytes(value)]);
  }
  return {
    path,
    type,
    permissions,
    uid,
    gid,
    device: `${deviceMajor}:${deviceMinor}`,
    ...(type === "file" && { content: await describeContent(tree, node, attributes.sizeBytes) }),
    ...(type === "symlink" && { target: latin1FromBytes(await tree.readlink(node)) }),
    ...(sameAs !== undefined && { sameAs }),
    ...(type !== "directory" && { linkCount }),
    xattrs,
  };
}

async function describeContent(tree: FileTree, node: TreeNode, sizeBytes: number): Promise<string> {
  const file = await tree.open(node);
  const hash = sha256.create();
  const piece = new Uint8Array(1 << 16);
  for (let at = 0; at < sizeBytes; ) {
    const readBytes = await file.read(at, piece);
    if (readBytes === 0) break;
    hash.update(piece.subarray(0, readBytes));
    at += readBytes;
  }
  await file.close();
  return `${sizeBytes} bytes ${bytesToHex(hash.digest())}`;
}
