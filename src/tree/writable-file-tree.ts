/**
 * A file tree that can be changed: what ext4's read-write driver and a writable
 * overlay speak, and what the API in Node's manner and the exports stand on.
 *
 * ## The contract, besides `FileTree`'s
 * - **There is no user.** Permissions stop nobody, as with the superuser; what a
 *   call makes or keeps is the caller's word. A tree does what a file system of
 *   Linux's does below the kernel's common layer: a set-group-id directory hands
 *   on its group, and to directories that bit; times are kept. What that layer
 *   does (a mask, the loss of set-user-id on a change of owner) is done above.
 * - **Reading changes nothing**: as mounted with `noatime`.
 * - **Each call happens whole or not at all**, as others see it, and calls may
 *   be made at any time: the tree orders them. One that rejects has changed
 *   nothing, but that writing may have written a beginning when it runs out of
 *   space, as `write(2)` does; it then tells how much.
 * - **A node that loses its last name** lives on while a file is open on it, and
 *   then is gone: calls on it are `ESTALE`. In a directory that was removed
 *   nothing can be made (`ENOENT`).
 * - **Nothing is promised to be on the device** before `flush` has ended well.
 *   After the device failed a write, calls that change something are a
 *   `StateError` until a flush has ended well; what was changed before is kept
 *   in memory and stays readable.
 * - **Listings go on** whatever is made and removed meanwhile: a name that was there all the
 *   time is given once. A cursor is a place then, and one that no entry had need not be found out.
 * - **Names** as in `FileTree`; longer ones are `ENAMETOOLONG`.
 */
import type { NodeType, Timestamp } from "./attributes.ts";
import type { FileTree, OpenFile, TreeNode, TreeOptions } from "./file-tree.ts";

/** What a new node is. */
export interface NewNode {
  readonly type: NodeType;
  /** The low 12 bits of its mode. Of a symlink always 0o777. */
  readonly permissions: number;
  /** 0 unless set. */
  readonly uid?: number;
  /** 0 unless set; a set-group-id directory goes before it. */
  readonly gid?: number;
  /** Of a device node: 0 to 4095, and 0 to 2^20 - 1; both 0 unless set. */
  readonly deviceMajor?: number;
  readonly deviceMinor?: number;
  /** Of a symlink: 1 to 4095 bytes without NUL. */
  readonly target?: Uint8Array;
}

/** What to change of a node. What is absent stays, but for the time of the change itself, which is now. */
export interface AttributeChanges {
  /** The low 12 bits of its mode. */
  readonly permissions?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly accessedAt?: Timestamp;
  readonly modifiedAt?: Timestamp;
}

/** How to rename: the flags of Linux's `renameat2`. */
export interface RenameOptions extends TreeOptions {
  /**
   * What to do where the new name stands for something: take its place (unless
   * set), refuse with `EEXIST`, or swap the two, whatever they are.
   */
  readonly onto?: "replace" | "refuse" | "exchange";
  /** Leave a whiteout, a character device 0:0 without permissions, at the old name. Not with `exchange`. */
  readonly whiteout?: boolean;
}

/** How to set an extended attribute: the flags of `setxattr(2)`. */
export interface SetXattrOptions extends TreeOptions {
  /** `EEXIST` where it is there with `create`, `ENODATA` where it is not with `replace`. */
  readonly only?: "create" | "replace";
}

/** How to take space for a file. */
export interface AllocateOptions extends TreeOptions {
  /** The file keeps its size where the range goes past its end; else it grows. */
  readonly keepSize?: boolean;
}

