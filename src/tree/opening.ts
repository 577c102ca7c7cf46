/** `open(2)` above a tree: what is made, cut and followed on the way, as Linux's `path_openat` has it. */
import { FileError } from "../errors.ts";
import type { NodeAttributes } from "./attributes.ts";
import type { FileCapabilities } from "./file-capabilities.ts";
import type { TreeNode, TreeOptions } from "./file-tree.ts";
import { OpenDescription } from "./open-description.ts";
import type { OpenFlags } from "./open-flags.ts";
import type { TreePath } from "./path.ts";
import { type WalkedPlace, walkPath, walkPlace } from "./path-walk.ts";
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
  const { tree } = target;
  if (flags.create && flags.directory) throw new FileError("EINVAL", "open");
  const walk = { ...options, followSymlinks: !flags.noFollow };
  if (!flags.create) {
    const { node, attributes } = await walkPath(tree, path, "open", walk);
    return await openNode(target, node, attributes, flags, options);
  }
  const place = await walkPlace(tree, path, "open", walk);
  if (place.found !== undefined) {
    const { node, attributes } = place.found;
    if (flags.exclusive) throw new FileError("EEXIST", "open");
    if (attributes.type === "directory") throw new FileError("EISDIR", "open");
    return await openNode(target, node, attributes, flags, options);
  }
  const made = await makeFile(tree, place, permissions, flags, options);
  if (made === undefined) return await openPath(target, path, flags, permissions, options);
  return await openNode(target, made, { type: "file" }, { ...flags, truncate: false }, options);
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

async function openNode(
  { tree, capabilities }: OpenTarget,
  node: TreeNode,
  { type }: Pick<NodeAttributes, "type">,
  flags: OpenFlags,
  options?: TreeOptions,
): Promise<OpenDescription> {
  const changes = flags.write || flags.truncate;
  if (flags.directory && type !== "directory") throw new FileError("ENOTDIR", "open");
  if (type === "symlink") throw new FileError("ELOOP", "open");
  if (type === "directory" && changes) throw new FileError("EISDIR", "open");
  if (type === "directory") return new OpenDescription(tree, node, flags, {});
  if (type === "socket") throw new FileError("ENXIO", "open");
  if (!changes) return new OpenDescription(tree, node, flags, { file: await tree.open(node, options) });
  const writable = await tree.openWritable(node, options);
  const beforeChange = capabilities.forOpenFile();
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
