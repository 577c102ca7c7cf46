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
  const text = latin1FromBytes(path);
  // Not by `split`: V8 keeps its parts where only a full collection finds them, and there are many.
  for (let start = 0; start < text.length; ) {
    const slash = text.indexOf("/", start);
    const end = slash < 0 ? text.length : slash;
    const name = text.slice(start, end);
    start = end + 1;
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

/** A path for a message, from the root and without a slash in front: bytes that are no UTF-8 show as U+FFFD. */
export function pathText(path: CompactPath): string {
  return path.length === 0 ? "/" : new TextDecoder().decode(bytesFromLatin1(path.join("/")));
}
