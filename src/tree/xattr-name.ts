/** Names of extended attributes, as Linux checks them above every file system (`fs/xattr.c`). */
import { latin1FromBytes } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";
import { pathBytes, pathText, type TreePath } from "./path.ts";

const nameLimitBytes = 255;

/** The namespaces that some file system has. */
const known = /^(?:user|trusted|security|system)\./;

/** Those of the system that one can ask for: what else file systems keep there they keep to themselves. */
const systemNames: ReadonlySet<string> = new Set(["system.posix_acl_access", "system.posix_acl_default"]);

/**
 * The bytes of a name, checked before its path is walked.
 *
 * @param path stands in the error.
 * @throws {FileError} `ERANGE` for no name, or one of more than 255 bytes.
 */
export function xattrNameOf(name: TreePath, path: TreePath, syscall: string): Uint8Array {
  const bytes = pathBytes(name);
  if (bytes.length > 0 && bytes.length <= nameLimitBytes) return bytes;
  throw new FileError("ERANGE", syscall, pathText(path));
}

/**
 * What is checked of the name of an attribute that is to be read, of which a tree only says whether it is there.
 *
 * @throws {FileError} `ENOTSUP` for a namespace that no file system has, `EINVAL` for one without a name in it.
 */
export function checkReadName(name: Uint8Array, syscall: string): void {
  const text = latin1FromBytes(name);
  const [prefix] = known.exec(text) ?? [];
  if (prefix === undefined || text === "system.") throw new FileError("ENOTSUP", syscall);
  if (prefix.length === name.length) throw new FileError("EINVAL", syscall);
}

/** An attribute that a node does not have: `ENODATA`, or `ENOTSUP` where no node can have one of that name. */
export function missingAttribute(name: Uint8Array, syscall: string): FileError {
  const text = latin1FromBytes(name);
  const isKept = text.startsWith("system.") && !systemNames.has(text);
  return new FileError(isKept ? "ENOTSUP" : "ENODATA", syscall);
}
