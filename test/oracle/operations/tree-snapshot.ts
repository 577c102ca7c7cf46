/** All that a tree of ours shows, in the lines that the kernel's side writes. */
import { createHash } from "node:crypto";
import { bytesFromLatin1, latin1FromBytes } from "../../../src/bytes/latin1.ts";
import { FileError } from "../../../src/errors.ts";
import type { NodeAttributes, Timestamp } from "../../../src/tree/attributes.ts";
import type { FileTree, TreeNode } from "../../../src/tree/file-tree.ts";
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
  const lines: string[] = [];
  const first = new Map<number, string>();
  const see = async (path: string, node: TreeNode): Promise<void> => {
    const attributes = await tree.getattr(node);
    const named = first.get(node.inode);
    if (named === undefined) first.set(node.inode, path);
    const same = named === undefined ? [] : [`same=${escaped(named)}`];
    const content = await contentWords(tree, node, attributes);
    const words = [escaped(path), attributesText(attributes), ...content, ...(await xattrWords(tree, node))];
    lines.push([...words, ...same].join(" "));
    if (attributes.type !== "directory") return;
    for (const name of await namesIn(tree, node)) {
      const below = path === "." ? name : `${path}/${name}`;
      try {
        const child = await tree.lookup(node, bytesFromLatin1(name));
        if (child === undefined) lines.push(`${escaped(below)} is listed, and not there`);
        else await see(below, child);
      } catch (error) {
        // A name that listings show, and nothing else does.
        if (!(error instanceof FileError)) throw error;
        lines.push(`${escaped(below)} ${error.code}`);
      }
    }
  };
  await see(".", start);
  return lines;
}

async function namesIn(tree: FileTree, directory: TreeNode): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of tree.readdir(directory)) names.push(latin1FromBytes(name));
  return names.sort();
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
