/**
 * Makes an ext4 file system without a journal: what `mke2fs` makes, with one
 * layout for all. Its groups are as good as new to whoever reads them: only the
 * first and the last have bitmaps, and no inode table is written.
 */
import { crc32c, crc32cU32 } from "../bytes/crc.ts";
import type { IoOptions, WritableBlockDevice } from "../device/block-device.ts";
import { UsageError } from "../errors.ts";
import type { Timestamp } from "../tree/attributes.ts";
import { fillBits } from "./bitmap.ts";
import { firstInodes, lostAndFoundBlocks, rootDirectoryBlock } from "./format-inodes.ts";
import {
  FORMAT_BLOCK_BYTES,
  FORMAT_DESCRIPTOR_BYTES,
  FORMAT_GROUP_BLOCKS,
  FORMAT_INODE_BYTES,
  type FormatLayout,
  type FormatSize,
  groupPlaces,
  hasCopies,
  LOST_AND_FOUND_BLOCKS,
  planFormat,
} from "./format-layout.ts";
import { groupDescriptorFields, groupDescriptorHighFields, groupFlag } from "./group-descriptor.ts";
import { inodeNumber } from "./inode.ts";
import { sealSuperblock } from "./live-superblock.ts";
import { writeField, writeStructure } from "./structure.ts";
import {
  compatFeature,
  EXT4_MAGIC,
  EXT4_SUPERBLOCK_OFFSET_BYTES,
  incompatFeature,
  roCompatFeature,
  superblockFields,
} from "./superblock.ts";

/** How to make a file system. The same values make the same bytes. */
export interface FormatOptions extends IoOptions, Partial<FormatSize> {
  /** 16 bytes, not all zero; random unless set. */
  readonly uuid?: Uint8Array;
  /** 16 bytes that the hashes of names begin with; random unless set. */
  readonly hashSeed?: Uint8Array;
  /** Of root and lost+found, and of the file system; the platform's unless set. */
  readonly time?: Timestamp;
  /** At most 16 bytes. */
  readonly label?: Uint8Array;
  /** Whether all of the device reads as zeros already, and need not be discarded; false unless set. */
  readonly isZero?: boolean;
}

/** Values that all parts of a new file system share. */
interface FormatValues {
  readonly layout: FormatLayout;
  readonly uuid: Uint8Array;
  readonly hashSeed: Uint8Array;
  readonly seconds: number;
  readonly label: Uint8Array;
  readonly checksumSeed: number;
}

const crcStart = 0xffff_ffff;
const two32 = 2 ** 32;
/** Half MD4, with characters that have a sign: as `mke2fs` has it on x86. */
const hashVersion = 1;
const signedHashFlag = 1;
/** `user_xattr` and `acl`. */
const defaultMountOptions = 0xc;
const writeBytes = 1 << 20;

const features = {
  featureCompat: compatFeature.extAttr | compatFeature.dirIndex,
  featureIncompat: incompatFeature.filetype | incompatFeature.extents | incompatFeature.bit64,
  featureRoCompat:
    roCompatFeature.sparseSuper |
    roCompatFeature.largeFile |
    roCompatFeature.hugeFile |
    roCompatFeature.dirNlink |
    roCompatFeature.extraIsize |
    roCompatFeature.metadataCsum,
};

/**
 * Makes an empty file system on a device, whose content is lost, and flushes it.
 *
 * @param options `sizeBytes` is the device's size unless set; a rest that is less than a block, or that is too
 *   small to be a group, stays unused.
 * @throws {UsageError} `invalid-argument` for a size that is too small (below 48 KiB) or too large, and for
 *   values of the wrong length.
 * @throws {DeviceError} when the device fails: what is there then is no file system.
 */
export async function formatExt4(device: WritableBlockDevice, options: FormatOptions = {}): Promise<void> {
  const values = checkOptions(device, options);
  const { layout } = values;
  if (!options.isZero) await device.discard(0, layout.blocks * FORMAT_BLOCK_BYTES, options);
  const write = async (block: number, bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; at += writeBytes) {
      await device.write(block * FORMAT_BLOCK_BYTES + at, bytes.subarray(at, at + writeBytes), options);
    }
  };
  const first = groupPlaces(layout, 0);
  const last = groupPlaces(layout, layout.groups - 1);
  const time = { seconds: BigInt(values.seconds), nanoseconds: 0 };
  const contents = { checksumSeed: values.checksumSeed, time, firstBlock: first.firstFree };
  await write(first.blockBitmap, firstBitmaps(layout));
  await write(first.inodeTable, firstInodes(contents));
  const directories = [rootDirectoryBlock(contents), ...lostAndFoundBlocks(contents)];
  for (const [index, block] of directories.entries()) await write(first.firstFree + index, block);
  if (layout.groups > 1) await write(last.blockBitmap, blockBitmap(layout, layout.groups - 1));
  const descriptors = groupDescriptors(values);
  for (let group = layout.groups - 1; group >= 0; group--) {
    if (!hasCopies(group)) continue;
    const { firstBlock } = groupPlaces(layout, group);
    await write(firstBlock + 1, descriptors);
    await write(firstBlock, superblockBlock(values, group));
  }
  await device.flush(options);
}

