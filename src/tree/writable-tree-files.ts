/**
 * `TreeFiles` with all that changes a tree: an API in the manner of `node:fs/promises`.
 *
 * What Linux's common layer does above every file system is done here: masks, flags of
 * `open`, trailing slashes, `.` and `..`, the loss of set-user-id and capabilities. There is
 * no user: permissions stop nobody, and what is made belongs to 0:0, or to the group of a
 * set-group-id directory. Of a tree that cannot be changed every changing call is `EROFS`.
 *
 * Calls may be made at any time and meet; each change of the tree happens whole. Those made of
 * several (`rm` and `cp` of directories, `mkdir` with `recursive`, `writeFile`) are seen halfway.
 */
import { FileError, UsageError } from "../errors.ts";
import { constants } from "./constants.ts";
import { copyContent } from "./copying.ts";
import { makeDirectories, makeTemporaryDirectory } from "./directory-making.ts";
import {
  checkTextEncoding,
  type EncodingOptions,
  encode,
  optionsOf,
  type TextEncoding,
  type TreeEncoding,
} from "./encoding.ts";
import { FileCapabilities } from "./file-capabilities.ts";
import type { FileData, FileDataPiece } from "./file-data.ts";
import { type FileMode, permissionsOf } from "./file-mode.ts";
import type { FileTime } from "./file-times.ts";
import type { FileTree, TreeNode, TreeOptions } from "./file-tree.ts";
import { NameChanges } from "./name-changes.ts";
import { type NodeChange, NodeChanges } from "./node-changes.ts";
import { openFlagsOf } from "./open-flags.ts";
import { type OpenTarget, openPath } from "./opening.ts";
import { pathBytes, pathText, splitLastName, type TreePath } from "./path.ts";
import { type WalkOptions, withPath } from "./path-walk.ts";
import { ReadOnlyTree } from "./read-only-tree.ts";
import { type CopyOptions, TreeCopy } from "./tree-copy.ts";
import { TreeFiles } from "./tree-files.ts";
import { removeContent } from "./tree-removal.ts";
import {
  type HandleSupport,
  WritableTreeFileHandle,
  type WriteStreamOptions,
} from "./writable-file-handle.ts";
import type { RenameOptions, SetXattrOptions, WritableFileTree } from "./writable-file-tree.ts";
import { xattrNameOf } from "./xattr-name.ts";

/** What all that is made in a tree has in common. */
export interface WritableTreeFilesOptions {
  /** Permissions that what is made does not get; 0o022 unless set. */
  readonly umask?: number;
}

/** How to write a whole file. */
export interface WriteFileOptions extends TreeOptions {
  /** Text is written as UTF-8. */
  readonly encoding?: TextEncoding | null;
  /** Of a file that is made; 0o666 unless set. */
  readonly mode?: FileMode;
  /** As `open`'s; `"w"` unless set, `"a"` to append. */
  readonly flag?: string | number;
  /** Flush the tree before the file is closed. */
  readonly flush?: boolean;
}

/** How to make a directory. */
export interface MkdirOptions extends TreeOptions {
  /** Make those that lead to it; one that is there is no error. */
  readonly recursive?: boolean;
  /** 0o777 unless set. */
  readonly mode?: FileMode;
}

/** How to take away. */
export interface RmOptions extends TreeOptions {
  /** Directories too, with all that is in them. */
  readonly recursive?: boolean;
  /** What is not there is no error. */
  readonly force?: boolean;
}

/** A node that is no directory and no symlink. */
export interface MknodOptions extends TreeOptions {
  readonly type: "file" | "characterDevice" | "blockDevice" | "fifo" | "socket";
  /** 0o666 unless set. */
  readonly mode?: FileMode;
  readonly deviceMajor?: number;
  readonly deviceMinor?: number;
}

/** Files of a tree by path, for reading and writing. */
export class WritableTreeFiles extends TreeFiles {
  declare readonly tree: WritableFileTree;
  readonly #umask: number;
  readonly #capabilities: FileCapabilities;
  readonly #changes: NodeChanges;
  readonly #target: OpenTarget;
  readonly #support: HandleSupport;
  readonly #names: NameChanges;

