/** Directories made with those that lead to them, and with names that nobody has. */
import { bytesFromLatin1 } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";
import type { NodeAttributes } from "./attributes.ts";
import type { TreePath } from "./path.ts";
import { pathBytes, pathText } from "./path.ts";

/** What `makeDirectories` stands on. */
export interface DirectoryMaker {
  /** As `mkdir` of one directory. */
  mkdir(path: Uint8Array): Promise<void>;
  /** As `stat`. */
  stat(path: Uint8Array): Promise<NodeAttributes>;
}

const slash = 0x2f;

/**
 * Makes a directory and all that lead to it: Node's `MKDirp`, step by step, so that what it
 * gives and how it fails is Node's for paths of any shape.
 *
 * @returns the path of the first directory that was made; undefined where none was.
 */
export async function makeDirectories(
  maker: DirectoryMaker,
  path: TreePath,
): Promise<Uint8Array | undefined> {
  const waiting = [pathBytes(path)];
  let first: Uint8Array | undefined;
  // Every round makes a directory, or goes up by one. More of them are a race with somebody who takes them away.
  let rounds = 2 * waiting.reduce((sum, bytes) => sum + bytes.filter((byte) => byte === slash).length, 8);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    try {
      await maker.mkdir(next);
      first ??= next;
    } catch (error) {
      if (!(error instanceof FileError) || isFinal(error)) throw error;
      const parent = parentOf(next);
      if (error.code === "ENOENT" && parent.length < next.length && rounds > 0) {
        rounds -= 1;
        waiting.push(next, parent);
      } else await checkDirectory(maker, next, error, waiting.length > 0);
    }
  }
  return first;
}

function isFinal({ code }: FileError): boolean {
  return ["EACCES", "ENOTDIR", "EPERM", "ENOSPC", "EROFS"].includes(code);
}

/** What could not be made may be there; else the error is that of looking for it. */
async function checkDirectory(
  maker: DirectoryMaker,
  path: Uint8Array,
  error: FileError,
  onTheWay: boolean,
): Promise<void> {
  const fail = (code: FileError["code"]): never => {
    throw new FileError(code, "mkdir", pathText(path));
  };
  let type: NodeAttributes["type"];
  try {
    type = (await maker.stat(path)).type;
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    return fail(error.code === "EEXIST" && onTheWay ? "ENOTDIR" : cause.code);
  }
  if (type !== "directory") fail(error.code === "EEXIST" && onTheWay ? "ENOTDIR" : "EEXIST");
}

/** What is before the last slash; the whole where there is none. */
function parentOf(path: Uint8Array): Uint8Array {
  const at = path.lastIndexOf(slash);
  return at === -1 ? path : path.subarray(0, at);
}

/** As many letters as `mkdtemp(3)` puts behind a prefix. */
const suffixLetters = 6;

/** How often another name is tried where one is taken. */
const suffixTries = 100;

const letters = bytesFromLatin1("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

/**
 * Makes a directory of a new name, as `mkdtemp(3)`.
 *
 * @param make makes the directory of a path, and rejects with `EEXIST` where something is there.
 * @returns its path.
 */
export async function makeTemporaryDirectory(
  prefix: TreePath,
  make: (path: Uint8Array) => Promise<void>,
): Promise<Uint8Array> {
  const start = pathBytes(prefix);
  for (let tries = 1; ; tries++) {
    const path = new Uint8Array(start.length + suffixLetters);
    path.set(start);
    const random = crypto.getRandomValues(new Uint32Array(suffixLetters));
    for (const [i, value] of random.entries()) path[start.length + i] = letters[value % letters.length] ?? 0;
    try {
      await make(path);
      return path;
    } catch (error) {
      const taken = error instanceof FileError && error.code === "EEXIST";
      if (!taken || tries === suffixTries) throw error;
    }
  }
}