function checkOptions(device: WritableBlockDevice, options: FormatOptions): FormatValues {
  const { sizeBytes = device.sizeBytes, bytesPerInode, inodes } = options;
  const refuse = (why: string): never => {
    throw new UsageError("invalid-argument", why, { at: { device: device.name } });
  };
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || sizeBytes > device.sizeBytes) {
    refuse(`a file system of ${sizeBytes} bytes is not on a device of ${device.sizeBytes}`);
  }
  for (const [name, value] of Object.entries({ bytesPerInode, inodes })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1))
      refuse(`${name} cannot be ${value}`);
  }
  const uuid = options.uuid ?? randomBytes();
  const hashSeed = options.hashSeed ?? randomBytes();
  const label = options.label ?? new Uint8Array();
  if (uuid.length !== 16 || uuid.every((byte) => byte === 0)) refuse("a UUID has 16 bytes, not all zero");
  if (hashSeed.length !== 16) refuse("a hash seed has 16 bytes");
  if (label.length > 16) refuse("a label has 16 bytes at most");
  const seconds = Number(options.time?.seconds ?? BigInt(Math.floor(Date.now() / 1000)));
  if (seconds < 0 || seconds >= 2 ** 34 - 2 ** 31) refuse(`${seconds} is no time for a file system`);
  const layout = planFormat({ sizeBytes, bytesPerInode, inodes });
  return { layout, uuid, hashSeed, label, seconds, checksumSeed: crc32c(crcStart, uuid) };
}

