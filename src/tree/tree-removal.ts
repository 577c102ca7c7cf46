/** A directory taken away with all that is in it. */
import { FileError } from "../errors.ts";
import type { DirectoryEntry, TreeNode, TreeOptions } from "./file-tree.ts";
import { joinBelow } from "./listing.ts";
import { pathBytes, pathText, type TreePath } from "./path.ts";
import type { WritableFileTree } from "./writable-file-tree.ts";

/** How often a directory is emptied again where somebody else puts things into it. */
const refillLimit = 8;

/** A directory that is being emptied. */
interface Level {
  readonly directory: TreeNode;
  readonly parent: Level | undefined;
  readonly name: Uint8Array;
  entries: AsyncIterator<DirectoryEntry>;
  refills: number;
}

/**
 * Takes away all that is in a directory, but not the directory. What somebody else took away
 * meanwhile is gone all the same.
 *
 * @param path leads to the directory, for errors.
 * @throws {FileError} with the path of what could not be taken away.
 */
export async function removeContent(
  tree: WritableFileTree,
  directory: TreeNode,
  path: TreePath,
  options?: TreeOptions,
): Promise<void> {
  const list = (node: TreeNode): AsyncIterator<DirectoryEntry> =>
    tree.readdir(node, 0, options)[Symbol.asyncIterator]();
  const open = (node: TreeNode, parent: Level | undefined, name: Uint8Array): Level => ({
    directory: node,
    parent,
    name,
    entries: list(node),
    refills: 0,
  });
  let level: Level | undefined = open(directory, undefined, new Uint8Array(0));
  try {
    while (level !== undefined) {
      const here: Level = level;
      const next = await unlessGone(() => here.entries.next());
      if (next && !next.done) {
        const { name, node } = next.value;
        const isDirectory = await removeEntry(tree, here, name, path, options);
        if (isDirectory) level = open(node, here, name);
        continue;
      }
      level = here.parent;
      if (here.parent === undefined) continue;
      const removed = await removeDirectory(tree, here.parent, here, path, options);
      if (removed) continue;
      // Somebody put something into it after it was listed.
      here.refills += 1;
      here.entries = list(here.directory);
      level = here;
    }
  } finally {
    for (; level !== undefined; level = level.parent) await level.entries.return?.();
  }
}

/** True where it is a directory, which is to be emptied first. */
async function removeEntry(
  tree: WritableFileTree,
  level: Level,
  name: Uint8Array,
  path: TreePath,
  options?: TreeOptions,
): Promise<boolean> {
  try {
    await unlessGone(() => tree.unlink(level.directory, name, options));
    return false;
  } catch (error) {
    if (error instanceof FileError && error.code === "EISDIR") return true;
    throw atEntry(error, "unlink", level, name, path);
  }
}

async function removeDirectory(
  tree: WritableFileTree,
  parent: Level,
  { name, refills }: Level,
  path: TreePath,
  options?: TreeOptions,
): Promise<boolean> {
  try {
    await unlessGone(() => tree.rmdir(parent.directory, name, options));
    return true;
  } catch (error) {
    const refilled = error instanceof FileError && error.code === "ENOTEMPTY";
    if (refilled && refills < refillLimit) return false;
    throw atEntry(error, "rmdir", parent, name, path);
  }
}

async function unlessGone<Result>(operation: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof FileError && (error.code === "ENOENT" || error.code === "ESTALE")) return undefined;
    throw error;
  }
}

function atEntry(error: unknown, syscall: string, level: Level, name: Uint8Array, path: TreePath): unknown {
  if (!(error instanceof FileError)) return error;
  const names = [name];
  for (let at: Level | undefined = level; at?.parent; at = at.parent) names.push(at.name);
  let full = pathBytes(path);
  for (const next of names.reverse()) full = joinBelow(full, next);
  return new FileError(error.code, syscall, pathText(full));
}
