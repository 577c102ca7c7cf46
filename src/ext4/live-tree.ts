/**
 * What the calls of a writable tree stand on: its volume, which files are open,
 * which names are known, and how a node becomes an inode.
 */
import { equalBytes } from "../bytes/compare.ts";
import { FileError, type FileErrorCode } from "../errors.ts";
import type { TreeNode } from "../tree/file-tree.ts";
import { KnownNames } from "../tree/known-names.ts";
import { DirectoryBlocks } from "./directory-blocks.ts";
import { fileTypeOfMode, MAX_NAME_BYTES } from "./directory-entry.ts";
import { type DirectoryHashBase, type DirectoryParts, directoryHashBase } from "./hashed-directory.ts";
import type { LiveInode } from "./live-inode.ts";
import { DirectoryBlockKind, type FoundEntry, WritableDirectory } from "./writable-directory.ts";
import type { WritableVolume } from "./writable-volume.ts";
import { XattrBlockKind } from "./xattr-block.ts";
import { XattrChanger } from "./xattr-change.ts";

const slash = 0x2f;

/** A node of a writable tree. Made by the tree, opaque to others. */
export class Ext4Node implements TreeNode {
  readonly inode: number;
  /** Tells it from what may have its number later; of a node that was only listed not known before its first use. */
  generation: number | undefined;

  constructor(inode: number, generation?: number) {
    this.inode = inode;
    this.generation = generation;
  }
}

/** See the head of this file. */
export class LiveTree {
  readonly volume: WritableVolume;
  /**
   * Inode numbers of names. What a change takes away is forgotten before it is known whether the change
   * will stand: what is not known is looked up.
   */
  readonly names: KnownNames<number> = new KnownNames();
  readonly xattrKind: XattrBlockKind;
  readonly #directories: WeakMap<LiveInode, DirectoryParts> = new WeakMap();
  readonly #hashBase: DirectoryHashBase;
  /** The name that was looked up last and stands for nothing, and how the volume was then. */
  #absent: { readonly directory: number; readonly name: Uint8Array; readonly epoch: number } | undefined;
  /** How many files are open on an inode. */
  readonly #opens: Map<number, number> = new Map();

  constructor(volume: WritableVolume) {
    this.volume = volume;
    this.#hashBase = directoryHashBase(volume);
    this.xattrKind = new XattrBlockKind(volume);
  }

  /**
   * The inode of a node.
   *
   * @throws {FileError} `ESTALE` where the node is gone.
   */
  inode(node: TreeNode): LiveInode {
    return checkNode(node, this.volume.inodes.get(node.inode));
  }

  /**
   * The inode of a directory.
   *
   * @param gone what a directory that was removed means to the call.
   * @throws {FileError} `ENOTDIR`, and what `gone` says.
   */
  directory(node: TreeNode, syscall: string, gone: FileErrorCode = "ESTALE"): LiveInode {
    let inode: LiveInode;
    try {
      inode = this.inode(node);
    } catch (error) {
      throw error instanceof FileError && error.code === "ESTALE" ? new FileError(gone, syscall) : error;
    }
    if (inode.type !== "directory") throw new FileError("ENOTDIR", syscall);
    return inode;
  }

  /** What a directory is read and changed by. */
  parts(inode: LiveInode): DirectoryParts {
    const known = this.#directories.get(inode);
    if (known !== undefined) return known;
    const kind = new DirectoryBlockKind(this.volume, inode);
    const blocks = new DirectoryBlocks(this.volume, inode, kind);
    const parts = { volume: this.volume, inode, blocks, hashBase: this.#hashBase };
    this.#directories.set(inode, parts);
    return parts;
  }

  /** The names of a directory. */
  entries(inode: LiveInode): WritableDirectory {
    return new WritableDirectory(this.parts(inode));
  }

  /** The inode of an entry, which is in use where the file system is in order. */
  entryInode(entry: FoundEntry): LiveInode {
    const inode = this.#referred(entry.inode);
    if (inode.linkCount > 0) return inode;
    throw this.volume.malformed("bad-field", "a name stands for an inode without links", {
      inode: entry.inode,
    });
  }

  /** An inode that the image refers to: where it is free, that is the image's fault. */
  #referred(number: number): LiveInode {
    try {
      return this.volume.inodes.get(number);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw this.volume.malformed("bad-field", "a name stands for an inode that is free", { inode: number });
    }
  }

