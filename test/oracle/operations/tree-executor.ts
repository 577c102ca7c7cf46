/**
 * Makes the calls of operation lists through the API in the manner of
 * `node:fs/promises`, over a tree of ours.
 */
import { bytesFromLatin1, latin1FromBytes } from "../../../src/bytes/latin1.ts";
import { FileError } from "../../../src/errors.ts";
import type { Timestamp } from "../../../src/tree/attributes.ts";
import type { WritableTreeFileHandle } from "../../../src/tree/writable-file-handle.ts";
import type { WritableFileTree } from "../../../src/tree/writable-file-tree.ts";
import { type MknodOptions, WritableTreeFiles } from "../../../src/tree/writable-tree-files.ts";
import { contentOf, escaped, shownBytes, wordsOf } from "./operation.ts";
import { attributesText } from "./tree-snapshot.ts";

/** What a list's verbs work with. */
interface Bench {
  readonly files: WritableTreeFiles;
  readonly handles: Map<string, WritableTreeFileHandle>;
}

/** Makes calls on one tree, one after the other. */
export class TreeExecutor {
  readonly tree: WritableFileTree;
  readonly #bench: Bench;

  constructor(tree: WritableFileTree) {
    this.tree = tree;
    this.#bench = { files: new WritableTreeFiles(tree, { umask: 0 }), handles: new Map() };
  }

