/**
 * Extended attributes as they are set and taken away: in the inode where there is
 * room, else in a block of its own (`ext4_xattr_set_handle`).
 */

import { readU32Le, writeU32Le } from "../bytes/codec.ts";
import { equalBytes } from "../bytes/compare.ts";
import { FileError } from "../errors.ts";
import { readInodeXattrs } from "./inode-xattrs.ts";
import type { LiveInode } from "./live-inode.ts";
import type { WritableVolume } from "./writable-volume.ts";
import { XATTR_BLOCK_HEADER_BYTES, XATTR_INODE_HEADER_BYTES, XATTR_MAGIC } from "./xattr.ts";
import {
  parseXattrBlock,
  setXattrReferences,
  writeXattrBlock,
  type XattrBlockKind,
  xattrReferences,
} from "./xattr-block.ts";
import type { XattrEntry } from "./xattr-entries.ts";
import {
  findXattrEntry,
  makeXattrEntry,
  withXattrEntry,
  writeXattrList,
  xattrListBytes,
} from "./xattr-list.ts";

/** A name as it is stored. */
export type XattrKey = Pick<XattrEntry, "nameIndex" | "name">;

/** What to do with an attribute. */
export interface XattrChange {
  readonly key: XattrKey;
  /** In the form in which it is stored; undefined to take it away. */
  readonly value: Uint8Array | undefined;
  readonly only?: "create" | "replace";
}

/** The attributes of one inode, for one change of them. */
export class XattrChanger {
  readonly #volume: WritableVolume;
  readonly #kind: XattrBlockKind;
  readonly #inode: LiveInode;

  constructor(volume: WritableVolume, kind: XattrBlockKind, inode: LiveInode) {
    this.#volume = volume;
    this.#kind = kind;
    this.#inode = inode;
  }

  /**
   * Inside a change: sets or takes away.
   *
   * @returns false where all is as it shall be already.
   * @throws {FileError} `EEXIST`, `ENODATA`, `ENOSPC`.
   */
  apply({ key, value, only }: XattrChange): boolean {
    const own = readInodeXattrs(this.#volume, this.#inode.view());
    const others = this.#readBlock();
    const before = own[findXattrEntry(own, key)] ?? others[findXattrEntry(others, key)];
    if (before === undefined && only === "replace") throw new FileError("ENODATA", "setxattr");
    if (before !== undefined && only === "create") throw new FileError("EEXIST", "setxattr");
    if (before !== undefined && before.valueInode !== 0) throw new FileError("ENOTSUP", "setxattr");
    if (value === undefined) {
      if (before === undefined) return false;
      this.#remove(key, own, others);
      return true;
    }
    if (before?.value !== undefined && equalBytes(before.value, value)) return false;
    this.#set(key, value, own, others);
    return true;
  }

  /** False for an inode that has no attribute at all, as most. */
  get mayBeThere(): boolean {
    const { bytes, xattrStartBytes, xattrBlock } = this.#inode;
    const inInode = this.#roomInInode >= 4 && readU32Le(bytes, xattrStartBytes) === XATTR_MAGIC;
    return inInode || xattrBlock !== 0;
  }

  /** The stored value of an attribute that stands in the inode or in its block. */
  read(key: XattrKey): Uint8Array | undefined {
    if (!this.mayBeThere) return undefined;
    const own = readInodeXattrs(this.#volume, this.#inode.view());
    const others = this.#readBlock();
    return (own[findXattrEntry(own, key)] ?? others[findXattrEntry(others, key)])?.value;
  }

  /** Inside a change: gives back the block of an inode that is going to be removed. */
  release(): void {
    if (this.#inode.xattrBlock !== 0) this.#dropBlock();
  }

  /** Inside a change: frees the block on the device of an inode that is about to be an orphan, which keeps it. */
  hold(): void {
    const block = this.#inode.xattrBlock;
    if (block === 0) return;
    const bytes = this.#volume.viewBlock(block, this.#kind);
    if (xattrReferences(bytes) <= 1) {
      this.#volume.blocks.hold(block, 1);
      return;
    }
    const entries = parseXattrBlock(this.#volume, bytes, { inode: this.#inode.number, block });
    this.#writeOwnBlock(entries, true);
  }

  #set(key: XattrKey, value: Uint8Array, own: readonly XattrEntry[], others: readonly XattrEntry[]): void {
    const inInode = withXattrEntry(own, makeXattrEntry(key, value, false), false);
    if (xattrListBytes(inInode) <= this.#roomInInode) {
      this.#writeInode(inInode);
      this.#writeBlockWithout(key, others);
      return;
    }
    const inBlock = withXattrEntry(others, makeXattrEntry(key, value, true), true);
    const { blockSizeBytes } = this.#volume.geometry;
    if (xattrListBytes(inBlock) > blockSizeBytes - XATTR_BLOCK_HEADER_BYTES) {
      throw new FileError("ENOSPC", "setxattr");
    }
    this.#writeBlock(inBlock);
    const at = findXattrEntry(own, key);
    if (at >= 0) this.#writeInode(own.toSpliced(at, 1));
  }

  #remove(key: XattrKey, own: readonly XattrEntry[], others: readonly XattrEntry[]): void {
    const at = findXattrEntry(own, key);
    if (at >= 0) this.#writeInode(own.toSpliced(at, 1));
    else this.#writeBlockWithout(key, others);
  }

  #writeBlockWithout(key: XattrKey, others: readonly XattrEntry[]): void {
    const at = findXattrEntry(others, key);
    if (at >= 0) this.#writeBlock(others.toSpliced(at, 1));
  }

  /** What a list may take in the inode; less than nothing where there is no place for any. */
  get #roomInInode(): number {
    const { bytes, xattrStartBytes } = this.#inode;
    return bytes.length - xattrStartBytes - XATTR_INODE_HEADER_BYTES;
  }

