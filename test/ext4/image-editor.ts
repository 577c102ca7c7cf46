/** Changes fields of an ext4 image where they stand, so that a test can say which one it spoils. */
import { readU32Le } from "../../src/bytes/codec.ts";
import { groupDescriptorFields } from "../../src/ext4/group-descriptor.ts";
import { inodeFields } from "../../src/ext4/inode.ts";
import { type Field, readField, writeField } from "../../src/ext4/structure.ts";
import { superblockFields } from "../../src/ext4/superblock.ts";
import { type GoldenName, goldenImage, goldenSnapshot } from "./golden-image.ts";

const blockBytes = 1024;
const superblockStart = 1024;
const descriptorStart = 2048;

/** A copy of one of the small images, all of which have blocks of 1 KiB and one group. */
export class ImageEditor {
  readonly bytes: Uint8Array;
  readonly #inodes: ReadonlyMap<string, object>;

  constructor(name: GoldenName) {
    this.bytes = goldenImage(name);
    this.#inodes = goldenSnapshot(name);
  }

  superblock(field: keyof typeof superblockFields, value: number): void {
    this.#write(superblockStart, superblockFields[field], value);
  }

  descriptor(field: keyof typeof groupDescriptorFields, value: number): void {
    this.#write(descriptorStart, groupDescriptorFields[field], value);
  }

  /** The number of the inode that a path of the kernel's snapshot leads to. */
  inodeOf(path: string): number {
    return (this.#inodes.get(path) as { inode: number }).inode;
  }

  /** Where an inode begins. */
  inodeStart(path: string): number {
    const table = readField(this.bytes, descriptorStart, groupDescriptorFields.inodeTableLow);
    return table * blockBytes + (this.inodeOf(path) - 1) * this.inodeSize();
  }

  inodeSize(): number {
    return readField(this.bytes, superblockStart, superblockFields.inodeSize);
  }

  inode(path: string, field: keyof typeof inodeFields, value: number): void {
    this.#write(this.inodeStart(path), inodeFields[field], value);
  }

  readInode(path: string, field: keyof typeof inodeFields): number {
    return readField(this.bytes, this.inodeStart(path), inodeFields[field]);
  }

  /** Where the root of the extents, or the pointers, of an inode stand. */
  blockStart(path: string): number {
    return this.inodeStart(path) + inodeFields.block[0];
  }

  /** Where the child begins that the first index entry of a node leads to. */
  firstChild(nodeStart: number): number {
    return readU32Le(this.bytes, nodeStart + 12 + 4) * blockBytes;
  }

  /** Where the first block begins that the first extent of a leaf leads to. */
  firstBlock(nodeStart: number): number {
    return readU32Le(this.bytes, nodeStart + 12 + 8) * blockBytes;
  }

  /** Writes an integer anywhere. */
  put(offset: number, sizeBytes: 1 | 2 | 4, value: number): void {
    writeField(this.bytes, 0, [offset, sizeBytes], value);
  }

  get(offset: number, sizeBytes: 1 | 2 | 4): number {
    return readField(this.bytes, 0, [offset, sizeBytes]);
  }

  #write(start: number, [offset, sizeBytes]: Field, value: number): void {
    this.put(start + offset, sizeBytes as 1 | 2 | 4, value);
  }
}