  /** The type in an entry that stands for an inode. */
  fileType({ mode }: LiveInode): number {
    return this.volume.geometry.features.filetype ? fileTypeOfMode(mode) : 0;
  }

  /** The extended attributes of an inode, to be changed. */
  xattrs(inode: LiveInode): XattrChanger {
    return new XattrChanger(this.volume, this.xattrKind, inode);
  }

  /** Inside a change: keeps what a new name stands for. */
  knowName(directory: LiveInode, name: Uint8Array, inode: LiveInode): void {
    this.names.set(directory.number, name, inode.number);
    this.volume.onUndo(() => this.names.forget(directory.number, name));
  }

  /** Outside of a change: notes that a name stands for nothing. */
  noteAbsent(directory: LiveInode, name: Uint8Array): void {
    this.#absent = { directory: directory.number, name: name.slice(), epoch: this.volume.epoch };
  }

  /** At the beginning of a change: whether a name was found to stand for nothing right before it. */
  isAbsent(directory: LiveInode, name: Uint8Array): boolean {
    const absent = this.#absent;
    return (
      absent?.directory === directory.number &&
      absent.epoch + 1 === this.volume.epoch &&
      equalBytes(absent.name, name)
    );
  }

  /** Notes an open file. */
  noteOpen(inode: number): void {
    this.#opens.set(inode, (this.#opens.get(inode) ?? 0) + 1);
  }

  /** Notes that a file was closed. @returns whether it was the last of its inode. */
  noteClosed(inode: number): boolean {
    const count = (this.#opens.get(inode) ?? 0) - 1;
    if (count > 0) this.#opens.set(inode, count);
    else this.#opens.delete(inode);
    return count <= 0;
  }

  /** Whether any file is open on an inode. */
  isOpen(inode: number): boolean {
    return this.#opens.has(inode);
  }

  /** Inside a change: takes one link from an inode, and the inode away with its last. */
  dropLink(inode: LiveInode): void {
    inode.changedAt = this.volume.now();
    const left = inode.type === "directory" ? 0 : Math.max(inode.linkCount - 1, 0);
    inode.linkCount = left;
    if (left > 0) return;
    if (this.isOpen(inode.number)) {
      this.xattrs(inode).hold();
      this.volume.inodes.orphan(inode);
      return;
    }
    this.xattrs(inode).release();
    this.volume.inodes.remove(inode);
  }

  /** Inside a change: the last file that was open on a nameless inode was closed. */
  dropOrphan(inode: LiveInode): void {
    this.xattrs(inode).release();
    this.volume.inodes.release(inode);
  }
}

/**
 * Checks a name that shall be made, or taken away.
 *
 * @throws {FileError} `ENAMETOOLONG`; `EINVAL` for what is no name of an entry.
 */
export function checkName(name: Uint8Array, syscall: string): void {
  if (name.length > MAX_NAME_BYTES) throw new FileError("ENAMETOOLONG", syscall);
  const dots = name.length <= 2 && name.every((byte) => byte === 0x2e);
  // Of no bytes it is dots too, as every thing is true of none.
  if (dots || name.includes(0) || name.includes(slash)) throw new FileError("EINVAL", syscall);
}

/** @throws {FileError} `ESTALE` where an inode is not that of a node any more. */
function checkNode(node: TreeNode, inode: LiveInode): LiveInode {
  if (!(node instanceof Ext4Node)) return inode;
  if (node.generation === undefined) node.generation = inode.generation;
  else if (node.generation !== inode.generation) throw new FileError("ESTALE", "stat");
  if (inode.linkCount === 0 && !inode.isOrphan) throw new FileError("ESTALE", "stat");
  return inode;
}
