/**
 * Directories that have an index: found by hash, split by hash, as the kernel's
 * `dx_probe`, `ext4_htree_next_block`, `ext4_dx_add_entry`, `do_split` and
 * `make_indexed_dir` do. Names that are taken away leave their blocks and slots.
 */
import { FileError } from "../errors.ts";
import type { ChecksummedDirectory } from "./directory-checksum.ts";
import { DIRECTORY_TAIL_BYTES, directoryRecordBytes, recordLengthAt } from "./directory-entry.ts";
import { type DirectoryHash, directoryHashSeed, hashName, isDirectoryHashVersion } from "./directory-hash.ts";
import {
  type IndexSlots,
  isIndexNode,
  nodeSlots,
  readIndexRoot,
  rootSlots,
  setIndexLevels,
  writeIndexNode,
  writeIndexRoot,
} from "./directory-index.ts";
import {
  findRecord,
  findSpace,
  insertRecord,
  type NewDirectoryEntry,
  nameAt,
  packRecords,
  usedRecords,
} from "./directory-records.ts";
import { inodeFlag } from "./inode.ts";
import type { Ext4Volume } from "./volume.ts";

/** A directory's blocks by their numbers in it. */
export interface NameBlocks {
  readonly count: number;
  /** For reading, until the next change. @throws {MissingBlocks} as all of these. */
  view(logicalBlock: number): Uint8Array;
  /** As `view`, for who goes through all of them, one behind the other. */
  viewInTurn(logicalBlock: number): Uint8Array;
  /** For changing. */
  modify(logicalBlock: number): Uint8Array;
  /** One more, of zeros, for changing. @throws {FileError} `ENOSPC`. */
  append(): { readonly logical: number; readonly bytes: Uint8Array };
}

/** What a directory is changed by: its inode and its blocks. */
export interface DirectoryParts {
  readonly volume: Ext4Volume;
  readonly inode: ChecksummedDirectory & { readonly number: number; flags: number };
  readonly blocks: NameBlocks;
  readonly hashBase: DirectoryHashBase;
}

/** A root whose words were checked. */
interface CheckedRoot {
  readonly hash: DirectoryHash;
  readonly slots: IndexSlots;
  readonly levels: number;
}

/** Where a record stands. */
export interface RecordPlace {
  readonly logicalBlock: number;
  readonly offsetBytes: number;
}

/** A block of slots on the way to a block of names, and the slot that was taken. */
interface IndexStep {
  readonly logicalBlock: number;
  readonly slots: IndexSlots;
  slot: number;
}

/** The way to a block of names; the root comes first. */
export type IndexPath = IndexStep[];

/** `.` and `..`, where an index follows them. */
const dotRecordBytes = directoryRecordBytes(1);
/** More often than this no block needs to be split for one name. */
const splitLimit = 32;

/** In `flags` of the superblock. */
const unsignedHashFlag = 0x2;

/** What the hashes of all directories of a file system have in common. */
export type DirectoryHashBase = Omit<DirectoryHash, "version">;

/** What a superblock says of hashes. */
export function directoryHashBase({ geometry: { superblock } }: Ext4Volume): DirectoryHashBase {
  const unsigned = (superblock.flags & unsignedHashFlag) !== 0;
  return { unsigned, seed: directoryHashSeed(superblock.hashSeed) };
}

/** Where the records of a block of names end. */
export function recordsEndBytes({ geometry }: Ext4Volume): number {
  return geometry.blockSizeBytes - (geometry.features.metadataCsum ? DIRECTORY_TAIL_BYTES : 0);
}

/** A directory with an index. Lives for one call: what it knows is not kept up. */
export class HashedDirectory {
  readonly #volume: Ext4Volume;
  readonly #inode: DirectoryParts["inode"];
  readonly #blocks: NameBlocks;
  readonly #endBytes: number;
  readonly #checksums: boolean;
  readonly #base: DirectoryHashBase;

  constructor({ volume, inode, blocks, hashBase }: DirectoryParts) {
    this.#base = hashBase;
    this.#volume = volume;
    this.#inode = inode;
    this.#blocks = blocks;
    this.#endBytes = recordsEndBytes(volume);
    this.#checksums = volume.geometry.features.metadataCsum;
  }

