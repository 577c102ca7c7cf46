/**
 * The descriptors of all block groups, in memory as they stand on the device, and
 * which groups have something free. The sums are of the descriptors: what the
 * superblock says of free blocks and inodes is not used, as the kernel does not.
 */
import type { IoOptions } from "../device/block-device.ts";
import { plainBlock } from "./block-kind.ts";
import {
  GROUP_DESCRIPTOR_SIZE_BYTES,
  groupDescriptorFields,
  groupDescriptorHighFields,
} from "./group-descriptor.ts";
import { descriptorBlock, descriptorChecksum, headBlocks } from "./group-layout.ts";
import { GroupSet } from "./group-set.ts";
import { type Field, readField, writeField } from "./structure.ts";
import { SystemBlocks } from "./system-blocks.ts";
import type { Ext4Volume } from "./volume.ts";
import type { WritableVolume } from "./writable-volume.ts";

const low = groupDescriptorFields;
const high = groupDescriptorHighFields;

/** A field of a descriptor: the half that all have, and that of large ones. */
interface GroupField {
  readonly low: Field;
  readonly high?: Field;
}

/** What of a descriptor is read or set. */
export type GroupFieldName =
  | "blockBitmap"
  | "inodeBitmap"
  | "inodeTable"
  | "freeBlocks"
  | "freeInodes"
  | "usedDirectories"
  | "unusedInodes"
  | "blockBitmapChecksum"
  | "inodeBitmapChecksum"
  | "flags";

const fields: Readonly<Record<GroupFieldName, GroupField>> = {
  blockBitmap: { low: low.blockBitmapLow, high: high.blockBitmapHigh },
  inodeBitmap: { low: low.inodeBitmapLow, high: high.inodeBitmapHigh },
  inodeTable: { low: low.inodeTableLow, high: high.inodeTableHigh },
  freeBlocks: { low: low.freeBlocksCountLow, high: high.freeBlocksCountHigh },
  freeInodes: { low: low.freeInodesCountLow, high: high.freeInodesCountHigh },
  usedDirectories: { low: low.usedDirectoriesCountLow, high: high.usedDirectoriesCountHigh },
  unusedInodes: { low: low.unusedInodesLow, high: high.unusedInodesHigh },
  blockBitmapChecksum: { low: low.blockBitmapChecksumLow, high: high.blockBitmapChecksumHigh },
  inodeBitmapChecksum: { low: low.inodeBitmapChecksumLow, high: high.inodeBitmapChecksumHigh },
  flags: { low: low.flags },
};

const two16 = 2 ** 16;
const two32 = 2 ** 32;

/** How much is read at once. */
const readBytes = 1 << 20;

/** The descriptors of a volume. */
export class GroupTable {
  readonly #volume: WritableVolume;
  /** All descriptor blocks, one after the other. */
  readonly #bytes: Uint8Array;
  readonly #size: number;
  readonly #stale: Set<number> = new Set();
  /** Groups with a free block, what is held besides the bitmap counted as taken. */
  readonly withFreeBlocks: GroupSet;
  readonly withFreeInodes: GroupSet;
  readonly system: SystemBlocks;
  #freeBlocks = 0;
  #freeInodes = 0;
  #directories = 0;

  /**
   * Takes in all descriptors.
   *
   * @param bytes as `read` gives them; kept, and written to.
   * @throws {FormatError} `bad-checksum`; `does-not-fit` for tables outside the file system, `bad-field` for counts
   *   that cannot be.
   */
  constructor(volume: WritableVolume, bytes: Uint8Array) {
    const { groups, descriptorSizeBytes } = volume.geometry;
    this.#volume = volume;
    this.#bytes = bytes;
    this.#size = descriptorSizeBytes;
    this.withFreeBlocks = new GroupSet(groups);
    this.withFreeInodes = new GroupSet(groups);
    this.system = new SystemBlocks();
    for (let group = 0; group < groups; group++) this.#check(group);
    this.system.close();
  }

