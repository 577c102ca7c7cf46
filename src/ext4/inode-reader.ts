/**
 * Inodes, fetched, checked and decoded as the kernel's `__ext4_iget` does.
 */
import { crc32c, crc32cU32 } from "../bytes/crc.ts";
import type { IoOptions } from "../device/block-device.ts";
import { type NodeAttributes, type NodeType, type Timestamp, typeOfMode } from "../tree/attributes.ts";
import { decodeDeviceNumber, INODE_BASE_SIZE_BYTES, inodeFields, inodeFlag, inodeNumber } from "./inode.ts";
import { readInodeTable } from "./inode-table.ts";
import { type Field, fieldBytes, readField, writeField } from "./structure.ts";
import { decodeKernelTime } from "./timestamp.ts";
import type { Ext4Volume } from "./volume.ts";

/** An inode that passed its checks. */
export interface Ext4Inode {
  readonly number: number;
  readonly attributes: NodeAttributes;
  readonly flags: number;
  /** Size in bytes of the whole record on disk. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` extended attributes may begin; its end where there is no place for any. */
  readonly xattrStartBytes: number;
  /** The 60 bytes of block pointers, extents, a short target or inline data. */
  readonly block: Uint8Array;
  /** The block of extended attributes; 0 for none. */
  readonly xattrBlock: number;
  /** What checksums of the inode's own blocks begin with. */
  readonly checksumSeed: number;
  /** `i_atime` as it stands: of an inode that holds a value, the value's hash. */
  readonly accessTimeWord: number;
}

/** What `i_extra_isize` means where it is 0: the fields that the kernel knows. */
const knownExtraBytes = 32;

/** Flags under which content is not what stands in the blocks. */
const refusedFlags = [
  ["compressed", inodeFlag.compressed],
  ["encrypted", inodeFlag.encrypted],
  ["verity", inodeFlag.verity],
  ["casefold", inodeFlag.casefold],
] as const;

/**
 * Reads an inode that a name may stand for.
 *
 * @param number the image's word.
 * @throws {FormatError} for a number out of range, an inode that is deleted, not of a known type, not of a
 *   readable form, or whose checksum does not hold.
 */
export async function readInode(volume: Ext4Volume, number: number, options: IoOptions): Promise<Ext4Inode> {
  const inode = await readAnyInode(volume, number, options);
  if (inode.flags & inodeFlag.xattrValue) {
    throw volume.malformed("bad-field", "a name stands for the value of an extended attribute", {
      inode: number,
    });
  }
  return inode;
}

/**
 * Reads an inode that holds the value of an extended attribute.
 *
 * @throws {FormatError} as `readInode`, and where it is a file like others.
 */
export async function readValueInode(
  volume: Ext4Volume,
  number: number,
  options: IoOptions,
): Promise<Ext4Inode> {
  const inode = await readAnyInode(volume, number, options);
  if (inode.attributes.type !== "file" || !(inode.flags & inodeFlag.xattrValue)) {
    throw volume.malformed("bad-field", "it holds no value of an extended attribute", { inode: number });
  }
  return inode;
}

async function readAnyInode(volume: Ext4Volume, number: number, options: IoOptions): Promise<Ext4Inode> {
  const { inodes, firstInode } = volume.geometry;
  const nameable = number === inodeNumber.root || number >= firstInode;
  if (!nameable || number > inodes) {
    throw volume.malformed("bad-field", "no name can stand for an inode of this number", { inode: number });
  }
  return parseInode(volume, number, await readRecord(volume, number, options));
}

async function readRecord(volume: Ext4Volume, number: number, options: IoOptions): Promise<Uint8Array> {
  const { inodesPerGroup, inodeSizeBytes, blockSizeBytes } = volume.geometry;
  const group = Math.floor((number - 1) / inodesPerGroup);
  const table = await readInodeTable(volume, group, options);
  const offsetBytes = ((number - 1) % inodesPerGroup) * inodeSizeBytes;
  const block = table.firstBlock + Math.floor(offsetBytes / blockSizeBytes);
  const bytes = await volume.readBlockAmong(block, table.firstBlock, table.endBlock, options);
  const start = offsetBytes % blockSizeBytes;
  return bytes.subarray(start, start + inodeSizeBytes);
}

/**
 * Checks a record that comes from the device, and decodes it.
 *
 * @throws {FormatError} as `readInode`.
 */
