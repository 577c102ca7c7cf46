/** Paths as the compact writer takes them: cleaned, and a string of one character a byte for each name. */
import { bytesFromLatin1, latin1FromBytes } from "../bytes/latin1.ts";

/** The names from the root down; empty for the root itself. */
export type CompactPath = readonly string[];

/**
 * Cleans a path as Go's `path.Clean("/" + path)` does: empty names and `.` go,
 * `..` takes back a name and does not leave the root.
 *
 * @param path as an archive has it: any bytes.
 */
export function cleanPath(path: Uint8Array): CompactPath {
  const names: string[] = [];
  for (const name of latin1FromBytes(path).split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

/** A path for a message, from the root and without a slash in front: bytes that are no UTF-8 show as U+FFFD. */
export function pathText(path: CompactPath): string {
  return path.length === 0 ? "/" : new TextDecoder().decode(bytesFromLatin1(path.join("/")));
}
