/** All that a tree of ours shows, in the lines that the kernel's side writes. */
import { createHash } from "node:crypto";
import { latin1FromBytes } from "../../../src/bytes/latin1.ts";
import type { NodeAttributes, Timestamp } from "../../../src/tree/attributes.ts";
import type { FileTree, TreeNode } from "../../../src/tree/file-tree.ts";
import { walkedPath, walkTree } from "../../../src/tree/walk.ts";
import { escaped, shownBytes } from "./operation.ts";

/** Times that lists set lie outside of these years: what lies within is the time of a call. */
const nowBetween = [1_750_000_000n, 2_000_000_000n] as const;

/** What a node's attributes come to in an answer. */
export function attributesText(attributes: NodeAttributes): string {
  const { type, permissions, uid, gid, linkCount, sizeBytes, deviceMajor, deviceMinor } = attributes;
  return [
    ...[type, permissions.toString(8), `${uid}:${gid}`, `links=${linkCount}`],
    ...(type === "directory" ? [] : [`size=${sizeBytes}`]),
    ...(type.endsWith("Device") ? [`device=${deviceMajor}:${deviceMinor}`] : []),
    ...[`atime=${timeText(attributes.accessedAt)}`, `mtime=${timeText(attributes.modifiedAt)}`],
  ].join(" ");
}

function timeText({ seconds, nanoseconds }: Timestamp): string {
  if (seconds > nowBetween[0] && seconds < nowBetween[1]) return "now";
  return `${seconds}.${String(nanoseconds).padStart(9, "0")}`;
}

/** A line a name below a directory, it itself first, in the order of the names' bytes. */
export async function snapshotOf(tree: FileTree, start: TreeNode = tree.root): Promise<string[]> {
  const seen = [{ path: ".", node: start, attributes: await tree.getattr(start) }];
  for await (const walked of walkTree(tree, start)) {
    const { node, attributes } = walked;
    seen.push({ path: latin1FromBytes(walkedPath(walked)), node, attributes });
  }
  // A slash sorts before all else: a directory's names come right after it.
  const key = (path: string): string => (path === "." ? "" : path.replaceAll("/", "\0"));
  seen.sort((one, other) => (key(one.path) < key(other.path) ? -1 : 1));
  const first = new Map<number, string>();
  const lines: string[] = [];
  for (const { path, node, attributes } of seen) {
    const named = first.get(node.inode);
    if (named === undefined) first.set(node.inode, path);
    const same = named === undefined ? [] : [`same=${escaped(named)}`];
    const content = await contentWords(tree, node, attributes);
    const words = [escaped(path), attributesText(attributes), ...content, ...(await xattrWords(tree, node))];
    lines.push([...words, ...same].join(" "));
  }
  return lines;
}

async function contentWords(
  tree: FileTree,
  node: TreeNode,
  { type, sizeBytes }: NodeAttributes,
): Promise<string[]> {
  if (type === "symlink") return [`target=${escaped(latin1FromBytes(await tree.readlink(node)))}`];
  return type === "file" && sizeBytes > 0 ? [`sha256=${await hashOf(tree, node)}`] : [];
}

async function hashOf(tree: FileTree, node: TreeNode): Promise<string> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(2 ** 20);
  await using file = await tree.open(node);
  for (let at = 0; ; ) {
    const readBytes = await file.read(at, piece);
    if (readBytes === 0) return hash.digest("hex");
    hash.update(piece.subarray(0, readBytes));
    at += readBytes;
  }
}

async function xattrWords(tree: FileTree, node: TreeNode): Promise<string[]> {
  const found: [string, string][] = [];
  for (const name of await tree.listxattr(node)) {
    const value = (await tree.getxattr(node, name)) ?? new Uint8Array(0);
    found.push([latin1FromBytes(name), shownBytes(value)]);
  }
  found.sort(([one], [other]) => (one < other ? -1 : 1));
  return found.map(([name, value]) => `${escaped(name)}=${value}`);
}
