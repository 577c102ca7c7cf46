/** An inode in memory, as it is and as it will be written: every change to it is noted, so that it can be taken back. */
import { FileError } from "../errors.ts";
import { type NodeType, type Timestamp, typeOfMode } from "../tree/attributes.ts";
import { EXTENT_MAGIC, extentHeaderFields } from "./extent.ts";
import type { ExtentTree } from "./extent-tree.ts";
import { INODE_BASE_SIZE_BYTES, inodeFields, inodeFlag } from "./inode.ts";
import { decodeInode, type Ext4Inode, inodeSeed } from "./inode-reader.ts";
import { type Field, readField, writeField, writeStructure } from "./structure.ts";
import { decodeKernelTime, encodeKernelTime } from "./timestamp.ts";
import type { WritableVolume } from "./writable-volume.ts";

const sectorBytes = 512;
const two32 = 2 ** 32;
const two48 = 2 ** 48;
/** Entries of the root of an extent tree. */
const rootExtents = 4;
/** Bytes of fields behind the first 128, where there is place for more (`s_want_extra_isize` unless set). */
const extraFieldBytes = 32;

/** What a new inode is. */
export interface NewInode {
  /** Type and permissions. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The 60 bytes of an extent tree without extents. */
const emptyTree: Readonly<Uint8Array> = makeEmptyTree();

function makeEmptyTree(): Uint8Array {
  const root = new Uint8Array(inodeFields.block[1]);
  writeStructure(extentHeaderFields, { magic: EXTENT_MAGIC, max: rootExtents }, root);
  return root;
}

/** One inode. Made by `LiveInodes`; good for the call that got it. */
export class LiveInode {
  readonly number: number;
  /** The whole record; to be changed by setters and `modifyBytes` alone. */
  readonly bytes: Uint8Array;
  /** Without a name, and open: on the device it is gone already. */
  isOrphan = false;
  /** Waits to be written: see `LiveInodes.noteChange`. */
  isChanged = false;
  /** What is known of its blocks; see `extentTreeOf`. */
  extents: ExtentTree | undefined;
  readonly #volume: WritableVolume;
  /** The epoch under which its bytes were noted. */
  #epoch = -1;
  #view: Ext4Inode | undefined;

  constructor(volume: WritableVolume, number: number, bytes: Uint8Array) {
    this.#volume = volume;
    this.number = number;
    this.bytes = bytes;
  }

  /** Inside the change that makes it, of zeros: times now, and no links. */
  begin({ mode, uid, gid }: NewInode, generation: number): void {
    // There is nothing to go back to: taken back it goes away as a whole.
    this.#epoch = this.#volume.epoch;
    const bytes = this.modifyBytes();
    writeField(bytes, 0, inodeFields.mode, mode);
    writeField(bytes, 0, inodeFields.uidLow, uid);
    writeField(bytes, 0, inodeFields.uidHigh, uid >>> 16);
    writeField(bytes, 0, inodeFields.gidLow, gid);
    writeField(bytes, 0, inodeFields.gidHigh, gid >>> 16);
    writeField(bytes, 0, inodeFields.generation, generation);
    const large = bytes.length >= INODE_BASE_SIZE_BYTES + extraFieldBytes;
    if (large) writeField(bytes, 0, inodeFields.extraIsize, extraFieldBytes);
    const { low, extra } = encodeKernelTime(this.#volume.now(), large);
    writeField(bytes, 0, inodeFields.accessTime, low);
    writeField(bytes, 0, inodeFields.modificationTime, low);
    writeField(bytes, 0, inodeFields.changeTime, low);
    if (!large) return;
    writeField(bytes, 0, inodeFields.accessTimeExtra, extra);
    writeField(bytes, 0, inodeFields.modificationTimeExtra, extra);
    writeField(bytes, 0, inodeFields.changeTimeExtra, extra);
    writeField(bytes, 0, inodeFields.creationTime, low);
    writeField(bytes, 0, inodeFields.creationTimeExtra, extra);
  }

  /** As readers take it, up to date. Not to be kept. */
  view(): Ext4Inode {
    this.#view ??= decodeInode(this.#volume, this.number, this.bytes);
    return this.#view;
  }

  /** Inside a change: the record, to be written to. */
  modifyBytes(): Uint8Array {
    const { bytes } = this;
    if (this.#volume.isNews(this.#epoch)) {
      const before = this.#volume.copyForUndo(bytes);
      this.#epoch = this.#volume.epoch;
      this.#volume.onUndo(() => {
        bytes.set(before);
        this.#view = undefined;
      });
    }
    this.#view = undefined;
    if (!this.isChanged) this.#volume.inodes.noteChange(this);
    return bytes;
  }

