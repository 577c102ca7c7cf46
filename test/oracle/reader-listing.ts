/** A tree as our own reader shows it. */
import { createHash } from "node:crypto";
import {
  type FileTree,
  type NodeAttributes,
  type Timestamp,
  type TreeNode,
  walkedPath,
  walkTree,
} from "../../src/tree/index.ts";
import { type ListedNode, nameInodes, type TreeListing } from "./tree-listing.ts";

/** Lists a whole tree, its root as "". */
export async function listTree(tree: FileTree): Promise<TreeListing> {
  const nodes = new Map<string, { inode: number; node: Omit<ListedNode, "firstName"> }>();
  const add = async (path: string, node: TreeNode, attributes: NodeAttributes): Promise<void> => {
    nodes.set(path, { inode: attributes.inode, node: await describe(tree, node, attributes) });
  };
  await add("", tree.root, await tree.getattr(tree.root));
  for await (const walked of walkTree(tree)) {
    await add(latin1(walkedPath(walked)), walked.node, walked.attributes);
  }
  return nameInodes(nodes);
}

async function describe(
  tree: FileTree,
  node: TreeNode,
  attributes: NodeAttributes,
): Promise<Omit<ListedNode, "firstName">> {
  const { type, deviceMajor, deviceMinor, createdAt, changedAt } = attributes;
  return {
    ...attributes,
    device: type.endsWith("Device") ? `${deviceMajor}:${deviceMinor}` : "",
    content: await contentOf(tree, node, attributes),
    accessedNs: inNs(attributes.accessedAt),
    modifiedNs: inNs(attributes.modifiedAt),
    changedNs: inNs(changedAt),
    createdNs: inNs(createdAt ?? changedAt),
    xattrs: await xattrsOf(tree, node),
  };
}

async function contentOf(tree: FileTree, node: TreeNode, { type }: NodeAttributes): Promise<string> {
  if (type === "symlink") return latin1(await tree.readlink(node));
  if (type !== "file") return "";
  await using file = await tree.open(node);
  const hash = createHash("sha256");
  const chunk = new Uint8Array(2 ** 20);
  let at = 0;
  for (let got = await file.read(at, chunk); got > 0; got = await file.read(at, chunk)) {
    hash.update(chunk.subarray(0, got));
    at += got;
  }
  return hash.digest("hex");
}

async function xattrsOf(tree: FileTree, node: TreeNode): Promise<string[]> {
  const lines: string[] = [];
  for (const name of await tree.listxattr(node)) {
    const value = await tree.getxattr(node, name);
    if (value !== undefined) lines.push(`${latin1(name)}=${Buffer.from(value).toString("hex")}`);
  }
  return lines.sort();
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function inNs({ seconds, nanoseconds }: Timestamp): bigint {
  return seconds * 1_000_000_000n + BigInt(nanoseconds);
}
