/** `cp`: files, symlinks, devices and whole directories copied inside a tree, in the manner of Node's. */
import { equalBytes } from "../bytes/compare.ts";
import { FileError, UsageError } from "../errors.ts";
import type { NodeAttributes } from "./attributes.ts";
import { type EncodingOptions, encode } from "./encoding.ts";
import type { TreeOptions } from "./file-tree.ts";
import { joinBelow } from "./listing.ts";
import { isDot, isDotDot, joinNames, pathBytes, pathText, splitLastName, type TreePath } from "./path.ts";
import { TreeStats } from "./stats.ts";

/** How to copy. */
export interface CopyOptions extends EncodingOptions {
  /** Directories too, with all that is in them. */
  readonly recursive?: boolean;
  /** Take the place of what is there; true unless set. */
  readonly force?: boolean;
  /** Refuse what is there, where not `force`. */
  readonly errorOnExist?: boolean;
  /** Of files: both times, to the nanosecond. */
  readonly preserveTimestamps?: boolean;
  /** Copy what symlinks lead to. Not with `verbatimSymlinks`. */
  readonly dereference?: boolean;
  /** Leave targets of symlinks as they are; else relative ones become absolute. */
  readonly verbatimSymlinks?: boolean;
  /** As `copyFile`'s. */
  readonly mode?: number;
  /** What is not to be copied: asked for everything, a directory before what is in it; paths in the encoding asked for. */
  readonly filter?: (
    source: string | Uint8Array,
    destination: string | Uint8Array,
  ) => boolean | Promise<boolean>;
}

/** What a copy stands on: calls of `WritableTreeFiles`, by bytes. */
export interface CopyCalls {
  stat(path: Uint8Array, options: TreeOptions): Promise<TreeStats>;
  lstat(path: Uint8Array, options: TreeOptions): Promise<TreeStats>;
  opendir(
    path: Uint8Array,
    options: TreeOptions & { readonly encoding: "buffer" },
  ): Promise<AsyncIterable<{ readonly name: Uint8Array }>>;
  readlink(path: Uint8Array, options: TreeOptions & { readonly encoding: "buffer" }): Promise<Uint8Array>;
  mkdir(path: Uint8Array, options: TreeOptions & { readonly recursive?: boolean }): Promise<unknown>;
  mknod(path: Uint8Array, options: TreeOptions & CopiedDevice): Promise<void>;
  copyFile(source: Uint8Array, destination: Uint8Array, mode: number, options: TreeOptions): Promise<void>;
  symlink(target: Uint8Array, path: Uint8Array, type: null, options: TreeOptions): Promise<void>;
  unlink(path: Uint8Array, options: TreeOptions): Promise<void>;
  chmod(path: Uint8Array, mode: number, options: TreeOptions): Promise<void>;
  utimes(path: Uint8Array, atime: bigint, mtime: bigint, options: TreeOptions): Promise<void>;
}

/** A device that is made anew. */
interface CopiedDevice {
  readonly type: "characterDevice" | "blockDevice";
  readonly mode: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
}

/**
 * Linux's own limit of a path. With `dereference` a symlink to what the destination lies in has the
 * copy copy itself, ever deeper: this is where Node ends too.
 */
const copiedPathLimitBytes = 4095;

/** One copy. The order of its checks, and its errors, are Node's. */
export class TreeCopy {
  readonly #calls: CopyCalls;
  readonly #options: CopyOptions;
  readonly #how: TreeOptions;

  /** @throws {UsageError} `invalid-argument` for options that do not go together. */
  constructor(calls: CopyCalls, options: CopyOptions) {
    if (options.dereference && options.verbatimSymlinks) {
      throw new UsageError("invalid-argument", "dereference and verbatimSymlinks do not go together");
    }
    if (options.filter !== undefined && typeof options.filter !== "function") {
      throw new UsageError("invalid-argument", `a filter is a function, not ${typeof options.filter}`);
    }
    this.#calls = calls;
    this.#options = options;
    this.#how = options.signal ? { signal: options.signal } : {};
  }

