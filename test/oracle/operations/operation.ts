/**
 * Operation lists: calls on a file system, a line each, that the real kernel
 * and a tree of ours can both make, and the words in which both tell what came
 * of them.
 *
 * A line is a verb and its arguments, divided by single spaces; a byte that is
 * no printable ASCII, a space or `%` is written `%20`. Paths begin at the root.
 * No verb follows a symlink at a path's end, unless it says so.
 *
 * | line | call |
 * |---|---|
 * | `open H PATH FLAGS MODE` | opens as `H`, follows; Node's flags: `r`, `w+`, `ax`; mode in octal |
 * | `close H`, `fsync H`, `fstat H`, `fchmod H MODE`, `fchown H UID GID`, `futimens H ATIME MTIME` | |
 * | `read H OFFSET LENGTH`, `write H OFFSET LENGTH SEED` | at an offset; at the end where `H` was opened to append |
 * | `ftruncate H SIZE`, `allocate H OFFSET LENGTH [keep]`, `punch H OFFSET LENGTH` | |
 * | `stretches H` | what is no hole: `OFFSET+LENGTH` each |
 * | `truncate PATH SIZE`, `chmod PATH MODE`, `stat PATH`, `readdir PATH` | follow |
 * | `mkdir PATH MODE`, `symlink TARGET PATH`, `link FROM TO`, `unlink PATH`, `rmdir PATH` | |
 * | `mknod PATH TYPE MODE [MAJOR MINOR]` | type in the house's words |
 * | `rename FROM TO [refuse] [exchange] [whiteout]` | |
 * | `lchown PATH UID GID`, `utimens PATH ATIME MTIME`, `lstat PATH` | times `SECONDS.NANOSECONDS`, or `-` to keep |
 * | `setxattr PATH NAME HEX [create] [replace]`, `getxattr PATH NAME`, `listxattr PATH`, `removexattr PATH NAME` | |
 * | `readlink PATH` | |
 * | `sync` | all that was changed is on the device |
 * | `remount` | lets go of the file system and all handles, and takes it up again |
 *
 * The answer is `ok` and what there is to tell, or the name of an error.
 */
import { latin1FromBytes } from "../../../src/bytes/latin1.ts";

/** The lines of a list. */
export type OperationList = readonly string[];

/** Written as an argument: the bytes are characters up to U+00FF. */
export function escaped(latin1: string): string {
  return latin1.replace(
    /[^!-$&-~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** The verb and the arguments of a line, unescaped. */
export function wordsOf(line: string): { readonly verb: string; readonly args: readonly string[] } {
  const [verb = "", ...args] = line.split(" ");
  const unescaped = args.map((word) =>
    word.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  );
  return { verb, args: unescaped };
}

/** Bytes that differ from place to place and from seed to seed. */
export function contentOf(lengthBytes: number, seed: number): Uint8Array {
  const start = (seed * 257) % 65536;
  return Uint8Array.from({ length: lengthBytes }, (_, index) => {
    const place = (start + index) % 65536;
    return ((place * 31) ^ ((place >> 8) * 7)) & 0xff;
  });
}

/** Bytes as hex, 32 zeros or more as their number, nothing as `-`. */
export function shownBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "-";
  const parts = latin1FromBytes(bytes).split(nulls);
  const shown = parts.map((part) =>
    part.length >= 32 && part[0] === "\0" && part.replaceAll("\0", "") === ""
      ? `(${part.length})`
      : Buffer.from(part, "latin1").toString("hex"),
  );
  return shown.join("");
}

const nulls = /(\0{32,})/;

/** A list as a test writes it down: blank lines, indentation and what follows `#` are left out. */
export function listOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
}