  get mode(): number {
    return this.#get(inodeFields.mode);
  }

  set mode(mode: number) {
    this.#set(inodeFields.mode, mode);
  }

  get type(): NodeType {
    return typeOfMode(this.mode) ?? "file";
  }

  get permissions(): number {
    return this.mode & 0o7777;
  }

  set permissions(permissions: number) {
    this.mode = (this.mode & ~0o7777) | (permissions & 0o7777);
  }

  get uid(): number {
    return this.#get(inodeFields.uidLow) + this.#get(inodeFields.uidHigh) * 2 ** 16;
  }

  set uid(uid: number) {
    this.#set(inodeFields.uidLow, uid & 0xffff);
    this.#set(inodeFields.uidHigh, uid >>> 16);
  }

  get gid(): number {
    return this.#get(inodeFields.gidLow) + this.#get(inodeFields.gidHigh) * 2 ** 16;
  }

  set gid(gid: number) {
    this.#set(inodeFields.gidLow, gid & 0xffff);
    this.#set(inodeFields.gidHigh, gid >>> 16);
  }

  /** As it stands: 1 for a directory with too many subdirectories to count. */
  get linkCount(): number {
    return this.#get(inodeFields.linksCount);
  }

  set linkCount(count: number) {
    this.#set(inodeFields.linksCount, count);
  }

  get sizeBytes(): number {
    const high = this.type === "file" ? this.#get(inodeFields.sizeHigh) : 0;
    return high * two32 + this.#get(inodeFields.sizeLow);
  }

  set sizeBytes(sizeBytes: number) {
    this.#set(inodeFields.sizeLow, sizeBytes % two32);
    if (this.type === "file") this.#set(inodeFields.sizeHigh, Math.floor(sizeBytes / two32));
  }

  get flags(): number {
    return this.#get(inodeFields.flags);
  }

  set flags(flags: number) {
    this.#set(inodeFields.flags, flags);
  }

  get generation(): number {
    return this.#get(inodeFields.generation);
  }

  /** The block of extended attributes; 0 for none. */
  get xattrBlock(): number {
    const high = this.#volume.geometry.features.bit64 ? this.#get(inodeFields.xattrBlockHigh) : 0;
    return high * two32 + this.#get(inodeFields.xattrBlockLow);
  }

  set xattrBlock(block: number) {
    this.#set(inodeFields.xattrBlockLow, block % two32);
    if (this.#volume.geometry.features.bit64) {
      this.#set(inodeFields.xattrBlockHigh, Math.floor(block / two32));
    }
  }

  /** Where in the record extended attributes may begin; its end where there is no place for any. */
  get xattrStartBytes(): number {
    const extra = this.#extraBytes;
    return extra === 0 ? this.bytes.length : INODE_BASE_SIZE_BYTES + extra;
  }