export function parseInode(volume: Ext4Volume, number: number, bytes: Uint8Array): Ext4Inode {
  const get = (field: Field): number => readField(bytes, 0, field);
  const fail = (field: keyof typeof inodeFields, why: string): never => {
    throw volume.malformed("bad-field", why, { inode: number, field });
  };
  const extraBytes = extraBytesOf(bytes);
  if (INODE_BASE_SIZE_BYTES + extraBytes > bytes.length || extraBytes % 4 !== 0) {
    fail("extraIsize", `${extraBytes} bytes of extra fields in an inode of ${bytes.length}`);
  }
  if (volume.geometry.features.metadataCsum) checkChecksum(volume, number, bytes);
  if (get(inodeFields.linksCount) === 0) {
    throw volume.malformed("bad-field", "the inode is deleted", { inode: number, field: "linksCount" });
  }
  const flags = get(inodeFields.flags);
  for (const [name, flag] of refusedFlags) {
    if (flags & flag) throw volume.malformed("unsupported", `${name} content is not read`, { inode: number });
  }
  return decodeInode(volume, number, bytes);
}

/**
 * Decodes a record that is in order.
 *
 * @param bytes kept, not copied.
 * @throws {FormatError} `bad-field` for a type that is none, a size or a block that cannot be.
 */
export function decodeInode(volume: Ext4Volume, number: number, bytes: Uint8Array): Ext4Inode {
  const get = (field: Field): number => readField(bytes, 0, field);
  const fail = (field: keyof typeof inodeFields, why: string): never => {
    throw volume.malformed("bad-field", why, { inode: number, field });
  };
  const large = bytes.length > INODE_BASE_SIZE_BYTES;
  const extraBytes = extraBytesOf(bytes);
  const fieldsEnd = large ? INODE_BASE_SIZE_BYTES + (extraBytes === 0 ? knownExtraBytes : extraBytes) : 0;
  const type = typeOfMode(get(inodeFields.mode));
  if (type === undefined)
    return fail("mode", `mode 0o${get(inodeFields.mode).toString(8)} has no known type`);
  const xattrBlock =
    get(inodeFields.xattrBlockLow) +
    (volume.geometry.features.bit64 ? get(inodeFields.xattrBlockHigh) * 2 ** 32 : 0);
  if (xattrBlock !== 0 && !volume.holds(xattrBlock)) {
    fail("xattrBlockLow", `extended attributes in block ${xattrBlock}, which is outside`);
  }
  return {
    number,
    attributes: readAttributes(volume, number, bytes, type, fieldsEnd),
    flags: get(inodeFields.flags),
    bytes,
    xattrStartBytes: large && extraBytes > 0 ? INODE_BASE_SIZE_BYTES + extraBytes : bytes.length,
    block: fieldBytes(bytes, 0, inodeFields.block),
    xattrBlock,
    checksumSeed: inodeSeed(volume, number, get(inodeFields.generation)),
    accessTimeWord: get(inodeFields.accessTime),
  };
}

/** What the checksums of an inode and of its own blocks begin with. */
export function inodeSeed(volume: Ext4Volume, number: number, generation: number): number {
  return crc32cU32(crc32cU32(volume.geometry.checksumSeed, number), generation);
}

function extraBytesOf(bytes: Uint8Array): number {
  return bytes.length > INODE_BASE_SIZE_BYTES ? readField(bytes, 0, inodeFields.extraIsize) : 0;
}

/** True where the upper half of the checksum has a place. */
function hasHighChecksum(bytes: Uint8Array): boolean {
  const [offset, size] = inodeFields.checksumHigh;
  return bytes.length > INODE_BASE_SIZE_BYTES && extraBytesOf(bytes) >= offset + size - INODE_BASE_SIZE_BYTES;
}

/** `ext4_inode_csum`: over the whole record, whose own two halves become zeros. */
function inodeChecksum(volume: Ext4Volume, number: number, bytes: Uint8Array): number {
  writeField(bytes, 0, inodeFields.checksumLow, 0);
  if (hasHighChecksum(bytes)) writeField(bytes, 0, inodeFields.checksumHigh, 0);
  return crc32c(inodeSeed(volume, number, readField(bytes, 0, inodeFields.generation)), bytes);
}

