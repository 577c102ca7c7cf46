/** Overlays in memory: layers as test authors write them down, and an upper that can be looked into. */
import { type OverlayOptions, type OverlayTree, openOverlay } from "../../src/overlay/index.ts";
import type { FileTree, TreeNode } from "../../src/tree/file-tree.ts";
import { bytesOf, type MemoryNode, MemoryTree } from "../tree/memory-tree.ts";
import { WritableMemoryTree } from "../tree/writable-memory-tree.ts";

export type Xattr = [name: string, value: string];

export const whiteout: MemoryNode = { type: "characterDevice" };
export const opaque: Xattr = ["trusted.overlay.opaque", "y"];

export function file(text: string, ...xattrs: Xattr[]): MemoryNode {
  return { content: bytesOf(text), xattrs };
}

export function folder(entries: Record<string, MemoryNode>, ...xattrs: Xattr[]): MemoryNode {
  return { entries: Object.entries(entries), xattrs, attributes: { permissions: 0o755 } };
}

/** An overlay, and what its upper lies in. */
export interface Scene {
  readonly tree: OverlayTree;
  readonly below: WritableMemoryTree;
  readonly upper: TreeNode;
  readonly work: TreeNode;
  /** The same layers and upper, opened anew. */
  reopen(): Promise<OverlayTree>;
}

export async function sceneOf(
  layers: readonly MemoryNode[],
  { below = new WritableMemoryTree(), ...options }: OverlayOptions & { below?: WritableMemoryTree } = {},
): Promise<Scene> {
  const directory = { type: "directory", permissions: 0o755 } as const;
  const upper = await below.create(below.root, bytesOf("upper"), directory);
  const work = await below.create(below.root, bytesOf("work"), directory);
  const lowers = layers.map((layer) => new MemoryTree(layer));
  const reopen = (): Promise<OverlayTree> =>
    openOverlay(lowers, { ...options, upper: { tree: below, upper, work } });
  return { tree: await reopen(), below, upper, work, reopen };
}

/** The node that a path leads to, by names alone. */
export async function nodeAt(tree: FileTree, path: string, start: TreeNode = tree.root): Promise<TreeNode> {
  let node: TreeNode | undefined = start;
  for (const name of path.split("/").filter((each) => each !== "")) {
    node = node && (await tree.lookup(node, bytesOf(name)));
  }
  if (node === undefined) throw new Error(`${path} is not there`);
  return node;
}

/**
 * Everything below a directory: by path what it is, its content or its target, and
 * the names of its marks, an origin's value left out.
 */
export async function contentsOf(
  tree: FileTree,
  start: TreeNode = tree.root,
): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  const visit = async (directory: TreeNode, before: string): Promise<void> => {
    for await (const { name, node } of tree.readdir(directory)) {
      const path = before + new TextDecoder().decode(name);
      const { type, deviceMajor, deviceMinor } = await tree.getattr(node);
      const isWhiteout = type === "characterDevice" && deviceMajor === 0 && deviceMinor === 0;
      const what = type === "file" ? await textOf(tree, node) : isWhiteout ? "whiteout" : type;
      found.push([path, [what, ...(await marksOf(tree, node))].join(" ")]);
      if (type === "directory") await visit(node, `${path}/`);
    }
  };
  await visit(start, "");
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export async function textOf(tree: FileTree, node: TreeNode): Promise<string> {
  await using opened = await tree.open(node);
  const into = new Uint8Array(100);
  return new TextDecoder().decode(into.subarray(0, await opened.read(0, into)));
}

async function marksOf(tree: FileTree, node: TreeNode): Promise<string[]> {
  const names = await tree.listxattr(node);
  return names.map((name) => `+${new TextDecoder().decode(name).replace("trusted.overlay.", "")}`).sort();
}

/** Writes a file whole. */
export async function write(tree: OverlayTree, path: string, text: string): Promise<void> {
  await using opened = await tree.openWritable(await nodeAt(tree, path));
  await opened.truncate(0);
  await opened.write(0, bytesOf(text));
}

/** How a call fails; "no error" where it does not. */
export async function failure(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => "no error",
    (error: unknown) => error,
  );
}

/** The code with which a call fails. */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return ((await failure(call)) as { code?: unknown }).code ?? "no error";
}

/** A file and directories two layers deep, and names that are one node's. */
export function layers(): MemoryNode[] {
  const linked: MemoryNode = { ...file("linked"), attributes: { linkCount: 2 } };
  return [
    folder({
      d: folder({ top: file("top"), sub: folder({ deep: file("deep") }) }),
      one: linked,
      two: linked,
    }),
    folder({
      d: folder({ below: file("below"), top: file("hidden") }),
      low: folder({ f: file("f") }),
      g: file("g"),
    }),
  ];
}

/** What an overlay left in its upper; in its work directory there are whiteouts at most. */
export async function upperOf({ below, upper, work }: Scene): Promise<Record<string, string>> {
  const temporary = await contentsOf(below, await nodeAt(below, "work", work));
  const left = Object.values(temporary).filter((what) => what !== "whiteout");
  if (left.length > 0) throw new Error(`left in the work directory: ${left}`);
  return await contentsOf(below, upper);
}