function randomBytes(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** Blocks that a group has no file in. */
function freeBlocks(layout: FormatLayout, group: number): number {
  const { firstBlock, blocks, firstFree } = groupPlaces(layout, group);
  return blocks - (firstFree - firstBlock) - (group === 0 ? 1 + LOST_AND_FOUND_BLOCKS : 0);
}

/** Both bitmaps of the first group. */
function firstBitmaps(layout: FormatLayout): Uint8Array {
  const bitmaps = new Uint8Array(2 * FORMAT_BLOCK_BYTES);
  bitmaps.set(blockBitmap(layout, 0));
  bitmaps.set(inodeBitmap(layout), FORMAT_BLOCK_BYTES);
  return bitmaps;
}

function blockBitmap(layout: FormatLayout, group: number): Uint8Array {
  const bitmap = new Uint8Array(FORMAT_BLOCK_BYTES);
  const { firstBlock, blocks, firstFree } = groupPlaces(layout, group);
  const taken = firstFree - firstBlock + (group === 0 ? 1 + LOST_AND_FOUND_BLOCKS : 0);
  fillBits(bitmap, 0, taken, true);
  fillBits(bitmap, blocks, FORMAT_GROUP_BLOCKS, true);
  return bitmap;
}

/** Of the first group: what is reserved, the root and lost+found are taken. */
function inodeBitmap({ inodesPerGroup }: FormatLayout): Uint8Array {
  const bitmap = new Uint8Array(FORMAT_BLOCK_BYTES);
  fillBits(bitmap, 0, inodeNumber.firstOrdinary, true);
  fillBits(bitmap, inodesPerGroup, 8 * FORMAT_BLOCK_BYTES, true);
  return bitmap;
}

function groupDescriptors({ layout, checksumSeed }: FormatValues): Uint8Array {
  const all = new Uint8Array(layout.descriptorBlocks * FORMAT_BLOCK_BYTES);
  for (let group = 0; group < layout.groups; group++) {
    const start = group * FORMAT_DESCRIPTOR_BYTES;
    const bytes = all.subarray(start, start + FORMAT_DESCRIPTOR_BYTES);
    const isFirst = group === 0;
    const hasBlockBitmap = isFirst || group === layout.groups - 1;
    const places = groupPlaces(layout, group);
    const put = (
      low: keyof typeof groupDescriptorFields,
      high: keyof typeof groupDescriptorHighFields,
      value: number,
    ): void => {
      const [, sizeBytes] = groupDescriptorFields[low];
      writeField(bytes, 0, groupDescriptorFields[low], value % 2 ** (8 * sizeBytes));
      writeField(bytes, 0, groupDescriptorHighFields[high], Math.floor(value / 2 ** (8 * sizeBytes)));
    };
    const freeInodes = layout.inodesPerGroup - (isFirst ? inodeNumber.firstOrdinary : 0);
    put("blockBitmapLow", "blockBitmapHigh", places.blockBitmap);
    put("inodeBitmapLow", "inodeBitmapHigh", places.inodeBitmap);
    put("inodeTableLow", "inodeTableHigh", places.inodeTable);
    put("freeBlocksCountLow", "freeBlocksCountHigh", freeBlocks(layout, group));
    put("freeInodesCountLow", "freeInodesCountHigh", freeInodes);
    put("unusedInodesLow", "unusedInodesHigh", freeInodes);
    put("usedDirectoriesCountLow", "usedDirectoriesCountHigh", isFirst ? 2 : 0);
    const uninit = (hasBlockBitmap ? 0 : groupFlag.blockUninit) | (isFirst ? 0 : groupFlag.inodeUninit);
    writeField(bytes, 0, groupDescriptorFields.flags, groupFlag.inodeZeroed | uninit);
    if (hasBlockBitmap) {
      const checksum = crc32c(checksumSeed, blockBitmap(layout, group));
      put("blockBitmapChecksumLow", "blockBitmapChecksumHigh", checksum);
    }
    if (isFirst) {
      const checked = inodeBitmap(layout).subarray(0, layout.inodesPerGroup / 8);
      put("inodeBitmapChecksumLow", "inodeBitmapChecksumHigh", crc32c(checksumSeed, checked));
    }
    // The checksum's own place is zeros yet, as which it is taken.
    const checksum = crc32c(crc32cU32(checksumSeed, group), bytes) & 0xffff;
    writeField(bytes, 0, groupDescriptorFields.checksum, checksum);
  }
  return all;
}

/** The block that a group with copies begins with. */
function superblockBlock(values: FormatValues, group: number): Uint8Array {
  const { layout, seconds } = values;
  const groups = Array.from({ length: layout.groups }, (_, each) => each);
  const free = groups.reduce((sum, each) => sum + freeBlocks(layout, each), 0);
  const inodes = layout.groups * layout.inodesPerGroup;
  const overhead = groups.reduce((sum, each) => {
    const { firstBlock, firstFree } = groupPlaces(layout, each);
    return sum + firstFree - firstBlock;
  }, 0);
  const low = seconds % two32;
  const high = Math.floor(seconds / two32);
  const block = new Uint8Array(FORMAT_BLOCK_BYTES);
  // In the first block of all the first bytes are for who starts from the disk.
  const superblock = block.subarray(group === 0 ? EXT4_SUPERBLOCK_OFFSET_BYTES : 0).subarray(0, 1024);
  const logBlockSize = Math.log2(FORMAT_BLOCK_BYTES / 1024);
  const fields = {
    inodesCount: inodes,
    blocksCountLow: layout.blocks % two32,
    blocksCountHigh: Math.floor(layout.blocks / two32),
    freeBlocksCountLow: free % two32,
    freeBlocksCountHigh: Math.floor(free / two32),
    freeInodesCount: inodes - inodeNumber.firstOrdinary,
    logBlockSize,
    logClusterSize: logBlockSize,
    blocksPerGroup: FORMAT_GROUP_BLOCKS,
    clustersPerGroup: FORMAT_GROUP_BLOCKS,
    inodesPerGroup: layout.inodesPerGroup,
    maxMountCount: 0xffff,
    magic: EXT4_MAGIC,
    state: 1,
    errors: 1,
    revisionLevel: 1,
    firstInode: inodeNumber.firstOrdinary,
    inodeSize: FORMAT_INODE_BYTES,
    blockGroupNumber: group,
    ...features,
    uuid: values.uuid,
    hashSeed: values.hashSeed,
    defaultHashVersion: hashVersion,
    flags: signedHashFlag,
    groupDescriptorSize: FORMAT_DESCRIPTOR_BYTES,
    defaultMountOptions,
    mkfsTime: low,
    mkfsTimeHigh: high,
    writeTime: low,
    writeTimeHigh: high,
    lastCheckTime: low,
    lastCheckTimeHigh: high,
    minExtraIsize: 32,
    wantExtraIsize: 32,
    overheadBlocks: Math.min(overhead, two32 - 1),
    checksumType: 1,
  };
  writeStructure(superblockFields, fields, superblock);
  superblock.set(values.label, superblockFields.volumeName[0]);
  sealSuperblock(superblock);
  return block;
}
