/** What ACLs and modes do to each other, and how a directory hands its own on (`fs/ext4/acl.c`, `fs/posix_acl.c`). */
import { FileError } from "../errors.ts";
import type { LiveInode } from "./live-inode.ts";
import type { LiveTree } from "./live-tree.ts";
import { shownAcl } from "./posix-acl.ts";
import {
  type AclEntry,
  aclWithMode,
  inheritedAcl,
  modeOfAcl,
  parseAcl,
  storedAcl,
} from "./posix-acl-change.ts";
import type { XattrKey } from "./xattr-change.ts";

const permissionMask = 0o777;

/** How the two ACLs are stored: by their prefix alone. */
export const aclKeys: { readonly access: XattrKey; readonly default: XattrKey } = {
  access: { nameIndex: 2, name: new Uint8Array(0) },
  default: { nameIndex: 3, name: new Uint8Array(0) },
};

/**
 * Sets an ACL, or takes it away. One that says no more than a mode becomes the mode.
 *
 * @param value in the form that Linux shows; undefined to take it away.
 * @throws {FileError} `EINVAL` for a malformed one, `ENOTSUP` for a symlink, `EACCES` for a default one where
 *   there is no directory, `ENOSPC`.
 */
export function setAcl(
  tree: LiveTree,
  inode: LiveInode,
  which: "access" | "default",
  value: Uint8Array | undefined,
): void {
  const entries = value === undefined ? [] : parseAcl(value);
  if (inode.type === "symlink") throw new FileError("ENOTSUP", "setxattr");
  if (entries === undefined) throw new FileError("EINVAL", "setxattr");
  if (which === "default" && inode.type !== "directory") {
    if (entries.length > 0) throw new FileError("EACCES", "setxattr");
    return;
  }
  if (which === "default" || entries.length === 0) {
    storeAcl(tree, inode, which, entries);
    return;
  }
  const { permissions, complete } = modeOfAcl(entries);
  storeAcl(tree, inode, which, complete ? [] : entries);
  if ((inode.permissions & permissionMask) === permissions) return;
  inode.permissions = (inode.permissions & ~permissionMask) | permissions;
  inode.changedAt = tree.volume.now();
}

/** Bends an inode's ACL to its mode, which was changed. */
export function fitAclToMode(tree: LiveTree, inode: LiveInode): void {
  const entries = readAcl(tree, inode, "access");
  if (entries === undefined) return;
  storeAcl(tree, inode, "access", aclWithMode(entries, inode.permissions));
}

/** Gives a new inode what its directory's default ACL says. */
export function inheritAcls(tree: LiveTree, parent: LiveInode, inode: LiveInode): void {
  if (inode.type === "symlink") return;
  const entries = readAcl(tree, parent, "default");
  if (entries === undefined) return;
  if (inode.type === "directory") storeAcl(tree, inode, "default", entries);
  const own = inheritedAcl(entries, inode.permissions);
  const { permissions, complete } = modeOfAcl(own);
  if (!complete) storeAcl(tree, inode, "access", own);
  inode.permissions = (inode.permissions & ~permissionMask) | permissions;
}

function readAcl(
  tree: LiveTree,
  inode: LiveInode,
  which: "access" | "default",
): readonly AclEntry[] | undefined {
  const stored = tree.xattrs(inode).read(aclKeys[which]);
  if (stored === undefined) return undefined;
  const shown = shownAcl(stored);
  const entries = shown && parseAcl(shown);
  if (entries !== undefined) return entries;
  throw tree.volume.malformed("bad-field", "extended attributes: a malformed ACL", { inode: inode.number });
}

function storeAcl(
  tree: LiveTree,
  inode: LiveInode,
  which: "access" | "default",
  entries: readonly AclEntry[],
): void {
  const value = entries.length === 0 ? undefined : storedAcl(entries);
  const changed = tree.xattrs(inode).apply({ key: aclKeys[which], value });
  if (changed) inode.changedAt = tree.volume.now();
}