  /** @param tree stays its owner's to close; one that is for reading alone is `EROFS` to changes. */
  constructor(tree: FileTree | WritableFileTree, { umask = 0o022 }: WritableTreeFilesOptions = {}) {
    const writable = isWritable(tree) ? tree : new ReadOnlyTree(tree);
    super(writable);
    this.#umask = permissionsOf(umask);
    this.#capabilities = new FileCapabilities(writable);
    this.#changes = new NodeChanges(writable, this.#capabilities);
    this.#target = { tree: writable, capabilities: this.#capabilities };
    this.#support = { tree: writable, changes: this.#changes };
    this.#names = new NameChanges(writable);
  }

  protected override get isReadOnly(): boolean {
    return this.tree instanceof ReadOnlyTree;
  }

  /**
   * As Node's `open`; the caller closes it.
   *
   * @param flags Node's, text or bits of `constants`; `"r"` unless set.
   * @param mode of a file that is made; 0o666 unless set.
   */
  override async open(
    path: TreePath,
    flags?: string | number | TreeOptions | null,
    mode?: FileMode | null,
    options?: TreeOptions,
  ): Promise<WritableTreeFileHandle> {
    const [named, how] = typeof flags === "object" && flags !== null ? ["r", flags] : [flags, options];
    const opened = openFlagsOf(named);
    const permissions = permissionsOf(mode, 0o666) & ~this.#umask;
    const target = this.#target;
    const description = await withPath(path, "open", () => openPath(target, path, opened, permissions, how));
    return new WritableTreeFileHandle(description, this.#support);
  }

  /** As Node's `writeFile`, by path or to an open file. */
  async writeFile(
    path: TreePath | WritableTreeFileHandle,
    data: FileData,
    options?: TreeEncoding | WriteFileOptions | null,
  ): Promise<void> {
    checkTextEncoding(optionsOf(options).encoding);
    if (path instanceof WritableTreeFileHandle) return await path.writeFile(data, optionsOf(options));
    const { flag = "w", mode = 0o666, flush = false, signal } = optionsOf(options);
    const how = signal ? { signal } : {};
    const file = await this.open(path, flag, mode, how);
    try {
      await file.writeFile(data, how);
      if (flush) await file.sync(how);
    } finally {
      await file.close();
    }
  }

  /** As Node's `appendFile`: each piece of the data goes to where the end is when its turn comes. */
  appendFile(
    path: TreePath | WritableTreeFileHandle,
    data: FileData,
    options?: TreeEncoding | WriteFileOptions | null,
  ): Promise<void> {
    return this.writeFile(path, data, { flag: "a", ...optionsOf(options) } as WriteFileOptions);
  }

  /** As Node's `createWriteStream`, as a stream of the web's; the file is opened at once and closed with it. */
  createWriteStream(
    path: TreePath,
    {
      flags = "w",
      mode,
      ...options
    }: Omit<WriteStreamOptions, "autoClose"> & {
      readonly flags?: string | number;
      readonly mode?: FileMode;
    } = {},
  ): WritableStream<FileDataPiece> {
    let writer: WritableStreamDefaultWriter<FileDataPiece>;
    return new WritableStream({
      start: async () => {
        const file = await this.open(path, flags, mode, options);
        writer = file.createWriteStream(options).getWriter();
      },
      write: (piece) => writer.write(piece),
      close: () => writer.close(),
      abort: (reason) => writer.abort(reason),
    });
  }

  /** As Node's `truncate`. */
  async truncate(path: TreePath, sizeBytes = 0, options?: TreeOptions): Promise<void> {
    const file = await this.open(path, "r+", null, options);
    try {
      await file.truncate(sizeBytes, options);
    } finally {
      await file.close();
    }
  }

  /** As Node's `copyFile`. @param mode bits of `constants`: `COPYFILE_EXCL`, `COPYFILE_FICLONE`. */
  async copyFile(source: TreePath, destination: TreePath, mode = 0, options?: TreeOptions): Promise<void> {
    if (!Number.isInteger(mode) || mode < 0 || mode > 7) {
      throw new UsageError("invalid-argument", `mode ${mode} is none of copyFile's`);
    }
    const copy = async (): Promise<void> => {
      if (mode & constants.COPYFILE_FICLONE_FORCE) throw new FileError("ENOTSUP", "copyfile");
      const how = { exclusive: (mode & constants.COPYFILE_EXCL) !== 0, umask: this.#umask };
      await copyContent(this.#target, source, destination, how, options);
    };
    await withPath(source, "copyfile", copy, destination);
  }

  /** As Node's `cp`; a device is made anew, where Node would read it. */
  async cp(source: TreePath, destination: TreePath, options: CopyOptions = {}): Promise<void> {
    await new TreeCopy(this, options).run(source, destination);
  }

  /**
   * As Node's `mkdir`.
   *
   * @returns with `recursive` the path of the first directory that was made; undefined where none was.
   */
  async mkdir(path: TreePath, options?: MkdirOptions | FileMode | null): Promise<string | undefined> {
    const isMode = typeof options === "number" || typeof options === "string";
    const { recursive = false, mode, signal }: MkdirOptions = (isMode ? { mode: options } : options) ?? {};
    const how = signal ? { signal } : {};
    // Neither set-user-id nor set-group-id are had of `mkdir(2)`.
    const permissions = permissionsOf(mode, 0o777) & 0o1777;
    if (!recursive) {
      await this.#mkdir(path, permissions, "mkdir", how);
      return undefined;
    }
    const maker = {
      mkdir: (at: Uint8Array) => this.#mkdir(at, permissions, "mkdir", how),
      stat: async (at: Uint8Array) => (await this.stat(at, how)).attributes,
    };
    const first = await makeDirectories(maker, path);
    return first && pathText(first);
  }

  /** As Node's `mkdtemp`: makes a directory of a new name, six letters behind the prefix. */
  mkdtemp(
    prefix: TreePath,
    options?: TextEncoding | (EncodingOptions & { readonly encoding?: TextEncoding }),
  ): Promise<string>;
  mkdtemp(
    prefix: TreePath,
    options: "buffer" | (EncodingOptions & { readonly encoding: "buffer" }),
  ): Promise<Uint8Array>;
  async mkdtemp(prefix: TreePath, options?: TreeEncoding | EncodingOptions): Promise<string | Uint8Array> {
    const how = optionsOf(options);
    const make = (path: Uint8Array): Promise<void> => this.#mkdir(path, 0o700, "mkdtemp", how);
    return encode(await makeTemporaryDirectory(prefix, make), how);
  }

  /** Beyond Node: makes a device, a fifo, a socket or an empty file, as `mknod(2)`. */
  async mknod(
    path: TreePath,
    { type, mode, deviceMajor = 0, deviceMinor = 0, ...options }: MknodOptions,
  ): Promise<void> {
    const permissions = permissionsOf(mode, 0o666) & ~this.#umask;
    await this.#names.make(path, { type, permissions, deviceMajor, deviceMinor }, "mknod", options);
  }

  /** As Node's `symlink`. @param _type means nothing here, as on Linux. */
  async symlink(
    target: TreePath,
    path: TreePath,
    _type?: string | null,
    options?: TreeOptions,
  ): Promise<void> {
    const what = { type: "symlink", permissions: 0o777, target: pathBytes(target) } as const;
    await this.#names.make(path, what, "symlink", options, [target, path]);
  }

  /** As Node's `link`: of a symlink itself. */
  link(existing: TreePath, path: TreePath, options?: TreeOptions): Promise<void> {
    return this.#names.link(existing, path, options);
  }

  /** As Node's `rename`, and beyond it with `renameat2(2)`'s flags: see `RenameOptions`. */
  rename(from: TreePath, to: TreePath, options?: RenameOptions): Promise<void> {
    return this.#names.rename(from, to, options);
  }

  /** As Node's `unlink`. */
  unlink(path: TreePath, options?: TreeOptions): Promise<void> {
    return this.#names.unlink(path, options);
  }

  /** As Node's `rmdir`, of empty directories alone. */
  rmdir(path: TreePath, options?: TreeOptions): Promise<void> {
    return this.#names.rmdir(path, options);
  }

  /**
   * As Node's `rm`.
   *
   * @throws {FileError} `ERR_FS_EISDIR` for a directory without `recursive`; what `unlink` and `rmdir` throw.
   */
  async rm(path: TreePath, { recursive = false, force = false, ...options }: RmOptions = {}): Promise<void> {
    try {
      const stats = await this.lstat(path, options);
      if (!stats.isDirectory()) return await this.#names.unlink(path, options);
      if (!recursive) {
        const reason = "is a directory";
        throw new FileError("ERR_FS_EISDIR", "rm", pathText(path), { reason });
      }
      await this.#removeDirectory(path, options);
    } catch (error) {
      const absent = error instanceof FileError && error.code === "ENOENT";
      if (!absent || (!force && error.syscall === "lstat")) throw error;
    }
  }

  /** As Node's `chmod`. */
  async chmod(path: TreePath, mode: FileMode, options?: TreeOptions): Promise<void> {
    await this.#change(path, "chmod", this.#changes.mode(mode), options);
  }

  /** As Node's `chown`: -1 leaves an owner as it is. */
  async chown(path: TreePath, uid: number, gid: number, options?: TreeOptions): Promise<void> {
    await this.#change(path, "chown", this.#changes.owner(uid, gid), options);
  }

  /** As Node's `lchown`: of the symlink itself. */
  async lchown(path: TreePath, uid: number, gid: number, options?: TreeOptions): Promise<void> {
    const walk = { ...options, followSymlinks: false };
    await this.#change(path, "lchown", this.#changes.owner(uid, gid), walk);
  }

  /** As Node's `utimes`, and finer: see `FileTime`. */
  async utimes(path: TreePath, atime: FileTime, mtime: FileTime, options?: TreeOptions): Promise<void> {
    await this.#change(path, "utime", this.#changes.times(atime, mtime), options);
  }

  /** As Node's `lutimes`: of the symlink itself. */
  async lutimes(path: TreePath, atime: FileTime, mtime: FileTime, options?: TreeOptions): Promise<void> {
    const walk = { ...options, followSymlinks: false };
    await this.#change(path, "lutime", this.#changes.times(atime, mtime), walk);
  }

  /** Beyond Node: sets an extended attribute, as `setxattr(2)` or `lsetxattr(2)`. */
  async setxattr(
    path: TreePath,
    name: TreePath,
    value: Uint8Array,
    options?: SetXattrOptions & WalkOptions,
  ): Promise<void> {
    const bytes = xattrNameOf(name, path, "setxattr");
    const set = (node: TreeNode): Promise<void> => {
      this.#capabilities.noteSetting(bytes, value);
      return this.tree.setxattr(node, bytes, value, options);
    };
    await this.#change(path, "setxattr", set, options);
  }

  /** Beyond Node: takes an extended attribute away. @throws {FileError} `ENODATA` where there is none of that name. */
  async removexattr(path: TreePath, name: TreePath, options?: WalkOptions): Promise<void> {
    const bytes = xattrNameOf(name, path, "removexattr");
    await this.#change(path, "removexattr", (node) => this.tree.removexattr(node, bytes, options), options);
  }

  /** Beyond Node: all that was changed is on the tree's device, and the device has flushed. */
  sync(options?: TreeOptions): Promise<void> {
    return this.tree.flush(options);
  }

  #change(path: TreePath, syscall: string, change: NodeChange, options?: WalkOptions): Promise<void> {
    return this.at(path, syscall, options, ({ node }) => change(node, options));
  }

  async #mkdir(path: TreePath, permissions: number, syscall: string, options: TreeOptions): Promise<void> {
    const what = { type: "directory", permissions: permissions & ~this.#umask } as const;
    await this.#names.make(path, what, syscall, options);
  }

  /** An empty directory goes at once; what `rmdir` never takes keeps what is in it. */
  async #removeDirectory(path: TreePath, options: TreeOptions): Promise<void> {
    try {
      return await this.#names.rmdir(path, options);
    } catch (error) {
      const isFull = error instanceof FileError && error.code === "ENOTEMPTY";
      if (!isFull || splitLastName(pathBytes(path), "rmdir").kind !== "name") throw error;
    }
    const { node } = await this.resolve(path, { ...options, followSymlinks: false });
    await removeContent(this.tree, node, path, options);
    await this.#names.rmdir(path, options);
  }
}

function isWritable(tree: FileTree | WritableFileTree): tree is WritableFileTree {
  return "openWritable" in tree;
}