  #writeInode(entries: readonly XattrEntry[]): void {
    const { xattrStartBytes } = this.#inode;
    const list = new Uint8Array(this.#roomInInode);
    // The entries are views of the inode itself.
    writeXattrList(entries, list, 0);
    const bytes = this.#inode.modifyBytes();
    writeU32Le(bytes, xattrStartBytes, entries.length === 0 ? 0 : XATTR_MAGIC);
    bytes.set(list, xattrStartBytes + XATTR_INODE_HEADER_BYTES);
  }

  #readBlock(): XattrEntry[] {
    const block = this.#inode.xattrBlock;
    if (block === 0) return [];
    const bytes = this.#volume.viewBlock(block, this.#kind);
    return parseXattrBlock(this.#volume, bytes, { inode: this.#inode.number, block });
  }

  #writeBlock(entries: readonly XattrEntry[]): void {
    const inode = this.#inode;
    const block = inode.xattrBlock;
    if (entries.length === 0) {
      this.#dropBlock();
      return;
    }
    if (block !== 0) {
      const bytes = this.#volume.viewBlock(block, this.#kind);
      if (xattrReferences(bytes) <= 1) {
        writeXattrBlock(this.#volume.modifyBlock(block, this.#kind), entries);
        return;
      }
    }
    this.#writeOwnBlock(entries, inode.isOrphan);
  }

  /** Into a block of the inode's own: one that serves others too is theirs to keep. */
  #writeOwnBlock(entries: readonly XattrEntry[], held: boolean): void {
    const inode = this.#inode;
    const fresh = this.#volume.blocks.allocate(this.#volume.inodes.goalOf(inode), 1, { held });
    writeXattrBlock(this.#volume.newBlock(fresh.block, this.#kind), entries);
    if (inode.xattrBlock !== 0) this.#dropBlock();
    inode.addBlocks(1);
    inode.xattrBlock = fresh.block;
  }

  /** The inode has no block any more; the last inode that a block serves gives it back. */
  #dropBlock(): void {
    const block = this.#inode.xattrBlock;
    const bytes = this.#volume.modifyBlock(block, this.#kind);
    const references = xattrReferences(bytes);
    if (references > 1) setXattrReferences(bytes, references - 1);
    else this.#volume.blocks.free(block, 1, { held: this.#inode.isOrphan });
    this.#inode.addBlocks(-1);
    this.#inode.xattrBlock = 0;
  }
}
