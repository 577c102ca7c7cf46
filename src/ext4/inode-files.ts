/** Files as inodes: what becomes of a file's metadata and attributes, and how they are read back. */

import type { Timestamp } from "../tree/attributes.ts";
import { finishContent } from "./compact-content.ts";
import { type CompactFile, compactFile } from "./compact-file.ts";
import { MAX_FILE_BYTES } from "./compact-layout.ts";
import { type CompactPath, pathText } from "./compact-path.ts";
import { type CompactTree, refused } from "./compact-tree.ts";
import {
  INLINE_DATA_XATTR,
  INODE_XATTR_BYTES,
  readBlockXattrs,
  readInodeXattrs,
  restoreXattrBlock,
  XattrPlacement,
  type Xattrs,
} from "./compact-xattrs.ts";
import type { ImageStream } from "./image-stream.ts";
import { decodeDeviceNumber, encodeDeviceNumber, FILE_TYPE_MASK, fileTypeMode, inodeFlag } from "./inode.ts";
import { inodeColumn, type TimeColumn } from "./inode-records.ts";
import { decodeCompactTime, encodeCompactTime } from "./timestamp.ts";

/** What an inode's 60 bytes take of a small file, and what the attribute behind them takes. */
const inodeDataBytes = 60;
const maxInlineDataBytes = inodeDataBytes + INODE_XATTR_BYTES - 28;
const maxShortLinkBytes = 59;

/** Stores files in the inodes of an image under construction. */
export class InodeFiles {
  readonly #tree: CompactTree;
  readonly #stream: ImageStream;
  readonly #inlineData: boolean;

  constructor(tree: CompactTree, stream: ImageStream, inlineData: boolean) {
    this.#tree = tree;
    this.#stream = stream;
    this.#inlineData = inlineData;
  }