  /** Copies; directories that lead to the destination are made. */
  async run(sourcePath: TreePath, destinationPath: TreePath): Promise<void> {
    const [source, destination] = [pathBytes(sourcePath), pathBytes(destinationPath)];
    const checked = await this.#check(source, destination);
    if (checked === undefined) return;
    await this.#checkParents(source, checked.from, destination);
    const parent = dirname(destination);
    if ((await this.#statIfThere(parent, true)) === undefined) {
      await this.#calls.mkdir(parent, { ...this.#how, recursive: true });
    }
    await this.#copy(source, destination, checked.there);
  }

  /** What is at both ends; undefined where the filter says no. */
  async #check(
    source: Uint8Array,
    destination: Uint8Array,
  ): Promise<{ from: NodeAttributes; there: NodeAttributes | undefined } | undefined> {
    const { filter, dereference = false } = this.#options;
    const asked = (path: Uint8Array): string | Uint8Array => encode(path, this.#options);
    if (filter && !(await filter(asked(source), asked(destination)))) return undefined;
    const from = await this.#stat(source, dereference);
    const there = await this.#statIfThere(destination, dereference);
    const [fromText, toText] = [pathText(source), pathText(destination)];
    const isDirectory = from.type === "directory";
    if (there?.inode === from.inode) {
      throw refusal("ERR_FS_CP_EINVAL", destination, "src and dest cannot be the same");
    }
    if (there && isDirectory && there.type !== "directory") {
      const reason = `cannot overwrite non-directory ${toText} with directory ${fromText}`;
      throw refusal("ERR_FS_CP_DIR_TO_NON_DIR", destination, reason);
    }
    if (there?.type === "directory" && !isDirectory) {
      const reason = `cannot overwrite directory ${toText} with non-directory ${fromText}`;
      throw refusal("ERR_FS_CP_NON_DIR_TO_DIR", destination, reason);
    }
    if (isDirectory && isWithin(resolve(source), resolve(destination))) {
      throw intoItself(source, destination);
    }
    return { from, there };
  }

  /** No directory that leads to the destination is the source, by whatever symlinks. */
  async #checkParents(source: Uint8Array, from: NodeAttributes, destination: Uint8Array): Promise<void> {
    const sourceParent = joinNames(resolve(dirname(source)), true);
    const names = resolve(dirname(destination));
    let below = destination;
    for (; names.length > 0; names.pop()) {
      const path = joinNames(names, true);
      if (equalBytes(path, sourceParent)) return;
      const parent = await this.#statIfThere(path, true);
      // Node looks no further than to one that is not there, and the copy copies itself.
      if (parent?.inode === from.inode) throw intoItself(source, below);
      below = path;
    }
  }

