/**
 * Checksums of directory blocks: at the end of a block of entries in the guise of
 * an entry, and in the blocks of a hashed directory's index behind its slots
 * (`ext4_dirblock_csum_verify`, `ext4_dx_csum_verify`).
 */
import { readU16Le, readU32Le, writeU32Le } from "../bytes/codec.ts";
import { crc32c } from "../bytes/crc.ts";
import {
  DIRECTORY_TAIL_BYTES,
  directoryEntryFields,
  directoryFileType,
  recordLengthAt,
} from "./directory-entry.ts";
import { inodeFlag } from "./inode.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import { readField } from "./structure.ts";
import type { Ext4Volume } from "./volume.ts";

/** The record of `.`. */
const dotRecordBytes = 12;
const slotBytes = 8;

/**
 * Holds a directory block against its checksum, where the file system has any.
 *
 * @throws {FormatError} `bad-checksum`; `bad-field` where there is no place for one.
 */
export function checkDirectoryChecksum(
  volume: Ext4Volume,
  inode: ChecksummedDirectory & Pick<Ext4Inode, "number">,
  bytes: Uint8Array,
  block: number,
): void {
  const { features } = volume.geometry;
  if (!features.metadataCsum) return;
  const slots = isIndexed(volume, inode) ? indexSlotsOffset(bytes) : undefined;
  const holds = slots === undefined ? tailHolds(inode, bytes) : slotsHold(inode, bytes, slots);
  if (holds === true) return;
  const at = { inode: inode.number, block };
  if (holds === undefined)
    throw volume.malformed("bad-field", "no place for the directory block's checksum", at);
  throw volume.malformed("bad-checksum", "the directory block's checksum does not hold", at);
}

/** What a checksum is made from: of an inode, as it is read and as it lives. */
export type ChecksummedDirectory = Pick<Ext4Inode, "flags" | "checksumSeed">;

/** True for a directory that has an index, in a file system whose feature it is. */
export function isIndexed(volume: Ext4Volume, { flags }: Pick<Ext4Inode, "flags">): boolean {
  return volume.geometry.features.dirIndex && (flags & inodeFlag.index) !== 0;
}

/** Puts the checksum into a directory block that has a place for one, where the file system has any. */
export function sealDirectoryChecksum(
  volume: Ext4Volume,
  inode: ChecksummedDirectory,
  bytes: Uint8Array,
): void {
  if (!volume.geometry.features.metadataCsum) return;
  const slots = isIndexed(volume, inode) ? indexSlotsOffset(bytes) : undefined;
  if (slots === undefined) {
    const tail = bytes.length - DIRECTORY_TAIL_BYTES;
    writeU32Le(bytes, tail + 8, crc32c(inode.checksumSeed, bytes.subarray(0, tail)));
  } else {
    const tail = slots + readU16Le(bytes, slots) * slotBytes;
    writeU32Le(bytes, tail + 4, slotsChecksum(inode, bytes, slots, tail));
  }
}

function tailHolds(inode: ChecksummedDirectory, bytes: Uint8Array): boolean | undefined {
  const tail = bytes.length - DIRECTORY_TAIL_BYTES;
  const isTail =
    readU32Le(bytes, tail) === 0 &&
    readField(bytes, tail, directoryEntryFields.recordLength) === DIRECTORY_TAIL_BYTES &&
    readField(bytes, tail, directoryEntryFields.nameLength) === 0 &&
    readField(bytes, tail, directoryEntryFields.fileType) === directoryFileType.checksum;
  if (!isTail) return undefined;
  return crc32c(inode.checksumSeed, bytes.subarray(0, tail)) === readU32Le(bytes, tail + 8);
}

/** Where an index block's slots begin (`get_dx_countlimit`); undefined for a block of entries. */
export function indexSlotsOffset(bytes: Uint8Array): number | undefined {
  const first = recordLengthAt(bytes, 0);
  if (first === bytes.length) return slotBytes;
  if (first !== dotRecordBytes || recordLengthAt(bytes, dotRecordBytes) !== bytes.length - dotRecordBytes)
    return undefined;
  const information = 2 * dotRecordBytes;
  const informationBytes = bytes[information + 5];
  return readU32Le(bytes, information) === 0 && informationBytes === 8 ? information + 8 : undefined;
}

function slotsHold(inode: ChecksummedDirectory, bytes: Uint8Array, offset: number): boolean | undefined {
  const limit = readU16Le(bytes, offset);
  const tail = offset + limit * slotBytes;
  if (readU16Le(bytes, offset + 2) > limit || tail + slotBytes > bytes.length) return undefined;
  return slotsChecksum(inode, bytes, offset, tail) === readU32Le(bytes, tail + 4);
}

/** Over the slots in use, and the words behind them, the checksum's own taken as zeros. */
function slotsChecksum(
  { checksumSeed }: ChecksummedDirectory,
  bytes: Uint8Array,
  offset: number,
  tail: number,
): number {
  const count = readU16Le(bytes, offset + 2);
  const slots = crc32c(checksumSeed, bytes.subarray(0, offset + count * slotBytes));
  return crc32c(crc32c(slots, bytes.subarray(tail, tail + 4)), new Uint8Array(4));
}