  /**
   * Puts a file's metadata into its inode, and writes its attribute block and a long link target.
   *
   * @param mode in place of the file's own.
   */
  store(path: CompactPath, inode: number, mode: number, file: CompactFile): void | Promise<void> {
    const { inodes, arena } = this.#tree;
    const type = mode & FILE_TYPE_MASK;
    const isLink = type === fileTypeMode.symlink;
    inodes.set(inode, inodeColumn.mode, isLink ? mode | 0o777 : mode);
    inodes.set(inode, inodeColumn.uid, file.uid);
    inodes.set(inode, inodeColumn.gid, file.gid);
    inodes.setTimes(inode, {
      accessed: encodeCompactTime(file.accessedAt),
      changed: encodeCompactTime(file.changedAt),
      modified: encodeCompactTime(file.modifiedAt),
      created: encodeCompactTime(file.createdAt),
    });
    let flags: number = inodeFlag.hugeFile;
    let place = encodeDeviceNumber(file.deviceMajor, file.deviceMinor);
    let sizeBytes = 0;
    const placement = new XattrPlacement();
    if (type === fileTypeMode.regular) {
      sizeBytes = file.sizeBytes;
      if (sizeBytes > MAX_FILE_BYTES) {
        throw refused("does-not-fit", path, `file too big: ${sizeBytes} bytes are more than 128 GiB`);
      }
      if (this.#inlineData && sizeBytes <= maxInlineDataBytes) {
        flags |= inodeFlag.inlineData;
        place = arena.allocate(sizeBytes);
        // Filled when the inodes are written; until then it keeps the first place.
        placement.add(INLINE_DATA_XATTR, new Uint8Array(Math.max(0, sizeBytes - inodeDataBytes)));
      }
    } else if (isLink) {
      sizeBytes = file.linkName.length;
      if (sizeBytes <= maxShortLinkBytes) place = arena.add(file.linkName);
    }
    inodes.set(inode, inodeColumn.flags, flags);
    inodes.set(inode, inodeColumn.place, place);
    inodes.setSizeBytes(inode, sizeBytes);
    const isLongLink = isLink && sizeBytes > maxShortLinkBytes;
    if (!isLongLink && !this.#hasXattrs(inode, placement, file.xattrs)) return;
    return this.#storeOutside(path, inode, placement, file, isLongLink);
  }

  /** Attributes, which may take a block, and then the block of a long link target. */
  async #storeOutside(
    path: CompactPath,
    inode: number,
    placement: XattrPlacement,
    { linkName, xattrs }: CompactFile,
    isLongLink: boolean,
  ): Promise<void> {
    if (this.#hasXattrs(inode, placement, xattrs)) await this.#putXattrs(path, inode, placement, xattrs);
    if (!isLongLink) return;
    const startBlock = this.#stream.block;
    await this.#stream.append(linkName);
    await finishContent(this.#tree, this.#stream, inode, startBlock);
  }

  /** Whether there is anything to place, or to place again. */
  #hasXattrs(inode: number, placement: XattrPlacement, xattrs: Xattrs): boolean {
    const { inodes } = this.#tree;
    if (xattrs.size > 0 || placement.needsArea) return true;
    return (
      inodes.get(inode, inodeColumn.inodeXattrs) !== 0 || inodes.get(inode, inodeColumn.xattrBlock) !== 0
    );
  }

  /** Places a file's attributes, and those in its old inode that it does not name. */
  async #putXattrs(
    path: CompactPath,
    inode: number,
    placement: XattrPlacement,
    xattrs: Xattrs,
  ): Promise<void> {
    const { inodes, arena, xattrBlocks } = this.#tree;
    const oldBlock = inodes.get(inode, inodeColumn.xattrBlock);
    const merged = new Map([...this.#inodeXattrs(inode), ...xattrs]);
    for (const name of [...merged.keys()].sort()) {
      if (placement.add(name, merged.get(name) as Uint8Array)) continue;
      throw refused("does-not-fit", path, `could not fit xattr ${pathText([name])}`);
    }
    const area = placement.inodeArea();
    inodes.set(inode, inodeColumn.inodeXattrs, area === undefined ? 0 : arena.add(area));
    // A block that is there stays, even if it becomes empty.
    if (!placement.needsBlock && oldBlock === 0) return;
    const block = placement.block();
    xattrBlocks.set(inode, placement.store(block));
    if (oldBlock !== 0) {
      await this.#stream.rewrite(oldBlock, block);
      return;
    }
    inodes.set(inode, inodeColumn.xattrBlock, this.#stream.block);
    inodes.set(inode, inodeColumn.blocks, inodes.get(inode, inodeColumn.blocks) + 1);
    await this.#stream.appendRewritable(block);
  }

  #inodeXattrs(inode: number): Map<string, Uint8Array> {
    const reference = this.#tree.inodes.get(inode, inodeColumn.inodeXattrs);
    if (reference === 0) return new Map();
    return readInodeXattrs(this.#tree.arena.at(reference, INODE_XATTR_BYTES));
  }

  /** Mode, owner, times and device of an inode; no size, no link target, no attributes. */
  metadata(inode: number): CompactFile {
    const { inodes } = this.#tree;
    const time = (column: TimeColumn): Timestamp | undefined => decodeCompactTime(inodes.time(inode, column));
    const { major, minor } = decodeDeviceNumber(inodes.get(inode, inodeColumn.place));
    return compactFile({
      mode: inodes.get(inode, inodeColumn.mode),
      uid: inodes.get(inode, inodeColumn.uid),
      gid: inodes.get(inode, inodeColumn.gid),
      accessedAt: time(inodeColumn.accessTime),
      changedAt: time(inodeColumn.changeTime),
      modifiedAt: time(inodeColumn.modificationTime),
      createdAt: time(inodeColumn.creationTime),
      deviceMajor: major,
      deviceMinor: minor,
    });
  }

  /**
   * A file as it was stored, with all its attributes but without the content.
   *
   * @throws {FormatError} `cannot-replace` for a link target that went into a block.
   */
  describe(path: CompactPath, inode: number): CompactFile {
    const tree = this.#tree;
    const stored = tree.xattrBlocks.get(inode);
    const xattrs = stored ? readBlockXattrs(restoreXattrBlock(stored)) : new Map<string, Uint8Array>();
    if (tree.inodes.get(inode, inodeColumn.inodeXattrs) !== 0) {
      for (const [name, value] of this.#inodeXattrs(inode)) xattrs.set(name, value);
      xattrs.delete(INLINE_DATA_XATTR);
    }
    const sizeBytes = tree.inodes.sizeBytes(inode);
    const described = { ...this.metadata(inode), sizeBytes, xattrs };
    if (tree.typeOf(inode) !== fileTypeMode.symlink) return described;
    if (sizeBytes > maxShortLinkBytes) {
      throw refused("cannot-replace", path, "cannot retrieve link information of a long symlink");
    }
    return {
      ...described,
      linkName: tree.arena.at(tree.inodes.get(inode, inodeColumn.place), sizeBytes).slice(),
    };
  }
}
