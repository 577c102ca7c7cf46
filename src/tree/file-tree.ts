/// <reference lib="esnext.disposable" preserve="true" />

/**
 * The one interface that every file system speaks: an ext4 image, an overlay of
 * several, whatever an embedder brings. Kernels, FUSE and NFS cut it in the same
 * place: nodes, not paths. Paths are walked above it (`TreeFiles`), so that `..`,
 * symlinks and their limits are handled once for all file systems.
 *
 * ## The contract
 * - **Names** are bytes. They hold no `/` and no NUL and have 1 to 255 bytes; `.`
 *   and `..` are never asked for and never listed.
 * - **Nodes** are handed out by `root`, `lookup` and `readdir`, and are good for the
 *   tree that made them. A tree holds nothing on their behalf: a node that
 *   nobody refers to any more is gone.
 * - **Numbers.** Two nodes with one `inode` are the same node. A directory has
 *   exactly one name; a tree whose image says otherwise need not find out.
 * - **Absence** is an answer, not an error: `lookup` and `getxattr` give undefined.
 *   What is asked of a node of the wrong type is a `FileError` without a path.
 * - **The image is the host's.** Malformed structures are a `FormatError`, bytes
 *   that do not hold an `IntegrityError`, failed I/O a `DeviceError`; all of them
 *   pass through whatever stands above, unchanged.
 * - **Abort.** A call rejects with `signal.reason`; what others wait for is not disturbed.
 * - **Close.** After `close`, calls reject with `StateError` `closed`; `close` waits
 *   for the calls under way, and closing twice is no error.
 */
import type { NodeAttributes, NodeType } from "./attributes.ts";

/** What every call may be given. */
export interface TreeOptions {
  /** Aborts this call alone. */
  readonly signal?: AbortSignal;
}

/** A file, a directory, whatever a name can stand for. Made by a tree, opaque to all others. */
export interface TreeNode {
  /** As `NodeAttributes.inode`. */
  readonly inode: number;
  /** As `NodeAttributes.type`, where the tree knows it without asking. */
  readonly type?: NodeType;
}

/** One name in a directory. */
export interface DirectoryEntry {
  /** 1 to 255 bytes, a copy of the reader's own. */
  readonly name: Uint8Array;
  /** What the name stands for, as `lookup` would give it. */
  readonly node: TreeNode;
  /** As the directory says; undefined where it does not. `getattr` has the last word. */
  readonly type: NodeType | undefined;
  /** Where a later `readdir` goes on after this entry. */
  readonly cursor: number;
}

/** What `statfs` gives: `struct statfs`, in the house's words. */
export interface TreeStatistics {
  readonly blockSizeBytes: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  /** Blocks that are free to others than the superuser. */
  readonly availableBlocks: number;
  readonly inodes: number;
  readonly freeInodes: number;
  readonly nameLimitBytes: number;
  /** The `f_type` of Linux: 0xef53 for ext4. */
  readonly magic: number;
}

/** A stretch of a file. */
export interface FileStretch {
  readonly offsetBytes: number;
  /** At least 1. */
  readonly lengthBytes: number;
}

/** A file that is open for reading. */
export interface OpenFile extends AsyncDisposable {
  readonly node: TreeNode;
  /**
   * Fills `into` from `offsetBytes` on, as far as the file goes; holes are zeros.
   *
   * @param offsetBytes a non-negative safe integer; at or past the end nothing is read.
   * @returns how many bytes were read: less than `into` has only at the end of the file.
   *   What lies behind them in `into`, and all of it after a rejection, is untouched or zeroed.
   */
  read(offsetBytes: number, into: Uint8Array, options?: TreeOptions): Promise<number>;
  /**
   * The first stretch at or after an offset that is no hole, as `SEEK_DATA` and
   * `SEEK_HOLE` find it; undefined where only holes follow. A file system that
   * knows of no holes answers with the rest of the file.
   */
  nextData(offsetBytes: number, options?: TreeOptions): Promise<FileStretch | undefined>;
  /** Lets go of the file. */
  close(): Promise<void>;
}

/**
 * A tree of files, for reading. Every call rejects with
 *
 * - `FormatError`, `IntegrityError`, `DeviceError` for what the image and its host do;
 * - `StateError` `closed` after `close`.
 */
export interface FileTree extends AsyncDisposable {
  /** Names the tree in errors, chosen by the embedder. */
  readonly name: string;
  readonly root: TreeNode;
  /**
   * The node of a name in a directory; undefined where there is none.
   *
   * @param name 1 to 255 bytes, neither `.` nor `..`.
   * @throws {FileError} `ENOTDIR`.
   */
  lookup(directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<TreeNode | undefined>;
  /** What the file system says of a node. */
  getattr(node: TreeNode, options?: TreeOptions): Promise<NodeAttributes>;
  /**
   * The names of a directory, in the file system's own order, read as they are asked for.
   *
   * @param cursor 0 for the beginning, or the `cursor` of an entry, for those after it.
   * @throws {FileError} `ENOTDIR`; `EINVAL` for a cursor that no entry had.
   */
  readdir(directory: TreeNode, cursor?: number, options?: TreeOptions): AsyncIterable<DirectoryEntry>;
  /**
   * The target of a symlink, as it stands.
   *
   * @throws {FileError} `EINVAL` where the node is no symlink.
   */
  readlink(node: TreeNode, options?: TreeOptions): Promise<Uint8Array>;
  /**
   * Opens a regular file for reading.
   *
   * @throws {FileError} `EISDIR` for a directory, `EINVAL` for what else has no content.
   */
  open(node: TreeNode, options?: TreeOptions): Promise<OpenFile>;
  /** Full names of the extended attributes (`user.comment`), in the file system's own order. */
  listxattr(node: TreeNode, options?: TreeOptions): Promise<readonly Uint8Array[]>;
  /** The value of an extended attribute, in the form that the kernel shows; undefined where there is none. */
  getxattr(node: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<Uint8Array | undefined>;
  /** Sizes and what is left of them. */
  statfs(options?: TreeOptions): Promise<TreeStatistics>;
  /** Waits for the calls under way and lets go of what the tree holds. */
  close(): Promise<void>;
}