  /**
   * Reads all descriptor blocks.
   *
   * @throws {FormatError} `does-not-fit` where they are not inside the file system.
   */
  static async read(volume: Ext4Volume, options: IoOptions): Promise<Uint8Array> {
    const { groups, descriptorSizeBytes, blockSizeBytes, firstDataBlock } = volume.geometry;
    const blocks = Math.ceil((groups * descriptorSizeBytes) / blockSizeBytes);
    if (!volume.holds(firstDataBlock + 1, blocks)) {
      throw volume.malformed("does-not-fit", `${blocks} blocks of descriptors are more than there are`);
    }
    const bytes = new Uint8Array(blocks * blockSizeBytes);
    const start = (firstDataBlock + 1) * blockSizeBytes;
    for (let at = 0; at < bytes.length; at += readBytes) {
      await volume.device.read(start + at, bytes.subarray(at, at + readBytes), options);
    }
    return bytes;
  }

  /** Free in the bitmaps. */
  get freeBlocks(): number {
    return this.#freeBlocks;
  }

  get freeInodes(): number {
    return this.#freeInodes;
  }

  get directories(): number {
    return this.#directories;
  }

  get(group: number, name: GroupFieldName): number {
    const { low: lowField, high: highField } = fields[name];
    const at = group * this.#size;
    const value = readField(this.#bytes, at, lowField);
    if (highField === undefined || this.#size === GROUP_DESCRIPTOR_SIZE_BYTES) return value;
    // Most of them are small: what is above 16 or 32 bits is 0.
    const above = readField(this.#bytes, at, highField);
    return above === 0 ? value : value + above * (lowField[1] === 2 ? two16 : two32);
  }

  /** Inside a change: is undone with it. */
  set(group: number, name: GroupFieldName, value: number): void {
    const before = this.get(group, name);
    if (before === value) return;
    this.#put(group, name, value);
    this.#volume.onUndo(() => this.#put(group, name, before));
  }

  /**
   * Inside a change: counts something in, or out.
   *
   * @throws {FormatError} `bad-field` where the count was wrong all along.
   */
  add(group: number, name: "freeBlocks" | "freeInodes" | "usedDirectories", count: number): void {
    const value = this.get(group, name) + count;
    const most = name === "freeBlocks" ? this.blocksIn(group) : this.#volume.geometry.inodesPerGroup;
    if (value >= 0 && value <= most) this.set(group, name, value);
    else throw this.#volume.malformed("bad-field", `group ${group}: its count of ${name} is wrong`);
  }

  /** Sets what follows from other things, and is no change of its own. */
  setDerived(group: number, name: GroupFieldName, value: number): void {
    if (this.get(group, name) !== value) this.#put(group, name, value);
  }

  hasFlag(group: number, flag: number): boolean {
    return (this.get(group, "flags") & flag) !== 0;
  }

  clearFlag(group: number, flag: number): void {
    this.set(group, "flags", this.get(group, "flags") & ~flag);
  }

  firstBlock(group: number): number {
    const { firstDataBlock, blocksPerGroup } = this.#volume.geometry;
    return firstDataBlock + group * blocksPerGroup;
  }

  /** The last group may have fewer than the others. */
  blocksIn(group: number): number {
    const { blocks, blocksPerGroup } = this.#volume.geometry;
    return Math.min(blocksPerGroup, blocks - this.firstBlock(group));
  }

  groupOf(block: number): number {
    const { firstDataBlock, blocksPerGroup } = this.#volume.geometry;
    return Math.floor((block - firstDataBlock) / blocksPerGroup);
  }

  /** The first block of a group's inode table and the one behind its last. */
  inodeTable(group: number): { firstBlock: number; endBlock: number } {
    const firstBlock = this.get(group, "inodeTable");
    return { firstBlock, endBlock: firstBlock + this.#inodeTableBlocks };
  }

  /** The bitmaps of blocks of the groups behind one: who gives a large file back wants them next. */
  blockBitmapsBehind(group: number, most: number): number[] {
    const count = Math.min(this.#volume.geometry.groups - group - 1, most);
    return Array.from({ length: count }, (_, i) => this.get(group + 1 + i, "blockBitmap"));
  }

  /** Puts checksums into what was changed and hands its blocks to be written. */
  seal(): void {
    const { geometry } = this.#volume;
    const perBlock = geometry.blockSizeBytes / this.#size;
    const blocks = new Set<number>();
    for (const group of this.#stale) {
      const descriptor = this.#bytes.subarray(group * this.#size, (group + 1) * this.#size);
      writeField(descriptor, 0, low.checksum, descriptorChecksum(geometry, group, descriptor));
      blocks.add(Math.floor(group / perBlock));
    }
    this.#stale.clear();
    for (const index of blocks) {
      const start = index * geometry.blockSizeBytes;
      const bytes = this.#bytes.subarray(start, start + geometry.blockSizeBytes);
      this.#volume.replaceBlock(descriptorBlock(geometry, index), bytes, plainBlock);
    }
  }

  get #inodeTableBlocks(): number {
    const { inodesPerGroup, inodeSizeBytes, blockSizeBytes } = this.#volume.geometry;
    return Math.ceil((inodesPerGroup * inodeSizeBytes) / blockSizeBytes);
  }

  #put(group: number, name: GroupFieldName, value: number): void {
    const at = group * this.#size;
    const field = fields[name];
    const lowLimit = field.low[1] === 2 ? two16 : two32;
    const difference = value - this.get(group, name);
    writeField(this.#bytes, at, field.low, value % lowLimit);
    if (field.high !== undefined && this.#size > GROUP_DESCRIPTOR_SIZE_BYTES) {
      writeField(this.#bytes, at, field.high, Math.floor(value / lowLimit));
    }
    this.#stale.add(group);
    if (name === "freeBlocks") this.#freeBlocks += difference;
    else if (name === "usedDirectories") this.#directories += difference;
    else if (name === "freeInodes") this.#freeInodes += difference;
  }

  /** Takes in one descriptor. */
  #check(group: number): void {
    const { geometry } = this.#volume;
    const { inodesPerGroup } = geometry;
    const descriptor = this.#bytes.subarray(group * this.#size, (group + 1) * this.#size);
    const fail = (code: "bad-field" | "bad-checksum" | "does-not-fit", why: string): never => {
      throw this.#volume.malformed(code, `group ${group}: ${why}`);
    };
    if (descriptorChecksum(geometry, group, descriptor) !== readField(descriptor, 0, low.checksum)) {
      fail("bad-checksum", "the checksum of its descriptor does not hold");
    }
    for (const [name, blocks] of [
      ["blockBitmap", 1],
      ["inodeBitmap", 1],
      ["inodeTable", this.#inodeTableBlocks],
    ] as const) {
      const first = this.get(group, name);
      if (!this.#volume.holds(first, blocks)) fail("does-not-fit", `its ${name} at ${first} is outside`);
      this.system.add(first, first + blocks);
    }
    const freeBlocks = this.get(group, "freeBlocks");
    const freeInodes = this.get(group, "freeInodes");
    const directories = this.get(group, "usedDirectories");
    if (freeBlocks > this.blocksIn(group)) fail("bad-field", `${freeBlocks} free blocks`);
    if (freeInodes > inodesPerGroup) fail("bad-field", `${freeInodes} free inodes`);
    if (directories > inodesPerGroup - freeInodes) fail("bad-field", `${directories} directories`);
    if (this.get(group, "unusedInodes") > inodesPerGroup) fail("bad-field", "too many unused inodes");
    this.#freeBlocks += freeBlocks;
    this.#freeInodes += freeInodes;
    this.#directories += directories;
    this.withFreeBlocks.set(group, freeBlocks > 0);
    this.withFreeInodes.set(group, freeInodes > 0);
    this.#addHead(group);
  }

  /** The copy of superblock and descriptors that some groups begin with. */
  #addHead(group: number): void {
    const blocks = headBlocks(this.#volume.geometry, group);
    const first = this.firstBlock(group);
    if (blocks > 0) this.system.add(first, Math.min(first + blocks, this.#volume.geometry.blocks));
  }
}