  /** What the checksums of its own blocks begin with. */
  get checksumSeed(): number {
    return inodeSeed(this.#volume, this.number, this.generation);
  }

  get accessedAt(): Timestamp {
    return this.#time(inodeFields.accessTime, inodeFields.accessTimeExtra);
  }

  set accessedAt(time: Timestamp) {
    this.#setTime(inodeFields.accessTime, inodeFields.accessTimeExtra, time);
  }

  get modifiedAt(): Timestamp {
    return this.#time(inodeFields.modificationTime, inodeFields.modificationTimeExtra);
  }

  set modifiedAt(time: Timestamp) {
    this.#setTime(inodeFields.modificationTime, inodeFields.modificationTimeExtra, time);
  }

  get changedAt(): Timestamp {
    return this.#time(inodeFields.changeTime, inodeFields.changeTimeExtra);
  }

  set changedAt(time: Timestamp) {
    this.#setTime(inodeFields.changeTime, inodeFields.changeTimeExtra, time);
  }

  /** When it was removed, in seconds: never 0, which says that it was not. */
  set deletedAt({ seconds }: Timestamp) {
    this.#set(inodeFields.deletionTime, Math.max(1, Number(BigInt.asUintN(32, seconds))));
  }

  get hasExtents(): boolean {
    return (this.flags & inodeFlag.extents) !== 0;
  }

  /** Blocks that it takes: content, nodes of its tree, extended attributes. */
  get blocks(): number {
    const { hugeFile } = this.#volume.geometry.features;
    const count =
      (hugeFile ? this.#get(inodeFields.blocksCountHigh) * two32 : 0) + this.#get(inodeFields.blocksCountLow);
    const inBlocks = hugeFile && (this.flags & inodeFlag.hugeFile) !== 0;
    return inBlocks ? count : Math.floor(count / this.#sectorsPerBlock);
  }

  /**
   * Counts blocks in, or out, as the kernel does (`ext4_inode_blocks_set`).
   *
   * @throws {FileError} `EFBIG` for more than the file system can count.
   */
  addBlocks(difference: number): void {
    const blocks = this.blocks + difference;
    const sectors = blocks * this.#sectorsPerBlock;
    const { hugeFile } = this.#volume.geometry.features;
    if (sectors >= two32 && !hugeFile) throw new FileError("EFBIG", "write");
    const inBlocks = sectors >= two48;
    const count = inBlocks ? blocks : sectors;
    this.#set(inodeFields.blocksCountLow, count % two32);
    this.#set(inodeFields.blocksCountHigh, Math.floor(count / two32));
    const flags = inBlocks ? this.flags | inodeFlag.hugeFile : this.flags & ~inodeFlag.hugeFile;
    if (flags !== this.flags) this.flags = flags;
  }

  /** Makes the 60 bytes an extent tree without extents. */
  initExtents(): void {
    this.flags |= inodeFlag.extents;
    this.modifyBytes().set(emptyTree, inodeFields.block[0]);
    this.extents = undefined;
  }

  /** The time of a change of content, or of a directory's names. */
  touch(): void {
    const now = this.#volume.now();
    if (!this.#has(inodeFields.modificationTimeExtra)) {
      this.modifiedAt = now;
      this.changedAt = now;
      return;
    }
    // The extra word of the other stands before it.
    const { low, extra } = encodeKernelTime(now, true);
    const bytes = this.modifyBytes();
    writeField(bytes, 0, inodeFields.modificationTime, low);
    writeField(bytes, 0, inodeFields.modificationTimeExtra, extra);
    writeField(bytes, 0, inodeFields.changeTime, low);
    writeField(bytes, 0, inodeFields.changeTimeExtra, extra);
  }

  get #sectorsPerBlock(): number {
    return this.#volume.geometry.blockSizeBytes / sectorBytes;
  }

  get #extraBytes(): number {
    return this.bytes.length > INODE_BASE_SIZE_BYTES ? readField(this.bytes, 0, inodeFields.extraIsize) : 0;
  }

  #has([offset, size]: Field): boolean {
    return offset + size <= INODE_BASE_SIZE_BYTES + this.#extraBytes;
  }

  #get(field: Field): number {
    return readField(this.bytes, 0, field);
  }

  #set(field: Field, value: number): void {
    writeField(this.modifyBytes(), 0, field, value);
  }

  #time(low: Field, extra: Field): Timestamp {
    return decodeKernelTime({ low: this.#get(low), extra: this.#has(extra) ? this.#get(extra) : 0 });
  }

  #setTime(low: Field, extra: Field, time: Timestamp): void {
    const hasExtra = this.#has(extra);
    const words = encodeKernelTime(time, hasExtra);
    this.#set(low, words.low);
    if (hasExtra) this.#set(extra, words.extra);
  }
}