  /** Gives a directory of one block an index (`make_indexed_dir`). */
  static convert(parts: DirectoryParts): HashedDirectory {
    const { volume, inode, blocks } = parts;
    const directory = new HashedDirectory(parts);
    const root = blocks.modify(0);
    if (recordLengthAt(root, 0) !== dotRecordBytes) throw directory.#malformed("`.` has room to spare");
    const names = root.slice();
    const { logical, bytes } = blocks.append();
    const start = dotRecordBytes + recordLengthAt(names, dotRecordBytes);
    packRecords(names, usedRecords(names, start, directory.#endBytes), bytes, directory.#endBytes);
    const hashVersion = volume.geometry.superblock.defaultHashVersion;
    writeIndexRoot(root, { hashVersion, block: logical, checksums: directory.#checksums });
    inode.flags |= inodeFlag.index;
    return directory;
  }

  /** How this directory hashes. */
  hash(): DirectoryHash {
    return this.#rootOf(this.#blocks.view(0)).hash;
  }

  find(name: Uint8Array): RecordPlace | undefined {
    const root = this.#rootOf(this.#blocks.view(0));
    const { major } = hashName(root.hash, name);
    const path = this.#begin(root, major);
    if (root.levels > 0) this.#descend(path, root.levels, major);
    for (;;) {
      const logicalBlock = this.leaf(path);
      const bytes = this.#blocks.view(logicalBlock);
      const offsetBytes = findRecord(bytes, this.#endBytes, name);
      if (offsetBytes >= 0) return { logicalBlock, offsetBytes };
      if (this.nextHash(path) !== major + 1) return undefined;
      this.advance(path);
    }
  }

  /** The way to the first block of names that may hold a major hash. */
  findLeaf(major: number): IndexPath {
    const root = this.#rootOf(this.#blocks.view(0));
    const path = this.#begin(root, major);
    this.#descend(path, root.levels, major);
    return path;
  }

  /** The block of names that a way leads to. */
  leaf(path: IndexPath): number {
    const { slots, slot } = path.at(-1) as IndexStep;
    return this.#checked(slots.block(slot), path);
  }

  /** The hash that the block behind begins with; undefined behind the last. Odd where a hash goes on there. */
  nextHash(path: IndexPath): number | undefined {
    const step = path.findLast(({ slots, slot }) => slot + 1 < slots.count);
    return step?.slots.hash(step.slot + 1);
  }

  /** Makes a way lead to the block behind, which there is. */
  advance(path: IndexPath): void {
    const level = path.findLastIndex(({ slots, slot }) => slot + 1 < slots.count);
    const depth = path.length;
    path.length = level + 1;
    (path[level] as IndexStep).slot++;
    while (path.length < depth) path.push(this.#child(path, 0));
  }

  /**
   * Adds an entry by a name that is not there.
   *
   * @throws {FileError} `ENOSPC` where a block is wanting, or the index can have no more levels.
   */
  insert(entry: NewDirectoryEntry): void {
    const neededBytes = directoryRecordBytes(entry.name.length);
    for (let split = 0; split < splitLimit; split++) {
      const root = this.#rootOf(this.#blocks.view(0));
      const { major } = hashName(root.hash, entry.name);
      const path = this.#begin(root, major);
      if (root.levels > 0) this.#descend(path, root.levels, major);
      const leaf = this.leaf(path);
      const bytes = this.#blocks.view(leaf);
      const at = findSpace(bytes, this.#endBytes, neededBytes);
      if (at >= 0) {
        insertRecord(this.#blocks.modify(leaf), at, entry);
        return;
      }
      if ((path.at(-1) as IndexStep).slots.isFull) this.#growIndex(path);
      else this.#splitLeaf(path, root.hash);
    }
    throw new FileError("ENOSPC", "link");
  }

  #rootOf(bytes: Uint8Array): CheckedRoot {
    const { features } = this.#volume.geometry;
    const { reserved, hashVersion, informationBytes, levels, unusedFlags } = readIndexRoot(bytes);
    const framed =
      recordLengthAt(bytes, 0) === dotRecordBytes &&
      recordLengthAt(bytes, dotRecordBytes) === bytes.length - dotRecordBytes;
    if (!framed || reserved !== 0 || informationBytes !== 8 || (unusedFlags & 1) !== 0) {
      throw this.#malformed("the first block is no root of one");
    }
    if (!isDirectoryHashVersion(hashVersion)) throw this.#malformed(`hash ${hashVersion} is not known`);
    if (levels > levelLimit(features.largeDir)) throw this.#malformed(`${levels} levels`);
    const slots = this.#checkedSlots(rootSlots(bytes));
    const { unsigned, seed } = this.#base;
    return { hash: { version: hashVersion, unsigned, seed }, slots, levels };
  }

  /** A way that has come to the root. */
  #begin({ slots }: CheckedRoot, major: number): IndexPath {
    return [{ logicalBlock: 0, slots, slot: slots.find(major) }];
  }

  /** Takes a way on to the last block of slots. */
  #descend(path: IndexPath, levels: number, major: number): void {
    while (path.length <= levels) path.push(this.#child(path, major));
  }

  /** The node that a way leads to, and in it the slot of a hash. */
  #child(path: IndexPath, major: number): IndexStep {
    const logicalBlock = this.leaf(path);
    const bytes = this.#blocks.view(logicalBlock);
    if (!isIndexNode(bytes)) throw this.#malformed(`block ${logicalBlock} is no node of one`);
    const slots = this.#checkedSlots(nodeSlots(bytes));
    return { logicalBlock, slots, slot: slots.find(major) };
  }

  #checkedSlots(slots: IndexSlots): IndexSlots {
    if (slots.limit !== slots.limitWith(this.#checksums))
      throw this.#malformed(`room for ${slots.limit} slots`);
    if (slots.count === 0 || slots.count > slots.limit) throw this.#malformed(`${slots.count} slots`);
    return slots;
  }

  /** A block that a slot leads to. */
  #checked(logicalBlock: number, path: IndexPath): number {
    const known = path.some((step) => step.logicalBlock === logicalBlock);
    if (known) throw this.#malformed(`block ${logicalBlock} is below itself`);
    if (logicalBlock >= this.#blocks.count) throw this.#malformed(`there is no block ${logicalBlock}`);
    return logicalBlock;
  }

  /** Moves the upper half of a full block's names into a block of their own (`do_split`). */
  #splitLeaf(path: IndexPath, hash: DirectoryHash): void {
    const { logicalBlock, slot } = path.at(-1) as IndexStep;
    const lower = this.#blocks.modify(this.leaf(path));
    const names = lower.slice();
    const records = usedRecords(names, 0, this.#endBytes)
      .map((at) => ({ at, major: hashName(hash, nameAt(names, at)).major }))
      .sort((a, b) => a.major - b.major || a.at - b.at);
    const starts = records.map(({ at }) => at);
    if (records.length < 2) {
      packRecords(names, starts, lower, this.#endBytes);
      return;
    }
    const middle = splitPoint(
      starts.map((at) => directoryRecordBytes(nameAt(names, at).length)),
      names.length,
    );
    const [before, first] = [records[middle - 1] as { major: number }, records[middle] as { major: number }];
    const border = first.major + (before.major === first.major ? 1 : 0);
    const step = path.at(-1) as IndexStep;
    if (border < step.slots.hash(slot) || border > (this.nextHash(path) ?? Number.POSITIVE_INFINITY)) {
      throw this.#malformed(`block ${this.leaf(path)} holds names of other hashes`);
    }
    const { logical, bytes } = this.#blocks.append();
    packRecords(names, starts.slice(middle), bytes, this.#endBytes);
    packRecords(names, starts.slice(0, middle), lower, this.#endBytes);
    const parent = this.#blocks.modify(logicalBlock);
    slotsOf(parent, logicalBlock).insert(slot, border, logical);
  }

  /** Makes room in the index above a block of names (the middle of `ext4_dx_add_entry`). */
  #growIndex(path: IndexPath): void {
    let level = path.length - 1;
    while (level > 0 && (path[level - 1] as IndexStep).slots.isFull) level--;
    const { largeDir } = this.#volume.geometry.features;
    if (level === 0 && path.length > levelLimit(largeDir)) throw new FileError("ENOSPC", "link");
    const { logicalBlock } = path[level] as IndexStep;
    const full = this.#blocks.modify(logicalBlock);
    const slots = slotsOf(full, logicalBlock);
    const { logical, bytes } = this.#blocks.append();
    if (level === 0) {
      writeIndexNode(bytes, slots, 0, this.#checksums);
      slots.begin(this.#checksums, logical);
      setIndexLevels(full, path.length);
      return;
    }
    const half = slots.count >>> 1;
    const border = slots.hash(half);
    writeIndexNode(bytes, slots, half, this.#checksums);
    slots.truncate(half);
    const { logicalBlock: above, slot } = path[level - 1] as IndexStep;
    slotsOf(this.#blocks.modify(above), above).insert(slot, border, logical);
  }

  #malformed(why: string): Error {
    return this.#volume.malformed("bad-field", `a directory's index: ${why}`, { inode: this.#inode.number });
  }
}

/** How many levels of nodes there can be between the root and the names (`ext4_dir_htree_level`). */
function levelLimit(largeDir: boolean): number {
  return largeDir ? 2 : 1;
}

function slotsOf(bytes: Uint8Array, logicalBlock: number): IndexSlots {
  return logicalBlock === 0 ? rootSlots(bytes) : nodeSlots(bytes);
}

/** How many of a block's records, by their sizes in the order of hashes, stay where they are. */
function splitPoint(sizesBytes: readonly number[], blockSizeBytes: number): number {
  let movedBytes = 0;
  for (let i = sizesBytes.length - 1; i > 0; i--) {
    const sizeBytes = sizesBytes[i] as number;
    if (movedBytes + sizeBytes / 2 > blockSizeBytes / 2) return i + 1;
    movedBytes += sizeBytes;
  }
  // Little is in use, here and there: the names themselves are halved.
  return sizesBytes.length >>> 1;
}
