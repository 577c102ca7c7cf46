/** A directory as it is changed: with an index, and without one where it is small or foreign. */
import { readU32Le } from "../bytes/codec.ts";
import { isDot, isDotDot } from "../tree/path.ts";
import { parseDirectoryEntries } from "./directory-block.ts";
import {
  checkDirectoryChecksum,
  indexSlotsOffset,
  isIndexed,
  sealDirectoryChecksum,
} from "./directory-checksum.ts";
import {
  directoryEntryFields,
  directoryFileType,
  directoryRecordBytes,
  recordLengthAt,
} from "./directory-entry.ts";
import { IndexSlots } from "./directory-index.ts";
import {
  clearRecords,
  findRecord,
  findSpace,
  hasName,
  insertRecord,
  type NewDirectoryEntry,
  removeRecord,
  replaceRecord,
  usedRecords,
  writeFirstRecords,
} from "./directory-records.ts";
import {
  type DirectoryParts,
  HashedDirectory,
  type NameBlocks,
  type RecordPlace,
  recordsEndBytes,
} from "./hashed-directory.ts";
import { inodeFlag } from "./inode.ts";
import type { Ext4Volume } from "./volume.ts";

const dotName = Uint8Array.of(0x2e);
const dotDotName = Uint8Array.of(0x2e, 0x2e);

/** An entry that was found, as long as its directory does not change. */
export interface FoundEntry extends RecordPlace {
  readonly inode: number;
  readonly fileType: number;
}

/** How the blocks of one directory are checked when they come, and sealed when they go. */
export class DirectoryBlockKind {
  readonly #volume: Ext4Volume;
  readonly #inode: DirectoryParts["inode"];

  constructor(volume: Ext4Volume, inode: DirectoryParts["inode"]) {
    this.#volume = volume;
    this.#inode = inode;
  }

