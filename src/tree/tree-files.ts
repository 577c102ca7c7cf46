/**
 * A reading API in the manner of `node:fs/promises` over any `FileTree`.
 * `WritableTreeFiles` is the same with all that changes a tree.
 *
 * Differences from Node's: paths begin at the tree's root; bytes are `Uint8Array`s;
 * there is no user, so that permission bits stop nobody, as with the superuser.
 *
 * Errors are `FileError`s as Node's. What the image or its host does wrong comes
 * as the `StorageError` that it is.
 */
import { FileError, UsageError } from "../errors.ts";
import { constants } from "./constants.ts";
import { TreeDirectory, type TreeDirent } from "./directory.ts";
import { type EncodingOptions, encode, optionsOf, type TextEncoding, type TreeEncoding } from "./encoding.ts";
import { type ReadFileOptions, type ReadStreamOptions, TreeFileHandle } from "./file-handle.ts";
import type { FileTree, TreeOptions } from "./file-tree.ts";
import { Listing, type ReaddirOptions } from "./listing.ts";
import { OpenDescription } from "./open-description.ts";
import { type OpenFlags, openFlagsOf } from "./open-flags.ts";
import { joinNames, pathBytes, type TreePath } from "./path.ts";
import { type WalkedPath, type WalkOptions, walkPath, withPath } from "./path-walk.ts";
import { BigIntTreeStatFs, TreeStatFs } from "./statistics.ts";
import { type BigIntTreeStats, type StatOptions, statsOf, type TreeStats } from "./stats.ts";
import { checkReadName, missingAttribute, xattrNameOf } from "./xattr-name.ts";

/** Files of a tree by path. */
export class TreeFiles {
  readonly tree: FileTree;
  /** As Node's `fs.constants`. */
  readonly constants: typeof constants = constants;

  /** @param tree stays its owner's to close. */
  constructor(tree: FileTree) {
    this.tree = tree;
  }

  /** Where a path leads, for what this API does not do. */
  resolve(path: TreePath, options?: WalkOptions): Promise<WalkedPath> {
    return this.at(path, "open", options, async (walked) => walked);
  }

  /** As Node's `stat`: of what a symlink leads to. */
  stat(path: TreePath, options?: StatOptions & { readonly bigint?: false }): Promise<TreeStats>;
  stat(path: TreePath, options: StatOptions & { readonly bigint: true }): Promise<BigIntTreeStats>;
  stat(path: TreePath, options?: StatOptions): Promise<TreeStats | BigIntTreeStats> {
    return this.at(path, "stat", options, ({ attributes }) => statsOf(attributes, options));
  }

  /** As Node's `lstat`: of the symlink itself. */
  lstat(path: TreePath, options?: StatOptions & { readonly bigint?: false }): Promise<TreeStats>;
  lstat(path: TreePath, options: StatOptions & { readonly bigint: true }): Promise<BigIntTreeStats>;
  lstat(path: TreePath, options?: StatOptions): Promise<TreeStats | BigIntTreeStats> {
    const walk = { ...options, followSymlinks: false };
    return this.at(path, "lstat", walk, ({ attributes }) => statsOf(attributes, options));
  }

  /**
   * As Node's `access`, for the superuser.
   *
   * @param mode bits of Node's `fs.constants`: `R_OK` 4, `W_OK` 2, `X_OK` 1; existence alone unless set.
   * @throws {FileError} `EACCES` for `X_OK` on a file that nobody may execute; `EROFS` for `W_OK` on a file,
   *   a directory or a symlink in a tree that cannot be changed.
   */
  async access(path: TreePath, mode = 0, options?: TreeOptions): Promise<void> {
    if (!Number.isInteger(mode) || mode < 0 || mode > 7) {
      throw new UsageError("invalid-argument", `mode ${mode} is none of R_OK, W_OK, X_OK`);
    }
    await this.at(path, "access", options, async ({ attributes: { type, permissions } }) => {
      const stored = type === "file" || type === "directory" || type === "symlink";
      if (mode & constants.W_OK && stored && this.isReadOnly) throw new FileError("EROFS", "access");
      const executable = type === "directory" || (permissions & 0o111) !== 0;
      if (mode & constants.X_OK && !executable) throw new FileError("EACCES", "access");
    });
  }

