/** Paths of operation lists in a tree of ours, as the kernel walks them. */
import { bytesFromLatin1, latin1FromBytes } from "../../../src/bytes/latin1.ts";
import { FileError } from "../../../src/errors.ts";
import type { FileTree, TreeNode } from "../../../src/tree/file-tree.ts";
import { type WalkedPath, walkPath } from "../../../src/tree/path-walk.ts";

/** A name in a directory. */
export interface Place {
  readonly directory: TreeNode;
  readonly name: Uint8Array;
}

/** Follow a symlink at a path's end, or not. */
export type Following = "follow" | "nofollow";

/** What a path stands for. */
export function walk(tree: FileTree, path: string, following: Following): Promise<WalkedPath> {
  return walkPath(tree, bytesFromLatin1(path), "walk", { followSymlinks: following === "follow" });
}

/** As `walk`; undefined where there is nothing. */
export async function walkIfThere(tree: FileTree, path: string): Promise<WalkedPath | undefined> {
  try {
    return await walk(tree, path, "nofollow");
  } catch (error) {
    if (error instanceof FileError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * The directory of a path's last name, and that name.
 *
 * @throws {FileError} `ENOTDIR` where it is none, whatever the call: the kernel looks before it does anything.
 */
export async function placeOf(tree: FileTree, path: string): Promise<Place> {
  const end = path.lastIndexOf("/");
  const name = bytesFromLatin1(path.slice(end + 1));
  if (end <= 0) return { directory: tree.root, name };
  const { node, attributes } = await walk(tree, path.slice(0, end), "follow");
  if (attributes.type !== "directory") throw new FileError("ENOTDIR", "walk");
  return { directory: node, name };
}

/** Where a path leads by way of the symlinks at its end, which need not lead to what is there. */
export async function finalPath(tree: FileTree, path: string): Promise<string> {
  let at = path;
  for (let followed = 0; followed <= 40; followed++) {
    const walked = await walkIfThere(tree, at);
    if (walked?.attributes.type !== "symlink") return at;
    const target = latin1FromBytes(await tree.readlink(walked.node));
    at = target.startsWith("/") ? target : `${at.slice(0, at.lastIndexOf("/") + 1)}${target}`;
  }
  throw new FileError("ELOOP", "open");
}
