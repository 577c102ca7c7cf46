/**
 * A reading API in the manner of `node:fs/promises` over any `FileTree`.
 *
 * Differences from Node's: paths begin at the tree's root; bytes are `Uint8Array`s;
 * there is no user, so that permission bits stop nobody, as with the superuser;
 * whatever would write is not there, and `access` says `EROFS`.
 *
 * Errors are `FileError`s as Node's. What the image or its host does wrong comes
 * as the `StorageError` that it is.
 */
import { FileError, UsageError } from "../errors.ts";
import type { NodeType } from "./attributes.ts";
import { TreeDirent } from "./directory.ts";
import { type ReadFileOptions, type ReadStreamOptions, TreeFileHandle } from "./file-handle.ts";
import type { DirectoryEntry, FileTree, TreeNode, TreeOptions, TreeStatistics } from "./file-tree.ts";
import { joinNames, pathBytes, pathText, type TreePath } from "./path.ts";
import { type WalkedPath, type WalkOptions, walkPath, withPath } from "./path-walk.ts";
import { TreeStats } from "./stats.ts";
import { EnteredDirectories } from "./walk.ts";

/** Text, or bytes as they are: names need not be UTF-8, and as text such ones show U+FFFD. */
export type TreeEncoding = "utf8" | "buffer";

/** What names and targets come as. */
export interface EncodingOptions extends TreeOptions {
  /** `"utf8"` unless set. */
  readonly encoding?: TreeEncoding;
}

/** How to list a directory. */
export interface ReaddirOptions extends EncodingOptions {
  readonly withFileTypes?: boolean;
  /** With all that is below, each directory before what is in it. */
  readonly recursive?: boolean;
}

/** What `access` asks for: Node's `fs.constants`. */
const accessMode = { execute: 1, write: 2, read: 4 } as const;

/** A path longer than this is not built in a recursive listing: `walkTree` has no such limit. */
const listedPathLimitBytes = 65_536;

/** Files of a tree by path. */
export class TreeFiles {
  readonly tree: FileTree;

  /** @param tree stays its owner's to close. */
  constructor(tree: FileTree) {
    this.tree = tree;
  }

  /** Where a path leads, for what this API does not do. */
  resolve(path: TreePath, options?: WalkOptions): Promise<WalkedPath> {
    return walkPath(this.tree, path, "open", options);
  }

  /** As Node's `stat`: of what a symlink leads to. */
  async stat(path: TreePath, options?: TreeOptions): Promise<TreeStats> {
    return new TreeStats((await walkPath(this.tree, path, "stat", options)).attributes);
  }

  /** As Node's `lstat`: of the symlink itself. */
  async lstat(path: TreePath, options?: TreeOptions): Promise<TreeStats> {
    const walk = { ...options, followSymlinks: false };
    return new TreeStats((await walkPath(this.tree, path, "lstat", walk)).attributes);
  }

  /**
   * As Node's `access`, for the superuser.
   *
   * @param mode bits of Node's `fs.constants`: `R_OK` 4, `W_OK` 2, `X_OK` 1; existence alone unless set.
   * @throws {FileError} `EROFS` for `W_OK`; `EACCES` for `X_OK` on a file that nobody may execute.
   */
  async access(path: TreePath, mode = 0, options?: TreeOptions): Promise<void> {
    if (!Number.isInteger(mode) || mode < 0 || mode > 7) {
      throw new UsageError("invalid-argument", `mode ${mode} is none of R_OK, W_OK, X_OK`);
    }
    const { attributes } = await walkPath(this.tree, path, "access", options);
    const { type, permissions } = attributes;
    if (mode & accessMode.write) throw new FileError("EROFS", "access", pathText(path));
    const executable = type === "directory" || (permissions & 0o111) !== 0;
    if (mode & accessMode.execute && !executable) throw new FileError("EACCES", "access", pathText(path));
  }

  /** As Node's `realpath`: the absolute path without symlinks, `.` and `..`. */
  realpath(path: TreePath, options?: EncodingOptions & { readonly encoding?: "utf8" }): Promise<string>;
  realpath(path: TreePath, options: EncodingOptions & { readonly encoding: "buffer" }): Promise<Uint8Array>;
  async realpath(path: TreePath, options: EncodingOptions = {}): Promise<string | Uint8Array> {
    const { names } = await walkPath(this.tree, path, "realpath", options);
    return encode(joinNames(names, true), options);
  }