  /** As Node's `realpath`: the absolute path without symlinks, `.` and `..`. */
  realpath(
    path: TreePath,
    options?: TextEncoding | (EncodingOptions & { readonly encoding?: TextEncoding }),
  ): Promise<string>;
  realpath(
    path: TreePath,
    options: "buffer" | (EncodingOptions & { readonly encoding: "buffer" }),
  ): Promise<Uint8Array>;
  realpath(path: TreePath, options?: TreeEncoding | EncodingOptions): Promise<string | Uint8Array> {
    const how = optionsOf(options);
    return this.at(path, "realpath", how, ({ names }) => encode(joinNames(names, true), how));
  }

  /** As Node's `readlink`: the target as it stands. */
  readlink(
    path: TreePath,
    options?: TextEncoding | (EncodingOptions & { readonly encoding?: TextEncoding }),
  ): Promise<string>;
  readlink(
    path: TreePath,
    options: "buffer" | (EncodingOptions & { readonly encoding: "buffer" }),
  ): Promise<Uint8Array>;
  readlink(path: TreePath, options?: TreeEncoding | EncodingOptions): Promise<string | Uint8Array> {
    const how = { ...optionsOf(options), followSymlinks: false };
    return this.at(path, "readlink", how, async ({ node }) =>
      encode(await this.tree.readlink(node, how), how),
    );
  }

  /** As Node's `open`, for reading; the caller closes it. */
  async open(path: TreePath, options?: TreeOptions): Promise<TreeFileHandle> {
    return new TreeFileHandle(await this.openForReading(path, openFlagsOf("r"), options));
  }

