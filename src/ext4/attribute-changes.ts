/** Attributes and extended attributes, changed: each runs inside a change. */
import { bytesFromLatin1, latin1FromBytes } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";
import type { Timestamp } from "../tree/attributes.ts";
import type { AttributeChanges, SetXattrOptions } from "../tree/writable-file-tree.ts";
import { fitAclToMode, setAcl } from "./acl-changes.ts";
import type { LiveInode } from "./live-inode.ts";
import type { LiveTree } from "./live-tree.ts";
import { isWithin } from "./name-changes.ts";
import { splitXattrName } from "./xattr.ts";
import type { XattrKey } from "./xattr-change.ts";

const nameLimitBytes = 255;
const valueLimitBytes = 65_536;
/** The prefixes that anybody may use names of their own with: `user.`, `trusted.`, `security.`. */
const openIndexes: readonly number[] = [1, 4, 6];
const userIndex = 1;

/** Changes attributes. @throws {FileError} `EINVAL`; `ENOTSUP` for the permissions of a symlink. */
export function changeAttributes(
  tree: LiveTree,
  inode: LiveInode,
  { permissions, uid, gid, accessedAt, modifiedAt }: AttributeChanges,
): void {
  const sound =
    isWithin(permissions ?? 0, 0o7777) &&
    isWithin(uid ?? 0, 0xffff_ffff) &&
    isWithin(gid ?? 0, 0xffff_ffff) &&
    isTime(accessedAt) &&
    isTime(modifiedAt);
  if (!sound) throw new FileError("EINVAL", "setattr");
  if (permissions !== undefined && permissions !== inode.permissions) {
    if (inode.type === "symlink") throw new FileError("ENOTSUP", "chmod");
    inode.permissions = permissions;
    fitAclToMode(tree, inode);
  }
  if (uid !== undefined) inode.uid = uid;
  if (gid !== undefined) inode.gid = gid;
  if (accessedAt !== undefined) inode.accessedAt = accessedAt;
  if (modifiedAt !== undefined) inode.modifiedAt = modifiedAt;
  inode.changedAt = tree.volume.now();
}

/** What is out of the file system's range becomes the next time in it, as in the kernel; this is about what no clock says. */
function isTime(time: Timestamp | undefined): boolean {
  return time === undefined || isWithin(time.nanoseconds, 999_999_999);
}

/** Sets an extended attribute. @throws as `WritableFileTree.setxattr`. */
export function changeXattr(
  tree: LiveTree,
  inode: LiveInode,
  name: Uint8Array,
  value: Uint8Array,
  { only }: SetXattrOptions,
): void {
  if (value.length > valueLimitBytes) throw new FileError("E2BIG", "setxattr");
  const key = keyOf(inode, name, "setxattr");
  if (typeof key === "string") {
    setAcl(tree, inode, key, value);
    return;
  }
  const change = { key, value: new Uint8Array(value), ...(only && { only }) };
  if (tree.xattrs(inode).apply(change)) inode.changedAt = tree.volume.now();
}

/** Takes an extended attribute away. @throws as `WritableFileTree.removexattr`. */
export function removeXattr(tree: LiveTree, inode: LiveInode, name: Uint8Array): void {
  const key = keyOf(inode, name, "removexattr");
  if (typeof key === "string") {
    setAcl(tree, inode, key, undefined);
    return;
  }
  tree.xattrs(inode).apply({ key, value: undefined, only: "replace" });
  inode.changedAt = tree.volume.now();
}

/**
 * How a name is stored, or which ACL it means.
 *
 * @throws {FileError} `ERANGE`, `ENOTSUP`, `EINVAL` for a prefix alone, `EPERM`.
 */
function keyOf(inode: LiveInode, name: Uint8Array, syscall: string): XattrKey | "access" | "default" {
  if (name.length === 0 || name.length > nameLimitBytes) throw new FileError("ERANGE", syscall);
  const text = latin1FromBytes(name);
  if (text === "system.posix_acl_access") return "access";
  if (text === "system.posix_acl_default") return "default";
  const { index, rest } = splitXattrName(text);
  if (!openIndexes.includes(index) || rest.includes("\0")) throw new FileError("ENOTSUP", syscall);
  if (rest === "") throw new FileError("EINVAL", syscall);
  const mayHave = inode.type === "file" || inode.type === "directory";
  if (index === userIndex && !mayHave) throw new FileError("EPERM", syscall);
  return { nameIndex: index, name: bytesFromLatin1(rest) };
}