/** A file that is open for reading and writing. */
export interface WritableOpenFile extends OpenFile {
  /**
   * Writes all of `from`; a gap behind the end reads as zeros.
   *
   * @param from not to be changed before the call settles.
   * @returns how many bytes were written: less than `from` has only where space ran out.
   * @throws {FileError} `ENOSPC` where there is no space for a first byte, `EFBIG` past what a file can have.
   */
  write(offsetBytes: number, from: Uint8Array, options?: TreeOptions): Promise<number>;
  /** As `write`, at the end, wherever that is when its turn comes; says where that was. */
  append(
    from: Uint8Array,
    options?: TreeOptions,
  ): Promise<{ readonly offsetBytes: number; readonly writtenBytes: number }>;
  /** Gives the file a size: what is behind is gone, what is new reads as zeros and takes no space. */
  truncate(sizeBytes: number, options?: TreeOptions): Promise<void>;
  /**
   * Takes space for a range, which reads as before, and as zeros where it was a hole
   * (`fallocate(2)` with mode 0 or `FALLOC_FL_KEEP_SIZE`).
   *
   * @param lengthBytes at least 1.
   * @throws {FileError} `ENOSPC`, `EFBIG`.
   */
  allocate(offsetBytes: number, lengthBytes: number, options?: AllocateOptions): Promise<void>;
  /** Makes a range read as zeros and gives back its whole blocks (`FALLOC_FL_PUNCH_HOLE`); the size stays. */
  punchHole(offsetBytes: number, lengthBytes: number, options?: TreeOptions): Promise<void>;
}

/** A tree of files, for reading and writing. Rejects as `FileTree` does, and as its head says. */
export interface WritableFileTree extends FileTree {
  /**
   * Opens a regular file for reading and writing.
   *
   * @throws {FileError} `EISDIR` for a directory, `EINVAL` for what else has no content.
   */
  openWritable(node: TreeNode, options?: TreeOptions): Promise<WritableOpenFile>;
  /**
   * Makes a node of any type.
   *
   * @throws {FileError} `EEXIST`, `ENOTDIR`, `ENOENT` in a removed directory, `ENOSPC`, `EMLINK` for one
   *   subdirectory too many, `ENAMETOOLONG` for a name or a target.
   */
  create(directory: TreeNode, name: Uint8Array, what: NewNode, options?: TreeOptions): Promise<TreeNode>;
  /**
   * Gives a node that is no directory one more name.
   *
   * @throws {FileError} `EPERM` for a directory, `EEXIST`, `EMLINK`, `ENOSPC`, `ENOTDIR`, `ENOENT`.
   */
  link(node: TreeNode, directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<void>;
  /** Takes a name away. @throws {FileError} `ENOENT`, `EISDIR` for a directory, `ENOTDIR`. */
  unlink(directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<void>;
  /** Removes an empty directory. @throws {FileError} `ENOENT`, `ENOTDIR`, `ENOTEMPTY`. */
  rmdir(directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<void>;
  /**
   * Renames; at no time does the new name stand for nothing. Two names of one
   * node stay both, as POSIX has it.
   *
   * @throws {FileError} `ENOENT`; `EISDIR`, `ENOTDIR`, `ENOTEMPTY` for what cannot be replaced; `EINVAL` for a
   *   directory into itself or what is below it; `ENOTEMPTY` onto a directory that the old name is below;
   *   `EEXIST`, `EMLINK`, `ENOSPC`; an overlay also `EXDEV`.
   */
  rename(
    fromDirectory: TreeNode,
    fromName: Uint8Array,
    toDirectory: TreeNode,
    toName: Uint8Array,
    options?: RenameOptions,
  ): Promise<void>;
  /** Changes attributes. @throws {FileError} `EINVAL` for a value that the file system cannot hold. */
  setattr(node: TreeNode, changes: AttributeChanges, options?: TreeOptions): Promise<void>;
  /**
   * Sets an extended attribute.
   *
   * @param name in full: `user.comment`.
   * @throws {FileError} `EEXIST`, `ENODATA`, `ENOSPC`; `ERANGE` for a name, `E2BIG` for a value that is too long;
   *   `ENOTSUP` for a prefix that the file system does not know; `EPERM` for `user.` on what is no file or directory.
   */
  setxattr(node: TreeNode, name: Uint8Array, value: Uint8Array, options?: SetXattrOptions): Promise<void>;
  /** Takes an extended attribute away. @throws {FileError} `ENODATA`, `ENOTSUP`, `EPERM`. */
  removexattr(node: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<void>;
  /**
   * All that was changed is on the device, and the device has flushed, when it resolves.
   *
   * @throws {DeviceError} when the device's write or flush fails: nothing is lost, and may be tried again.
   */
  flush(options?: TreeOptions): Promise<void>;
}
