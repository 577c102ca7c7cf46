/** Operands that are paths, in the bytes in which they were typed. */
import { readFileSync } from "node:fs";
import type { TreePath } from "../tree/path.ts";

/** What Node shows in place of bytes that are no UTF-8. */
const replacement = "\ufffd";

/**
 * Paths as they were typed: names need not be UTF-8, and Node's text of them has lost the bytes that are not. They
 * are taken from the process's command line, where the system shows it (Linux); elsewhere the text has to do.
 *
 * @param paths in the order in which they stand on the command line.
 * @param commandLine words with a NUL behind each.
 */
export function typedPaths(
  paths: readonly string[],
  commandLine: () => Uint8Array = ownCommandLine,
): TreePath[] {
  if (!paths.some((path) => path.includes(replacement))) return [...paths];
  const words = wordsOf(commandLine());
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let next = 0;
  return paths.map((path) => {
    const at = words.findIndex((word, index) => index >= next && decoder.decode(word) === path);
    if (at === -1) return path;
    next = at + 1;
    return words[at] as Uint8Array;
  });
}

/** As `typedPaths`, of one path. */
export function typedPath(path: string): TreePath {
  return typedPaths([path])[0] ?? path;
}

function wordsOf(commandLine: Uint8Array): Uint8Array[] {
  const words: Uint8Array[] = [];
  for (let start = 0; start < commandLine.length; ) {
    const end = commandLine.indexOf(0, start);
    words.push(commandLine.subarray(start, end === -1 ? commandLine.length : end));
    start = end === -1 ? commandLine.length : end + 1;
  }
  return words;
}

function ownCommandLine(): Uint8Array {
  try {
    return readFileSync("/proc/self/cmdline");
  } catch {
    return new Uint8Array(0);
  }
}
