/** Extended attributes of a memory tree's nodes: those that ext4 takes. */
import { latin1FromBytes } from "../../src/bytes/latin1.ts";
import { check, type MemoryInode } from "./memory-inode.ts";

const known = /^(user|trusted|security)\.|^system\.posix_acl_(access|default)$/u;

export function setMemoryXattr(
  node: MemoryInode,
  name: Uint8Array,
  value: Uint8Array,
  only: "create" | "replace" | undefined,
): void {
  const key = keyOf(node, name);
  check(value.length <= 65_536, "E2BIG");
  check(only !== "create" || !node.xattrs.has(key), "EEXIST");
  check(only !== "replace" || node.xattrs.has(key), "ENODATA");
  node.xattrs.set(key, value.slice());
}

export function removeMemoryXattr(node: MemoryInode, name: Uint8Array): void {
  check(node.xattrs.delete(keyOf(node, name)), "ENODATA");
}

function keyOf(node: MemoryInode, name: Uint8Array): string {
  const key = latin1FromBytes(name);
  check(name.length >= 1 && name.length <= 255, "ERANGE");
  check(known.test(key), "ENOTSUP");
  check(key.indexOf(".") < key.length - 1, "EINVAL");
  check(!key.startsWith("user.") || node.type === "file" || node.isDirectory, "EPERM");
  return key;
}
