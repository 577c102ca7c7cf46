/** Paths as the API's edge takes them: text or bytes, cut into names. */
import { FileError, UsageError } from "../errors.ts";

/** A path inside a tree. Text stands for its UTF-8 bytes; relative paths begin at the root. */
export type TreePath = string | Uint8Array;

/** The longest name in a directory. */
export const nameLimitBytes = 255;

const slash = 0x2f;
const dot = 0x2e;

/** A path, cut at its slashes. */
export interface PathNames {
  readonly absolute: boolean;
  /** Names from left to right, the caller's to change; empty ones and `.` are left out, `..` stands. */
  readonly names: Uint8Array[];
  /** It ends in `/` or `/.`, and so can only mean a directory. */
  readonly directory: boolean;
  /** It ends in `/`. */
  readonly slash: boolean;
}

/** A path as text, for messages: bytes that are not UTF-8 show as U+FFFD. */
export function pathText(path: TreePath): string {
  return typeof path === "string" ? path : new TextDecoder().decode(path);
}

/**
 * The bytes of a path, a copy: the caller may go on to change what it gave.
 *
 * @throws {UsageError} `invalid-argument` for what is no path, or holds a NUL.
 */
export function pathBytes(path: TreePath): Uint8Array {
  if (typeof path !== "string" && !(path instanceof Uint8Array)) {
    throw new UsageError("invalid-argument", `a path is text or bytes, not ${typeof path}`);
  }
  const bytes = typeof path === "string" ? utf8Bytes(path) : new Uint8Array(path);
  if (bytes.includes(0)) throw new UsageError("invalid-argument", "a path cannot hold a NUL");
  return bytes;
}

/** Most paths are short and ASCII: the encoder's call costs more than they do. */
function utf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return new TextEncoder().encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/**
 * Cuts a path into names, which may be longer than any name can be. They are copies: of a short array a
 * view costs more, since its memory has to be moved to where views can be of it.
 *
 * @param bytes without NUL; may come from a symlink, and so from the host.
 * @throws {FileError} `ENOENT` for an empty path.
 */
export function splitPath(bytes: Uint8Array, syscall: string): PathNames {
  if (bytes.length === 0) throw new FileError("ENOENT", syscall);
  const names: Uint8Array[] = [];
  let last = bytes;
  for (let start = 0; start <= bytes.length; start += last.length + 1) {
    const end = bytes.indexOf(slash, start);
    last = bytes.slice(start, end === -1 ? bytes.length : end);
    if (last.length > 0 && !isDot(last)) names.push(last);
  }
  return {
    absolute: bytes[0] === slash,
    names,
    directory: last.length === 0 || isDot(last),
    slash: last.length === 0,
  };
}

/** What a path ends in: all calls that make, move or take away a name want one that is no `.`, `..` or root. */
export interface LastName {
  readonly kind: "name" | "dot" | "dotDot" | "root";
  readonly name: Uint8Array;
  /** Leads to the directory that the name is in; not empty. */
  readonly parent: Uint8Array;
  /** There are slashes behind it, so that it can only mean a directory. */
  readonly slash: boolean;
}

/**
 * Cuts a path's last name off, as Linux's `filename_parentat` does. What is given are copies, as those of `splitPath`.
 *
 * @throws {FileError} `ENOENT` for an empty path.
 */
export function splitLastName(bytes: Uint8Array, syscall: string): LastName {
  if (bytes.length === 0) throw new FileError("ENOENT", syscall);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === slash) end -= 1;
  const start = end === 0 ? 0 : bytes.lastIndexOf(slash, end - 1) + 1;
  const name = bytes.slice(start, end);
  return {
    kind: kindOf(name),
    name,
    parent: start === 0 ? Uint8Array.of(dot) : bytes.slice(0, start),
    slash: end < bytes.length,
  };
}

function kindOf(name: Uint8Array): LastName["kind"] {
  if (name.length === 0) return "root";
  if (isDot(name)) return "dot";
  return isDotDot(name) ? "dotDot" : "name";
}

/** Names joined by slashes, with one in front where `absolute`. */
export function joinNames(names: readonly Uint8Array[], absolute: boolean): Uint8Array {
  const lengthBytes = names.reduce((sum, name) => sum + name.length + 1, 0);
  const joined = new Uint8Array(Math.max(lengthBytes, 1)).fill(slash);
  let end = 1;
  for (const name of names) {
    joined.set(name, end);
    end += name.length + 1;
  }
  return absolute ? joined.subarray(0, Math.max(end - 1, 1)) : joined.subarray(1, Math.max(end - 1, 1));
}

/** `.`, which stands for where one is. */
export function isDot(name: Uint8Array): boolean {
  return name.length === 1 && name[0] === dot;
}

/** `..`, which stands for where one came from. */
export function isDotDot(name: Uint8Array): boolean {
  return name.length === 2 && name[0] === dot && name[1] === dot;
}
