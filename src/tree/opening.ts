/** `open(2)` above a tree: what is made, cut and followed on the way, as Linux's `path_openat` has it. */
import { FileError } from "../errors.ts";
import type { FileCapabilities } from "./file-capabilities.ts";
import type { TreeNode, TreeOptions } from "./file-tree.ts";
import { OpenDescription } from "./open-description.ts";
import type { OpenFlags } from "./open-flags.ts";
import type { TreePath } from "./path.ts";
import { type WalkedNode, type WalkedPlace, walkNode, walkPlace } from "./path-walk.ts";
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
  const place = await walkPlace(tree, path, "open", walk);
  if (place.found !== undefined) {
    if (flags.exclusive) throw new FileError("EEXIST", "open");
    if (place.found.type === "directory") throw new FileError("EISDIR", "open");
    return await openNode(target, place.found, flags, options);
  }
  const { settings } = capabilities;
  const made = await makeFile(tree, place, permissions, flags, options);
  if (made === undefined) return await openPath(target, path, flags, permissions, options);
  const how = { ...flags, truncate: false };
  return await openNode(target, { node: made, type: "file" }, how, options, settings);
}

/** Undefined where somebody else made it meanwhile, and that is as good. */
async function makeFile(
  tree: WritableFileTree,
  { parent = tree.root, name }: WalkedPlace,
  permissions: number,
  { exclusive }: OpenFlags,
  options?: TreeOptions,
): Promise<TreeNode | undefined> {
  try {
    return await tree.create(parent, name, { type: "file", permissions }, options);
  } catch (error) {
    if (error instanceof FileError && error.code === "EEXIST" && !exclusive) return undefined;
    throw error;
  }
}

/** @param settings of `capabilities`, when a node was made that has none. */
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
    if (flags.truncate) {
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
