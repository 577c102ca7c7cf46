/**
 * Checksums of directory blocks: at the end of a block of entries in the guise of
 * an entry, and in the blocks of a hashed directory's index behind its slots
 * (`ext4_dirblock_csum_verify`, `ext4_dx_csum_verify`).
 */
import { readU16Le, readU32Le } from "../bytes/codec.ts";
import { crc32c } from "../bytes/crc.ts";
import { directoryEntryFields, directoryFileType } from "./directory-entry.ts";
import { inodeFlag } from "./inode.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import { readField } from "./structure.ts";
import type { Ext4Volume } from "./volume.ts";

/** An entry that is none, with the checksum as its name. */
const tailBytes = 12;
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
  inode: Ext4Inode,
  bytes: Uint8Array,
  block: number,
): void {
  const { features } = volume.geometry;
  if (!features.metadataCsum) return;
  const indexed = features.dirIndex && (inode.flags & inodeFlag.index) !== 0;
  const slots = indexed ? slotsOffset(bytes) : undefined;
  const holds = slots === undefined ? tailHolds(inode, bytes) : slotsHold(inode, bytes, slots);
  if (holds === true) return;
  const at = { inode: inode.number, block };
  if (holds === undefined)
    throw volume.malformed("bad-field", "no place for the directory block's checksum", at);
  throw volume.malformed("bad-checksum", "the directory block's checksum does not hold", at);
}

function tailHolds(inode: Ext4Inode, bytes: Uint8Array): boolean | undefined {
  const tail = bytes.length - tailBytes;
  const isTail =
    readU32Le(bytes, tail) === 0 &&
    readField(bytes, tail, directoryEntryFields.recordLength) === tailBytes &&
    readField(bytes, tail, directoryEntryFields.nameLength) === 0 &&
    readField(bytes, tail, directoryEntryFields.fileType) === directoryFileType.checksum;
  if (!isTail) return undefined;
  return crc32c(inode.checksumSeed, bytes.subarray(0, tail)) === readU32Le(bytes, tail + 8);
}

/** Where an index block's slots begin (`get_dx_countlimit`); undefined for a block of entries. */
function slotsOffset(bytes: Uint8Array): number | undefined {
  // 64 KiB do not fit into the field, and show as 0 or 0xffff there.
  const length = (at: number): number => {
    const stored = readU16Le(bytes, at + directoryEntryFields.recordLength[0]);
    return bytes.length === 65_536 && (stored === 0 || stored === 0xffff) ? bytes.length : stored;
  };
  if (length(0) === bytes.length) return slotBytes;
  if (length(0) !== dotRecordBytes || length(dotRecordBytes) !== bytes.length - dotRecordBytes)
    return undefined;
  const information = 2 * dotRecordBytes;
  const informationBytes = bytes[information + 5];
  return readU32Le(bytes, information) === 0 && informationBytes === 8 ? information + 8 : undefined;
}

function slotsHold(inode: Ext4Inode, bytes: Uint8Array, offset: number): boolean | undefined {
  const limit = readU16Le(bytes, offset);
  const count = readU16Le(bytes, offset + 2);
  const tail = offset + limit * slotBytes;
  if (count > limit || tail + slotBytes > bytes.length) return undefined;
  const slots = crc32c(inode.checksumSeed, bytes.subarray(0, offset + count * slotBytes));
  const computed = crc32c(crc32c(slots, bytes.subarray(tail, tail + 4)), new Uint8Array(4));
  return computed === readU32Le(bytes, tail + 4);
}