  /** As Node's `readlink`: the target as it stands. */
  readlink(path: TreePath, options?: EncodingOptions & { readonly encoding?: "utf8" }): Promise<string>;
  readlink(path: TreePath, options: EncodingOptions & { readonly encoding: "buffer" }): Promise<Uint8Array>;
  async readlink(path: TreePath, options: EncodingOptions = {}): Promise<string | Uint8Array> {
    const { node } = await walkPath(this.tree, path, "readlink", { ...options, followSymlinks: false });
    return encode(await withPath(path, "readlink", () => this.tree.readlink(node, options)), options);
  }

  /** As Node's `open`, for reading; the caller closes it. */
  async open(path: TreePath, options?: TreeOptions): Promise<TreeFileHandle> {
    const { node } = await walkPath(this.tree, path, "open", options);
    const file = await withPath(path, "open", () => this.tree.open(node, options));
    return new TreeFileHandle(this.tree, file, pathText(path));
  }

  /** As Node's `readFile`: bytes, or text where the encoding is given. */
  readFile(path: TreePath, options?: ReadFileOptions & { readonly encoding?: "buffer" }): Promise<Uint8Array>;
  readFile(
    path: TreePath,
    options: "utf8" | (ReadFileOptions & { readonly encoding: "utf8" }),
  ): Promise<string>;
  async readFile(
    path: TreePath,
    options: "utf8" | (ReadFileOptions & { readonly encoding?: TreeEncoding }) = {},
  ): Promise<Uint8Array | string> {
    const { encoding = "buffer", ...how } = typeof options === "string" ? { encoding: options } : options;
    const file = await this.open(path, how);
    try {
      return encode(await file.readFile(how), { encoding });
    } finally {
      await file.close();
    }
  }

  /** The file, or a part of it, in pieces; the file is closed with the last, or when the reader stops. */
  async *createReadStream(
    path: TreePath,
    options?: ReadStreamOptions,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const file = await this.open(path, options);
    try {
      yield* file.createReadStream(options);
    } finally {
      await file.close();
    }
  }

  /** As Node's `readdir`, in the file system's own order. With `recursive`, names are paths below `path`. */
  readdir(
    path: TreePath,
    options?: ReaddirOptions & { readonly encoding?: "utf8"; readonly withFileTypes?: false },
  ): Promise<string[]>;
  readdir(
    path: TreePath,
    options: ReaddirOptions & { readonly encoding: "buffer"; readonly withFileTypes?: false },
  ): Promise<Uint8Array[]>;
  readdir(
    path: TreePath,
    options: ReaddirOptions & { readonly encoding?: "utf8"; readonly withFileTypes: true },
  ): Promise<TreeDirent[]>;
  readdir(
    path: TreePath,
    options: ReaddirOptions & { readonly encoding: "buffer"; readonly withFileTypes: true },
  ): Promise<TreeDirent<Uint8Array>[]>;
  async readdir(
    path: TreePath,
    options: ReaddirOptions = {},
  ): Promise<(string | Uint8Array | TreeDirent<string | Uint8Array>)[]> {
    const { withFileTypes = false } = options;
    const found: (string | Uint8Array | TreeDirent<string | Uint8Array>)[] = [];
    for await (const { name, below, entry, type } of this.#list(path, options)) {
      if (withFileTypes) found.push(this.#dirent(path, below, entry, type, options));
      else found.push(encode(below.length === 0 ? name : joinNames([below, name], false), options));
    }
    return found;
  }

  /** As Node's `opendir`: the entries of one directory, read as they are asked for. */
  async *opendir(
    path: TreePath,
    options: EncodingOptions & { readonly encoding?: "utf8" } = {},
  ): AsyncGenerator<TreeDirent, void, undefined> {
    for await (const { below, entry, type } of this.#list(path, options)) {
      yield this.#dirent(path, below, entry, type, options) as TreeDirent;
    }
  }

  /** Full names of the extended attributes, in the file system's own order. */
  listxattr(path: TreePath, options?: WalkOptions & { readonly encoding?: "utf8" }): Promise<string[]>;
  listxattr(path: TreePath, options: WalkOptions & { readonly encoding: "buffer" }): Promise<Uint8Array[]>;
  async listxattr(
    path: TreePath,
    options: WalkOptions & EncodingOptions = {},
  ): Promise<(string | Uint8Array)[]> {
    const { node } = await walkPath(this.tree, path, "listxattr", options);
    return (await this.tree.listxattr(node, options)).map((name) => encode(name, options));
  }

  /**
   * The value of an extended attribute, in the form that the kernel shows.
   *
   * @throws {FileError} `ENODATA` where there is none of that name.
   */
  async getxattr(path: TreePath, name: TreePath, options?: WalkOptions): Promise<Uint8Array> {
    const bytes = pathBytes(name);
    const { node } = await walkPath(this.tree, path, "getxattr", options);
    const value = await this.tree.getxattr(node, bytes, options);
    if (value === undefined) throw new FileError("ENODATA", "getxattr", pathText(path));
    return value;
  }

  /** Sizes of the file system and what is left of them. */
  statfs(options?: TreeOptions): Promise<TreeStatistics> {
    return this.tree.statfs(options);
  }

  #dirent(
    path: TreePath,
    below: Uint8Array,
    entry: DirectoryEntry,
    type: NodeType,
    options: EncodingOptions,
  ): TreeDirent<string | Uint8Array> {
    const top = pathBytes(path);
    const parent = below.length === 0 ? top : joinBelow(top, below);
    return new TreeDirent(encode(entry.name, options), encode(parent, options), entry.node, type);
  }