  /** Makes one call. @returns the line of its answer. @throws what is no `FileError`. */
  async answer(line: string): Promise<string> {
    const { verb, args } = wordsOf(line);
    const todo = verbs.get(verb);
    if (!todo) throw new Error(`no such operation: ${line}`);
    try {
      const said = await todo(this.#bench, ...args);
      return typeof said !== "string" || said === "" ? "ok" : `ok ${said}`;
    } catch (error) {
      if (error instanceof FileError) return error.code;
      throw new Error(`${line}: ${error}`, { cause: error });
    }
  }

  /** Lets go of all handles. */
  async closeHandles(): Promise<void> {
    for (const handle of this.#bench.handles.values()) await handle.close();
    this.#bench.handles.clear();
  }
}

const bytes = bytesFromLatin1;
const nofollow = { followSymlinks: false } as const;
const octal = (text: string): number => Number.parseInt(text, 8);
/** An owner that stays: -1, as an unsigned number in `chown(2)`. */
const owner = (text: string): number => (text === "4294967295" ? -1 : Number(text));

function handleOf({ handles }: Bench, name: string): WritableTreeFileHandle {
  const handle = handles.get(name);
  if (!handle) throw new FileError("EBADF", "no handle");
  return handle;
}

/** The length of a range: that there is none is a mistake of the caller's, to ours. */
function lengthOf(text: string): number {
  if (text === "0") throw new FileError("EINVAL", "fallocate");
  return Number(text);
}

/** A time in nanoseconds, the one that there is for `-`. */
function timeOf(text: string, kept: Timestamp): bigint {
  if (text === "-") return kept.seconds * 1_000_000_000n + BigInt(kept.nanoseconds);
  const [seconds = "", nanoseconds = ""] = text.split(".");
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

function sortedNames(names: readonly Uint8Array[]): string {
  return names
    .map((name) => latin1FromBytes(name))
    .sort()
    .map(escaped)
    .join(" ");
}

type Verb = (bench: Bench, ...args: string[]) => Promise<unknown>;

const onHandles = {
  async open(bench: Bench, name: string, path: string, flags: string, mode: string) {
    const { files, handles } = bench;
    // What lists do not open, as on the kernel's side.
    const there = flags.includes("x") ? undefined : await typeAt(files, path);
    if (there === "directory" && flags === "r") return there;
    if (there !== undefined && there !== "file" && there !== "directory") return "special";
    handles.set(name, await files.open(bytes(path), flags, octal(mode)));
    return undefined;
  },
  async close(bench: Bench, name: string) {
    await handleOf(bench, name).close();
    bench.handles.delete(name);
  },
  async read(bench: Bench, name: string, offset: string, length: string) {
    const into = new Uint8Array(Number(length));
    const { bytesRead } = await handleOf(bench, name).read(into, 0, into.length, Number(offset));
    return shownBytes(into.subarray(0, bytesRead));
  },
  async write(bench: Bench, name: string, offset: string, length: string, seed: string) {
    const from = contentOf(Number(length), Number(seed));
    const { bytesWritten } = await handleOf(bench, name).write(from, 0, from.length, Number(offset));
    return `${bytesWritten}`;
  },
  ftruncate: (bench: Bench, name: string, size: string) => handleOf(bench, name).truncate(Number(size)),
  allocate: async (bench: Bench, name: string, offset: string, length: string, keep?: string) =>
    handleOf(bench, name).allocate(Number(offset), lengthOf(length), { keepSize: keep !== undefined }),
  punch: async (bench: Bench, name: string, offset: string, length: string) =>
    handleOf(bench, name).punchHole(Number(offset), lengthOf(length)),
  async stretches(bench: Bench, name: string) {
    const found: string[] = [];
    for (let at = 0; ; ) {
      const stretch = await handleOf(bench, name).nextData(at);
      if (stretch === undefined) return found.join(" ");
      found.push(`${stretch.offsetBytes}+${stretch.lengthBytes}`);
      at = stretch.offsetBytes + stretch.lengthBytes;
    }
  },
  fstat: async (bench: Bench, name: string) =>
    attributesText((await handleOf(bench, name).stat()).attributes),
  fchmod: (bench: Bench, name: string, mode: string) => handleOf(bench, name).chmod(octal(mode)),
  fchown: (bench: Bench, name: string, uid: string, gid: string) =>
    handleOf(bench, name).chown(owner(uid), owner(gid)),
  async futimens(bench: Bench, name: string, accessed: string, modified: string) {
    const handle = handleOf(bench, name);
    const { accessedAt, modifiedAt } = (await handle.stat()).attributes;
    if (accessed === "-" && modified === "-") return;
    await handle.utimes(timeOf(accessed, accessedAt), timeOf(modified, modifiedAt));
  },
  fsync: (bench: Bench, name: string) => handleOf(bench, name).sync(),
};

async function typeAt(files: WritableTreeFiles, path: string): Promise<string | undefined> {
  try {
    return (await files.stat(bytes(path))).type;
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}

const onNames = {
  mkdir: ({ files }: Bench, path: string, mode: string) => files.mkdir(bytes(path), octal(mode)),
  mknod: ({ files }: Bench, path: string, type: string, mode: string, major = "0", minor = "0") =>
    files.mknod(bytes(path), {
      type: type as MknodOptions["type"],
      mode: octal(mode),
      deviceMajor: Number(major),
      deviceMinor: Number(minor),
    }),
  symlink: ({ files }: Bench, target: string, path: string) => files.symlink(bytes(target), bytes(path)),
  link: ({ files }: Bench, from: string, to: string) => files.link(bytes(from), bytes(to)),
  unlink: ({ files }: Bench, path: string) => files.unlink(bytes(path)),
  rmdir: ({ files }: Bench, path: string) => files.rmdir(bytes(path)),
  rename: ({ files }: Bench, from: string, to: string, ...how: string[]) => {
    const onto = how.includes("refuse") ? "refuse" : how.includes("exchange") ? "exchange" : "replace";
    return files.rename(bytes(from), bytes(to), { onto, whiteout: how.includes("whiteout") });
  },
  async readdir({ files }: Bench, path: string) {
    return sortedNames(await files.readdir(bytes(path), { encoding: "buffer" }));
  },
  readlink: async ({ files }: Bench, path: string) =>
    escaped(latin1FromBytes(await files.readlink(bytes(path), { encoding: "buffer" }))),
};

const onNodes = {
  sync: ({ files }: Bench) => files.sync(),
  truncate: ({ files }: Bench, path: string, size: string) => files.truncate(bytes(path), Number(size)),
  chmod: ({ files }: Bench, path: string, mode: string) => files.chmod(bytes(path), octal(mode)),
  lchown: ({ files }: Bench, path: string, uid: string, gid: string) =>
    files.lchown(bytes(path), owner(uid), owner(gid)),
  async utimens({ files }: Bench, path: string, accessed: string, modified: string) {
    // With nothing to do the kernel does not even look.
    if (accessed === "-" && modified === "-") return;
    const { accessedAt, modifiedAt } = (await files.lstat(bytes(path))).attributes;
    await files.lutimes(bytes(path), timeOf(accessed, accessedAt), timeOf(modified, modifiedAt));
  },
  setxattr: ({ files }: Bench, path: string, name: string, hex: string, only?: string) => {
    const value = new Uint8Array(Buffer.from(hex === "-" ? "" : hex, "hex"));
    const how = only === undefined ? {} : { only: only as "create" | "replace" };
    return files.setxattr(bytes(path), bytes(name), value, { ...nofollow, ...how });
  },
  getxattr: async ({ files }: Bench, path: string, name: string) =>
    shownBytes(await files.getxattr(bytes(path), bytes(name), nofollow)),
  listxattr: async ({ files }: Bench, path: string) =>
    sortedNames(await files.listxattr(bytes(path), { ...nofollow, encoding: "buffer" })),
  removexattr: ({ files }: Bench, path: string, name: string) =>
    files.removexattr(bytes(path), bytes(name), nofollow),
  lstat: async ({ files }: Bench, path: string) =>
    attributesText((await files.lstat(bytes(path))).attributes),
  stat: async ({ files }: Bench, path: string) => attributesText((await files.stat(bytes(path))).attributes),
};

const verbs: ReadonlyMap<string, Verb> = new Map<string, Verb>(
  Object.entries({ ...onHandles, ...onNames, ...onNodes }),
);