  async #copy(source: Uint8Array, destination: Uint8Array, there: NodeAttributes | undefined): Promise<void> {
    const { recursive = false, dereference = false } = this.#options;
    const from = await this.#stat(source, dereference);
    if (from.type === "directory") {
      if (recursive) await this.#copyDirectory(source, from, destination, there);
      else throw refusal("ERR_FS_EISDIR", source, `${pathText(source)} is a directory (not copied)`);
    } else if (from.type === "symlink") await this.#copyLink(source, destination, there);
    else if (from.type === "socket") {
      throw refusal("ERR_FS_CP_SOCKET", destination, `cannot copy a socket file: ${pathText(destination)}`);
    } else if (from.type === "fifo") {
      throw refusal("ERR_FS_CP_FIFO_PIPE", destination, `cannot copy a FIFO pipe: ${pathText(destination)}`);
    } else await this.#copyFile(source, from, destination, there);
  }

  async #copyDirectory(
    source: Uint8Array,
    from: NodeAttributes,
    destination: Uint8Array,
    there: NodeAttributes | undefined,
  ): Promise<void> {
    if (!there) await this.#calls.mkdir(destination, this.#how);
    const entries = await this.#calls.opendir(source, { ...this.#how, encoding: "buffer" });
    for await (const { name } of entries) {
      const [below, into] = [joinBelow(source, name), joinBelow(destination, name)];
      const checked = await this.#check(below, into);
      if (checked) await this.#copy(below, into, checked.there);
    }
    if (!there) await this.#calls.chmod(destination, from.permissions, this.#how);
  }

  async #copyFile(
    source: Uint8Array,
    from: NodeAttributes,
    destination: Uint8Array,
    there: NodeAttributes | undefined,
  ): Promise<void> {
    const { force = true, errorOnExist = false, preserveTimestamps = false } = this.#options;
    if (there && force) await this.#calls.unlink(destination, this.#how);
    else if (there) {
      if (!errorOnExist) return;
      throw refusal("ERR_FS_CP_EEXIST", destination, `${pathText(destination)} already exists`);
    }
    const { type, permissions: mode, deviceMajor, deviceMinor } = from;
    if (type === "characterDevice" || type === "blockDevice") {
      await this.#calls.mknod(destination, { ...this.#how, type, mode, deviceMajor, deviceMinor });
    } else await this.#calls.copyFile(source, destination, this.#options.mode ?? 0, this.#how);
    if (preserveTimestamps) {
      const { atimeNs, mtimeNs } = new TreeStats(from);
      await this.#calls.utimes(destination, atimeNs, mtimeNs, this.#how);
    }
    await this.#calls.chmod(destination, mode, this.#how);
  }

  async #copyLink(
    source: Uint8Array,
    destination: Uint8Array,
    there: NodeAttributes | undefined,
  ): Promise<void> {
    const raw = { ...this.#how, encoding: "buffer" } as const;
    const read = async (path: Uint8Array): Promise<Uint8Array> => {
      const target = await this.#calls.readlink(path, raw);
      return target[0] === 0x2f ? target : joinNames(resolve(joinBelow(dirname(path), target)), true);
    };
    const verbatim = this.#options.verbatimSymlinks;
    const target = verbatim ? await this.#calls.readlink(source, raw) : await read(source);
    if (there?.type === "symlink") {
      const old = await read(destination);
      const [oldNames, names] = [resolve(old), resolve(target)];
      if (isWithin(names, oldNames)) throw intoItself(target, old, destination);
      const led = await this.#stat(source, true);
      if (led.type === "directory" && isWithin(oldNames, names)) {
        const reason = `cannot overwrite ${pathText(old)} with ${pathText(target)}`;
        throw refusal("ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY", destination, reason);
      }
      await this.#calls.unlink(destination, this.#how);
    }
    await this.#calls.symlink(target, destination, null, this.#how);
  }

  async #stat(path: Uint8Array, followSymlinks: boolean): Promise<NodeAttributes> {
    const syscall = followSymlinks ? "stat" : "lstat";
    if (path.length > copiedPathLimitBytes) throw new FileError("ENAMETOOLONG", syscall, pathText(path));
    return (await this.#calls[syscall](path, this.#how)).attributes;
  }

  async #statIfThere(path: Uint8Array, followSymlinks: boolean): Promise<NodeAttributes | undefined> {
    try {
      return await this.#stat(path, followSymlinks);
    } catch (error) {
      if (error instanceof FileError && error.code === "ENOENT") return undefined;
      throw error;
    }
  }
}

function refusal(code: FileError["code"], path: Uint8Array, reason: string): FileError {
  return new FileError(code, "cp", pathText(path), { reason });
}

function intoItself(source: Uint8Array, destination: Uint8Array, at: Uint8Array = destination): FileError {
  const reason = `cannot copy ${pathText(source)} to a subdirectory of self ${pathText(destination)}`;
  return refusal("ERR_FS_CP_EINVAL", at, reason);
}

/** The names that lead to a path from the root, `.` and `..` taken as text. */
function resolve(path: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let start = 0; start <= path.length; ) {
    const slash = path.indexOf(0x2f, start);
    const end = slash === -1 ? path.length : slash;
    const name = path.subarray(start, end);
    if (isDotDot(name)) names.pop();
    else if (name.length > 0 && !isDot(name)) names.push(name);
    start = end + 1;
  }
  return names;
}

/** The second path is the first or lies below it, by their names alone. */
function isWithin(outer: readonly Uint8Array[], inner: readonly Uint8Array[]): boolean {
  return outer.every((name, i) => {
    const other = inner[i];
    return other !== undefined && equalBytes(name, other);
  });
}

/** As Node's `path.dirname`. */
function dirname(path: Uint8Array): Uint8Array {
  if (path.length === 0) return Uint8Array.of(0x2e);
  const { parent } = splitLastName(path, "cp");
  let end = parent.length;
  while (end > 1 && parent[end - 1] === 0x2f) end -= 1;
  return parent.subarray(0, end);
}