  /** @throws {FormatError} for a checksum that does not hold, and malformed entries. */
  check(bytes: Uint8Array, block: number): void {
    const [volume, inode] = [this.#volume, this.#inode];
    checkDirectoryChecksum(volume, inode, bytes, block);
    const slotsStart = isIndexed(volume, inode) ? indexSlotsOffset(bytes) : undefined;
    const endBytes = slotsStart === undefined ? recordsEndBytes(volume) : bytes.length;
    const at = { inode: inode.number, block };
    if (slotsStart !== undefined && !new IndexSlots(bytes, slotsStart).areInOrder) {
      throw volume.malformed("bad-field", "a directory's index: its hashes do not rise", at);
    }
    let index = 0;
    for (const { name } of parseDirectoryEntries(volume, bytes, 0, endBytes, at)) {
      if ((isDot(name) && index !== 0) || (isDotDot(name) && index !== 1)) {
        throw volume.malformed("bad-field", "a directory with `.` or `..` as the name of an entry", at);
      }
      index++;
    }
  }

  /** Puts the checksum in. */
  seal(bytes: Uint8Array): void {
    sealDirectoryChecksum(this.#volume, this.#inode, bytes);
  }
}

/** A directory and what can be done with its names. Lives for one call. */
export class WritableDirectory {
  readonly #parts: DirectoryParts;
  readonly #volume: Ext4Volume;
  readonly #blocks: NameBlocks;
  readonly #endBytes: number;

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
    this.#volume = parts.volume;
    this.#blocks = parts.blocks;
    this.#endBytes = recordsEndBytes(parts.volume);
  }

  /** Makes a directory of no blocks an empty one, below a parent. @throws {FileError} `ENOSPC`. */
  begin(parent: number): void {
    const { bytes } = this.#blocks.append();
    const fileType = this.#volume.geometry.features.filetype ? directoryFileType.directory : 0;
    writeFirstRecords(bytes, this.#endBytes, { inode: this.#parts.inode.number, parent, fileType });
  }

  /** @throws {FormatError} for a malformed block or index. */
  find(name: Uint8Array): FoundEntry | undefined {
    this.#first();
    const place = isIndexed(this.#volume, this.#parts.inode)
      ? new HashedDirectory(this.#parts).find(name)
      : this.#findLinear(name);
    if (place === undefined) return undefined;
    const { logicalBlock, offsetBytes } = place;
    const bytes = this.#blocks.view(logicalBlock);
    const inode = readU32Le(bytes, offsetBytes);
    const fileType = bytes[offsetBytes + directoryEntryFields.fileType[0]] as number;
    return { logicalBlock, offsetBytes, inode, fileType };
  }

  /**
   * Adds an entry by a name that is not there; a directory of one block that has no
   * room for it is given an index, where the file system has that feature.
   *
   * @throws {FileError} `ENOSPC`.
   */
  insert(entry: NewDirectoryEntry): void {
    const { inode } = this.#parts;
    this.#first();
    if (isIndexed(this.#volume, inode)) {
      new HashedDirectory(this.#parts).insert(entry);
      return;
    }
    // Without the feature what looks like an index is not kept up.
    if ((inode.flags & inodeFlag.index) !== 0) inode.flags &= ~inodeFlag.index;
    const neededBytes = directoryRecordBytes(entry.name.length);
    for (let logical = 0; logical < this.#blocks.count; logical++) {
      const at = findSpace(this.#blocks.viewInTurn(logical), this.#endBytes, neededBytes);
      if (at < 0) continue;
      insertRecord(this.#blocks.modify(logical), at, entry);
      return;
    }
    if (this.#blocks.count === 1 && this.#volume.geometry.features.dirIndex) {
      HashedDirectory.convert(this.#parts).insert(entry);
      return;
    }
    const { bytes } = this.#blocks.append();
    clearRecords(bytes, this.#endBytes);
    insertRecord(bytes, 0, entry);
  }

  remove({ logicalBlock, offsetBytes }: FoundEntry): void {
    removeRecord(this.#blocks.modify(logicalBlock), offsetBytes);
  }

  /** Makes a name stand for another inode. */
  replace(
    { logicalBlock, offsetBytes }: FoundEntry,
    { inode, fileType }: Pick<FoundEntry, "inode" | "fileType">,
  ): void {
    replaceRecord(this.#blocks.modify(logicalBlock), offsetBytes, inode, fileType);
  }

  /** The inode of the directory that this one is in, as it says. */
  parent(): number {
    const bytes = this.#first();
    const parent = readU32Le(bytes, recordLengthAt(bytes, 0));
    const { inodes } = this.#volume.geometry;
    if (parent <= inodes) return parent;
    throw this.#volume.malformed("bad-field", `its parent is inode ${parent}`, {
      inode: this.#parts.inode.number,
    });
  }

  setParent(parent: number): void {
    this.#first();
    const bytes = this.#blocks.modify(0);
    const at = recordLengthAt(bytes, 0);
    replaceRecord(bytes, at, parent, bytes[at + directoryEntryFields.fileType[0]] as number);
  }

  isEmpty(): boolean {
    this.#first();
    for (let logical = 0; logical < this.#blocks.count; logical++) {
      const bytes = this.#blocks.viewInTurn(logical);
      if (usedRecords(bytes, 0, this.#endBytes).length > (logical === 0 ? 2 : 0)) return false;
    }
    return true;
  }

  #findLinear(name: Uint8Array): RecordPlace | undefined {
    for (let logicalBlock = 0; logicalBlock < this.#blocks.count; logicalBlock++) {
      const bytes = this.#blocks.viewInTurn(logicalBlock);
      const offsetBytes = findRecord(bytes, this.#endBytes, name);
      if (offsetBytes >= 0) return { logicalBlock, offsetBytes };
    }
    return undefined;
  }

  /** The first block, which begins with the directory itself and its parent. */
  #first(): Uint8Array {
    if (this.#blocks.count > 0) return this.#checkFirst(this.#blocks.view(0));
    throw this.#volume.malformed("bad-field", "a directory without blocks", {
      inode: this.#parts.inode.number,
      field: "sizeLow",
    });
  }

  #checkFirst(bytes: Uint8Array): Uint8Array {
    const { number } = this.#parts.inode;
    const second = recordLengthAt(bytes, 0);
    const sound =
      readU32Le(bytes, 0) === number &&
      hasName(bytes, 0, dotName) &&
      second < this.#endBytes &&
      readU32Le(bytes, second) !== 0 &&
      hasName(bytes, second, dotDotName);
    if (sound) return bytes;
    throw this.#volume.malformed("bad-field", "a directory that does not begin with itself and its parent", {
      inode: number,
    });
  }
}
