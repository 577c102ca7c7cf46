/**
 * The extended attributes in which overlayfs keeps its own knowledge of a layer's
 * files (`Documentation/filesystems/overlayfs.rst`, `fs/overlayfs/xattrs.c`).
 * Users of the merged tree never see them; what they themselves name so is kept
 * one `overlay.` deeper, so that an overlay's layers can lie in an overlay.
 */
import { bytesFromLatin1, latin1FromBytes } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";

const prefix = "trusted.overlay.";
const escapedPrefix = "trusted.overlay.overlay.";
const nameLimitBytes = 255;

/** Full names of the attributes. */
export const mark: Readonly<
  Record<"opaque" | "whiteout" | "origin" | "impure" | "redirect" | "metacopy", Uint8Array>
> = {
  /** Of a directory: `y` hides what lower layers have, `x` says that whiteouts in the form of files lie in it. */
  opaque: bytesFromLatin1(`${prefix}opaque`),
  /** Of a file of no bytes: it is a whiteout. */
  whiteout: bytesFromLatin1(`${prefix}whiteout`),
  /** Of what was copied up: what it was copied from. */
  origin: bytesFromLatin1(`${prefix}origin`),
  /** Of a directory of the upper: something in it may have been copied up. */
  impure: bytesFromLatin1(`${prefix}impure`),
  /** Where to go on in lower layers: a name beside this one, or a path from their roots. */
  redirect: bytesFromLatin1(`${prefix}redirect`),
  /** Of a file: its content is a lower layer's. */
  metacopy: bytesFromLatin1(`${prefix}metacopy`),
};

/** `y`, as the marks have it. */
export const yes: Uint8Array = bytesFromLatin1("y");

/** True for what overlayfs keeps for itself, and users do not see. */
export function isPrivate(name: Uint8Array): boolean {
  const text = latin1FromBytes(name);
  return text.startsWith(prefix) && !text.startsWith(escapedPrefix);
}

/** The name under which users see an attribute of a layer that is not private. */
export function shownName(name: Uint8Array): Uint8Array {
  const text = latin1FromBytes(name);
  return text.startsWith(escapedPrefix) ? bytesFromLatin1(prefix + text.slice(escapedPrefix.length)) : name;
}

/**
 * The name under which a layer keeps an attribute of the user's.
 *
 * @throws {FileError} `ENOTSUP` where that is longer than names may be, `EINVAL` for a prefix without a name.
 */
export function keptName(name: Uint8Array, syscall: string): Uint8Array {
  const text = latin1FromBytes(name);
  if (!text.startsWith(prefix)) return name;
  if (text === prefix) throw new FileError("EINVAL", syscall);
  const kept = escapedPrefix + text.slice(prefix.length);
  if (kept.length > nameLimitBytes) throw new FileError("ENOTSUP", syscall);
  return bytesFromLatin1(kept);
}