  /** As Node's `readFile`, by path or of an open file: bytes, or text where the encoding is given. */
  readFile(
    path: TreePath | TreeFileHandle,
    options?: "buffer" | (ReadFileOptions & { readonly encoding?: "buffer" | null }) | null,
  ): Promise<Uint8Array>;
  readFile(
    path: TreePath | TreeFileHandle,
    options: TextEncoding | (ReadFileOptions & { readonly encoding: TextEncoding }),
  ): Promise<string>;
  async readFile(
    path: TreePath | TreeFileHandle,
    options?: TreeEncoding | ReadFileOptions | null,
  ): Promise<Uint8Array | string> {
    if (path instanceof TreeFileHandle) return await path.readFile(options);
    const { signal } = optionsOf(options);
    const file = await this.open(path, signal ? { signal } : {});
    try {
      return await file.readFile(options);
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
    yield* file.createReadStream(options);
  }

  /** As Node's `readdir`, in the file system's own order. With `recursive`, names are paths below `path`. */
  readdir(
    path: TreePath,
    options?:
      | TextEncoding
      | (ReaddirOptions & { readonly encoding?: TextEncoding; readonly withFileTypes?: false })
      | null,
  ): Promise<string[]>;
  readdir(
    path: TreePath,
    options: "buffer" | (ReaddirOptions & { readonly encoding: "buffer"; readonly withFileTypes?: false }),
  ): Promise<Uint8Array[]>;
  readdir(
    path: TreePath,
    options: ReaddirOptions & { readonly encoding?: TextEncoding; readonly withFileTypes: true },
  ): Promise<TreeDirent[]>;
  readdir(
    path: TreePath,
    options: ReaddirOptions & { readonly encoding: "buffer"; readonly withFileTypes: true },
  ): Promise<TreeDirent<Uint8Array>[]>;
  async readdir(
    path: TreePath,
    options?: TreeEncoding | ReaddirOptions | null,
  ): Promise<(string | Uint8Array | TreeDirent<string | Uint8Array>)[]> {
    const { withFileTypes = false, ...how } = optionsOf(options);
    const listing = new Listing(this.tree, path, "scandir", { ...how, withFileTypes });
    const found: (string | Uint8Array | TreeDirent<string | Uint8Array>)[] = [];
    if (withFileTypes) {
      for await (const entry of listing.dirents(await listing.directory())) found.push(entry);
    } else for await (const name of listing.names()) found.push(name);
    return found;
  }

  /** As Node's `opendir`: the entries of a directory, read as they are asked for. */
  opendir(
    path: TreePath,
    options?: TextEncoding | (ReaddirOptions & { readonly encoding?: TextEncoding }),
  ): Promise<TreeDirectory>;
  opendir(
    path: TreePath,
    options: "buffer" | (ReaddirOptions & { readonly encoding: "buffer" }),
  ): Promise<TreeDirectory<Uint8Array>>;
  async opendir(
    path: TreePath,
    options?: TreeEncoding | ReaddirOptions,
  ): Promise<TreeDirectory<string | Uint8Array>> {
    const how = { ...optionsOf(options), withFileTypes: true };
    const listing = new Listing(this.tree, path, "opendir", how);
    const directory = await listing.directory();
    return new TreeDirectory(encode(pathBytes(path), how), listing.dirents(directory));
  }

  /** Beyond Node: full names of the extended attributes, in the file system's own order. */
  listxattr(path: TreePath, options?: WalkOptions & { readonly encoding?: TextEncoding }): Promise<string[]>;
  listxattr(path: TreePath, options: WalkOptions & { readonly encoding: "buffer" }): Promise<Uint8Array[]>;
  listxattr(path: TreePath, options: WalkOptions & EncodingOptions = {}): Promise<(string | Uint8Array)[]> {
    return this.at(path, "listxattr", options, async ({ node }) =>
      (await this.tree.listxattr(node, options)).map((name) => encode(name, options)),
    );
  }

  /**
   * Beyond Node: the value of an extended attribute, in the form that the kernel shows.
   *
   * @throws {FileError} `ENODATA` where there is none of that name; `ENOTSUP`, `EINVAL` or `ERANGE` where
   *   there cannot be one.
   */
  async getxattr(path: TreePath, name: TreePath, options?: WalkOptions): Promise<Uint8Array> {
    const bytes = xattrNameOf(name, path, "getxattr");
    return await this.at(path, "getxattr", options, async ({ node }) => {
      checkReadName(bytes, "getxattr");
      const value = await this.tree.getxattr(node, bytes, options);
      if (value === undefined) throw missingAttribute(bytes, "getxattr");
      return value;
    });
  }

  /** As Node's `statfs`: sizes of the file system and what is left of them. */
  statfs(path: TreePath, options?: StatOptions & { readonly bigint?: false }): Promise<TreeStatFs>;
  statfs(path: TreePath, options: StatOptions & { readonly bigint: true }): Promise<BigIntTreeStatFs>;
  statfs(path: TreePath, options: StatOptions = {}): Promise<TreeStatFs | BigIntTreeStatFs> {
    return this.at(path, "statfs", options, async () => {
      const statistics = await this.tree.statfs(options);
      return options.bigint ? new BigIntTreeStatFs(statistics) : new TreeStatFs(statistics);
    });
  }

  /** Nothing here changes the tree. */
  protected get isReadOnly(): boolean {
    return true;
  }

  /** Runs an operation on what a path leads to; see `withPath`. */
  protected at<Result>(
    path: TreePath,
    syscall: string,
    options: WalkOptions | undefined,
    operation: (walked: WalkedPath) => Promise<Result> | Result,
  ): Promise<Result> {
    return withPath(path, syscall, async () => {
      return await operation(await walkPath(this.tree, path, syscall, options));
    });
  }

  /** Opens a file, or a directory as far as that goes. */
  protected openForReading(
    path: TreePath,
    flags: OpenFlags,
    options?: TreeOptions,
  ): Promise<OpenDescription> {
    return this.at(path, "open", options, async ({ node, attributes }) => {
      const content = attributes.type === "directory" ? {} : { file: await this.tree.open(node, options) };
      return new OpenDescription(this.tree, node, flags, content);
    });
  }
}
