/** Directories of the host's, shared over 9p: what is decided of them is kept; their files are the embedder's. */
import { StateError } from "../errors.ts";
import type { FileTree } from "../tree/file-tree.ts";
import { TreeFiles } from "../tree/tree-files.ts";
import type { WritableFileTree } from "../tree/writable-file-tree.ts";
import { WritableTreeFiles } from "../tree/writable-tree-files.ts";
import { nothingMounted } from "./disk-actions.ts";
import type { Turn } from "./guest.ts";
import { checkPath, checkShareName } from "./guest-path.ts";
import type { DirectoryCommand } from "./host-command.ts";

/** Shares a directory, or ends that. */
export function changeDirectory(turn: Turn, command: DirectoryCommand): void {
  const { path, shareName, isReadOnly, isRemoval } = command;
  const { guest, requests, tell } = turn;
  checkPath(path, "MountPath");
  if (isRemoval) {
    requests.unmountPlan9(path);
    if (!guest.sharedDirectories.delete(path)) throw nothingMounted(path);
    tell({ kind: "unmounted", path });
    return;
  }
  requests.mountPlan9(path);
  checkShareName(shareName);
  if (guest.sharedDirectories.has(path)) {
    throw new StateError("busy", `a directory is shared at ${path} already`, { at: { path } });
  }
  const tree = guest.options.sharedFiles?.({ path, shareName, isReadOnly });
  guest.sharedDirectories.set(path, tree && filesOf(tree, isReadOnly));
  tell({ kind: "shared", path, shareName });
}

/** What is to be read only has no method that would change it. */
function filesOf(tree: FileTree | WritableFileTree, isReadOnly: boolean): TreeFiles {
  return isReadOnly || !("openWritable" in tree) ? new TreeFiles(tree) : new WritableTreeFiles(tree);
}