/** Puts the checksum into a record, where the file system has any. */
export function sealInode(volume: Ext4Volume, number: number, bytes: Uint8Array): void {
  if (!volume.geometry.features.metadataCsum) return;
  const checksum = inodeChecksum(volume, number, bytes);
  writeField(bytes, 0, inodeFields.checksumLow, checksum & 0xffff);
  if (hasHighChecksum(bytes)) writeField(bytes, 0, inodeFields.checksumHigh, checksum >>> 16);
}

function checkChecksum(volume: Ext4Volume, number: number, bytes: Uint8Array): void {
  const hasHigh = hasHighChecksum(bytes);
  const stored =
    readField(bytes, 0, inodeFields.checksumLow) +
    (hasHigh ? readField(bytes, 0, inodeFields.checksumHigh) * 2 ** 16 : 0);
  const computed = inodeChecksum(volume, number, bytes.slice());
  if (stored === (hasHigh ? computed : computed & 0xffff)) return;
  throw volume.malformed("bad-checksum", "the inode's checksum does not hold", {
    inode: number,
    field: "checksumLow",
  });
}

function readAttributes(
  volume: Ext4Volume,
  number: number,
  bytes: Uint8Array,
  type: NodeType,
  fieldsEnd: number,
): NodeAttributes {
  const get = (field: Field): number => readField(bytes, 0, field);
  const has = ([offset, size]: Field): boolean => offset + size <= fieldsEnd;
  const time = (low: Field, extra: Field): Timestamp =>
    decodeKernelTime({ low: get(low), extra: has(extra) ? get(extra) : 0 });
  const { blockSizeBytes, features } = volume.geometry;
  const sizeHigh = type === "file" || features.largeDir ? get(inodeFields.sizeHigh) : 0;
  const sizeBytes = sizeHigh * 2 ** 32 + get(inodeFields.sizeLow);
  // The kernel's own limit; a logical block's number has 32 bits.
  if (sizeBytes > 2 ** 32 * blockSizeBytes) {
    throw volume.malformed("bad-field", `a size of ${sizeBytes} bytes`, { inode: number, field: "sizeHigh" });
  }
  const blocks =
    (features.hugeFile ? get(inodeFields.blocksCountHigh) * 2 ** 32 : 0) + get(inodeFields.blocksCountLow);
  const unit = features.hugeFile && get(inodeFields.flags) & inodeFlag.hugeFile ? blockSizeBytes : 512;
  // Inline data takes no block; the kernel shows as many as it would.
  const inline =
    type === "file" && get(inodeFields.flags) & inodeFlag.inlineData ? Math.ceil(sizeBytes / 512) : 0;
  const device = deviceOf(type, fieldBytes(bytes, 0, inodeFields.block));
  return {
    inode: number,
    generation: get(inodeFields.generation),
    type,
    permissions: get(inodeFields.mode) & 0o7777,
    linkCount: get(inodeFields.linksCount),
    uid: get(inodeFields.uidHigh) * 2 ** 16 + get(inodeFields.uidLow),
    gid: get(inodeFields.gidHigh) * 2 ** 16 + get(inodeFields.gidLow),
    deviceMajor: device.major,
    deviceMinor: device.minor,
    sizeBytes,
    // More than a double holds is nobody's to have; it is a claim that nothing depends on.
    allocatedBytes: Math.min(blocks * unit + inline * 512, Number.MAX_SAFE_INTEGER - 511),
    blockSizeBytes,
    accessedAt: time(inodeFields.accessTime, inodeFields.accessTimeExtra),
    modifiedAt: time(inodeFields.modificationTime, inodeFields.modificationTimeExtra),
    changedAt: time(inodeFields.changeTime, inodeFields.changeTimeExtra),
    ...(has(inodeFields.creationTime) && {
      createdAt: time(inodeFields.creationTime, inodeFields.creationTimeExtra),
    }),
  };
}

/** The old encoding, 16 bits, in the first word; else the new one in the second. */
function deviceOf(type: NodeType, block: Uint8Array): { major: number; minor: number } {
  if (type !== "characterDevice" && type !== "blockDevice") return { major: 0, minor: 0 };
  const old = readField(block, 0, [0, 4]);
  if (old !== 0) return { major: (old >>> 8) & 0xff, minor: old & 0xff };
  return decodeDeviceNumber(readField(block, 0, [4, 4]));
}
