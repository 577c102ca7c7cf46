/**
 * A block group's descriptor: 32 bytes, 64 or more with the `64bit` feature
 * (`struct ext4_group_desc`, `Documentation/filesystems/ext4/group_descr.rst`).
 */
import type { FieldValues } from "./structure.ts";

/** Size without the `64bit` feature; the superblock's `groupDescriptorSize` says it otherwise. */
export const GROUP_DESCRIPTOR_SIZE_BYTES = 32;

/** `[offset, size]` of the fields that every descriptor has. */
export const groupDescriptorFields = {
  blockBitmapLow: [0x0, 4],
  inodeBitmapLow: [0x4, 4],
  inodeTableLow: [0x8, 4],
  freeBlocksCountLow: [0xc, 2],
  freeInodesCountLow: [0xe, 2],
  usedDirectoriesCountLow: [0x10, 2],
  flags: [0x12, 2],
  excludeBitmapLow: [0x14, 4],
  blockBitmapChecksumLow: [0x18, 2],
  inodeBitmapChecksumLow: [0x1a, 2],
  unusedInodesLow: [0x1c, 2],
  checksum: [0x1e, 2],
} as const;

/** `[offset, size]` of the further fields of a descriptor of 64 bytes. */
export const groupDescriptorHighFields = {
  blockBitmapHigh: [0x20, 4],
  inodeBitmapHigh: [0x24, 4],
  inodeTableHigh: [0x28, 4],
  freeBlocksCountHigh: [0x2c, 2],
  freeInodesCountHigh: [0x2e, 2],
  usedDirectoriesCountHigh: [0x30, 2],
  unusedInodesHigh: [0x32, 2],
  excludeBitmapHigh: [0x34, 4],
  blockBitmapChecksumHigh: [0x38, 2],
  inodeBitmapChecksumHigh: [0x3a, 2],
  reserved: [0x3c, 4],
} as const;

/** The first 32 bytes of a descriptor, unchecked. */
export type GroupDescriptor = FieldValues<typeof groupDescriptorFields>;

/** The bits of `flags`. */
export const groupFlag = { inodeUninit: 0x1, blockUninit: 0x2, inodeZeroed: 0x4 } as const;
