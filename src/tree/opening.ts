/** `open(2)` above a tree: what is made, cut and followed on the way, as Linux's `path_openat` has it. */
import { FileError } from "../errors.ts";
import type { FileCapabilities } from "./file-capabilities.ts";
import type { TreeNode, TreeOptions } from "./file-tree.ts";
import { OpenDescription } from "./open-description.ts";
import type { OpenFlags } from "./open-flags.ts";
import { pathBytes, type TreePath } from "./path.ts";
import { raceLimit, type WalkedNode, walkNode, walkPlace } from "./path-walk.ts";
import type { WritableFileTree } from "./writable-file-tree.ts";

/** What an open is done on. */
export interface OpenTarget {
  readonly tree: WritableFileTree;
  readonly capabilities: FileCapabilities;
}

/**
 * Opens a node.
 *
 * @param permissions of a file that is made, the mask taken off.
 * @throws {FileError} as `open(2)`, without a path; `EINVAL` for a device or a fifo, which a tree only holds,
 *   `ENXIO` for a socket.
 */
export async function openPath(
  target: OpenTarget,
  path: TreePath,
  flags: OpenFlags,
  permissions: number,
  options?: TreeOptions,
): Promise<OpenDescription> {
  const { tree, capabilities } = target;
  if (flags.create && flags.directory) throw new FileError("EINVAL", "open");
  const walk = { ...options, followSymlinks: !flags.noFollow };
  if (!flags.create) {
    return await openNode(target, await walkNode(tree, path, "open", walk), flags, options);
  }
  const bytes = pathBytes(path);
  for (let races = 0; ; races++) {
    const { found, parent, name } = await walkPlace(tree, bytes, "open", walk);
    if (found !== undefined) {
      if (flags.exclusive) throw new FileError("EEXIST", "open");
      if (found.type === "directory") throw new FileError("EISDIR", "open");
      return await openNode(target, found, flags, options);
    }
    const { settings } = capabilities;
    let node: TreeNode;
    try {
      node = await tree.create(parent?.node ?? tree.root, name, { type: "file", permissions }, options);
    } catch (error) {
      // Where somebody else made it meanwhile, that is as good.
      const isLost = error instanceof FileError && error.code === "EEXIST" && !flags.exclusive;
      if (isLost && races < raceLimit) continue;
      throw error;
    }
    return await openNode(target, { node, type: "file" }, flags, options, settings);
  }
}

/** @param settings of `capabilities`, when the node was made: it has none of them, and nothing to be cut off. */
async function openNode(
  { tree, capabilities }: OpenTarget,
  { node, type }: WalkedNode,
  flags: OpenFlags,
  options?: TreeOptions,
  settings?: number,
): Promise<OpenDescription> {
  const changes = flags.write || flags.truncate;
  if (flags.directory && type !== "directory") throw new FileError("ENOTDIR", "open");
  if (type === "symlink") throw new FileError("ELOOP", "open");
  if (type === "directory" && changes) throw new FileError("EISDIR", "open");
  if (type === "directory") return new OpenDescription(tree, node, flags, {});
  if (type === "socket") throw new FileError("ENXIO", "open");
  if (!changes) return new OpenDescription(tree, node, flags, { file: await tree.open(node, options) });
  const writable = await tree.openWritable(node, options);
  const beforeChange = capabilities.forOpenFile(settings);
  try {
    if (flags.truncate && settings === undefined) {
      await beforeChange(node, options);
      await writable.truncate(0, options);
    }
  } catch (error) {
    await writable.close();
    throw error;
  }
  const flush = (how?: TreeOptions): Promise<void> => tree.flush(how);
  return new OpenDescription(tree, node, flags, { file: writable, writable, beforeChange, flush });
}