  /** The entries of a directory, and with `recursive` of all below it. `below` leads to where each is. */
  async *#list(path: TreePath, options: ReaddirOptions): AsyncGenerator<ListedEntry, void, undefined> {
    const { recursive = false, withFileTypes = true } = options;
    const { node, attributes } = await walkPath(this.tree, path, "scandir", options);
    if (attributes.type !== "directory") throw new FileError("ENOTDIR", "scandir", pathText(path));
    const entered = new EnteredDirectories(this.tree.name);
    const levels: { readonly entries: AsyncIterator<DirectoryEntry>; readonly below: Uint8Array }[] = [];
    const enter = (directory: TreeNode, below: Uint8Array): void => {
      entered.enter(directory);
      const entries = this.tree.readdir(directory, 0, options)[Symbol.asyncIterator]();
      levels.push({ entries, below });
    };
    try {
      enter(node, new Uint8Array(0));
      for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
        const { value: entry, done } = await level.entries.next();
        if (done) {
          levels.pop();
          continue;
        }
        const { name } = entry;
        const { below } = level;
        const type = recursive || withFileTypes ? await this.#typeOf(entry, options) : "file";
        yield { name, below, entry, type };
        if (!recursive || type !== "directory" || !(await this.#isDirectory(entry, options))) continue;
        const next = below.length === 0 ? name : joinNames([below, name], false);
        if (next.length > listedPathLimitBytes) {
          throw new FileError("ENAMETOOLONG", "scandir", pathText(path));
        }
        enter(entry.node, next);
      }
    } finally {
      for (const { entries } of levels.reverse()) await entries.return?.();
    }
  }

  /** Before it is entered, a directory is asked itself. */
  async #isDirectory({ node }: DirectoryEntry, options: TreeOptions): Promise<boolean> {
    return (await this.tree.getattr(node, options)).type === "directory";
  }

  /** A directory's word on an entry's type serves; where it has none, the node is asked. */
  async #typeOf(entry: DirectoryEntry, options: TreeOptions): Promise<NodeType> {
    return entry.type ?? (await this.tree.getattr(entry.node, options)).type;
  }
}

interface ListedEntry {
  readonly name: Uint8Array;
  readonly below: Uint8Array;
  readonly entry: DirectoryEntry;
  readonly type: NodeType;
}

/** The path of what is below a path, which may end in a slash already. */
function joinBelow(top: Uint8Array, below: Uint8Array): Uint8Array {
  const end = top.at(-1) === 0x2f ? top.length - 1 : top.length;
  return joinNames([top.subarray(0, end), below], false);
}

function encode(bytes: Uint8Array, { encoding = "utf8" }: EncodingOptions): string | Uint8Array {
  return encoding === "utf8" ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) : bytes;
}
