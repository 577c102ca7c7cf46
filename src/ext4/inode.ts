/**
 * An inode: 128 bytes at least; in 256 bytes there are further fields, and the
 * rest holds extended attributes (`struct ext4_inode`,
 * `Documentation/filesystems/ext4/inodes.rst`).
 */
import type { FieldValues } from "./structure.ts";

/** What every inode has; `extraIsize` says how many of the following bytes are fields. */
export const INODE_BASE_SIZE_BYTES = 128;

/** `[offset, size]` of each field. Those from `extraIsize` on are there in larger inodes only. */
export const inodeFields = {
  mode: [0x0, 2],
  uidLow: [0x2, 2],
  sizeLow: [0x4, 4],
  accessTime: [0x8, 4],
  changeTime: [0xc, 4],
  modificationTime: [0x10, 4],
  deletionTime: [0x14, 4],
  gidLow: [0x18, 2],
  linksCount: [0x1a, 2],
  blocksCountLow: [0x1c, 4],
  flags: [0x20, 4],
  versionLow: [0x24, 4],
  block: [0x28, 60],
  generation: [0x64, 4],
  xattrBlockLow: [0x68, 4],
  sizeHigh: [0x6c, 4],
  obsoleteFragmentAddress: [0x70, 4],
  blocksCountHigh: [0x74, 2],
  xattrBlockHigh: [0x76, 2],
  uidHigh: [0x78, 2],
  gidHigh: [0x7a, 2],
  checksumLow: [0x7c, 2],
  reserved: [0x7e, 2],
  extraIsize: [0x80, 2],
  checksumHigh: [0x82, 2],
  changeTimeExtra: [0x84, 4],
  modificationTimeExtra: [0x88, 4],
  accessTimeExtra: [0x8c, 4],
  creationTime: [0x90, 4],
  creationTimeExtra: [0x94, 4],
  versionHigh: [0x98, 4],
  projectId: [0x9c, 4],
} as const;

/** An inode of 160 bytes or more, unchecked. */
export type RawInode = FieldValues<typeof inodeFields>;

/** The reserved inode numbers that matter here. */
export const inodeNumber = { root: 2, journal: 8, firstOrdinary: 11 } as const;

/** The bits of `mode` that hold the type. */
export const FILE_TYPE_MASK = 0xf000;

/** The values of `mode & FILE_TYPE_MASK`. */
export const fileTypeMode = {
  fifo: 0x1000,
  character: 0x2000,
  directory: 0x4000,
  block: 0x6000,
  regular: 0x8000,
  symlink: 0xa000,
  socket: 0xc000,
} as const;

/** The bits of `flags` that change how an inode is read. */
export const inodeFlag = {
  compressed: 0x4,
  immutable: 0x10,
  append: 0x20,
  encrypted: 0x800,
  /** A hashed directory. */
  index: 0x1000,
  hugeFile: 0x40000,
  extents: 0x80000,
  verity: 0x100000,
  /** The value of an extended attribute of another inode. */
  xattrValue: 0x200000,
  inlineData: 0x10000000,
  casefold: 0x40000000,
} as const;

/** The most links that an inode can have (`EXT4_LINK_MAX`). */
export const MAX_LINKS = 65000;

/** A device's number as it stands in bytes 4–7 of `block` (the kernel's `new_encode_dev`, major not masked). */
export function encodeDeviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & 0xffffff00) << 12)) >>> 0;
}

/** Major and minor of bytes 4–7 of `block` (the kernel's `new_decode_dev`). */
export function decodeDeviceNumber(device: number): { major: number; minor: number } {
  return { major: (device & 0xfff00) >>> 8, minor: ((device & 0xff) | ((device >>> 12) & 0xfff00)) >>> 0 };
}
