/** Directories of the host's, shared over 9p: what is decided of them is kept; their files are outside. */
import { StateError } from "../errors.ts";
import { nothingMounted } from "./disk-actions.ts";
import type { Turn } from "./guest.ts";
import { checkPath, checkShareName } from "./guest-path.ts";
import type { DirectoryCommand } from "./host-command.ts";

/** Shares a directory, or ends that. */
export function changeDirectory(turn: Turn, { path, shareName, isRemoval }: DirectoryCommand): void {
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
  guest.sharedDirectories.add(path);
  tell({ kind: "shared", path, shareName });
}
