/**
 * An entry of a linear directory block: eight bytes, the name, and padding up
 * to `recordLength` (`struct ext4_dir_entry_2`,
 * `Documentation/filesystems/ext4/directory.rst`).
 */

import { writeU16Le } from "../bytes/codec.ts";

/** What stands before the name. */
export const DIRECTORY_ENTRY_HEADER_BYTES = 8;
/** What stands at the end of a block of names where there are checksums: an entry that is none. */
export const DIRECTORY_TAIL_BYTES = 12;
/** The longest name. */
export const MAX_NAME_BYTES = 255;

/** `[offset, size]` of the fields before the name. */
export const directoryEntryFields = {
  inode: [0, 4],
  recordLength: [4, 2],
  nameLength: [6, 1],
  fileType: [7, 1],
} as const;

const recordLengthOffset: number = directoryEntryFields.recordLength[0];

/** The values of `fileType`. */
export const directoryFileType = {
  unknown: 0,
  regular: 1,
  directory: 2,
  character: 3,
  block: 4,
  fifo: 5,
  socket: 6,
  symlink: 7,
  /** A checksum at the end of a block, in the guise of an entry. */
  checksum: 0xde,
} as const;

/** The type of an entry by the type bits of its inode's mode. */
export function fileTypeOfMode(mode: number): number {
  return fileTypes[(mode >>> 12) & 0xf] ?? directoryFileType.unknown;
}

/** By the four type bits of a mode. */
const fileTypes: readonly (number | undefined)[] = [
  undefined,
  directoryFileType.fifo,
  directoryFileType.character,
  undefined,
  directoryFileType.directory,
  undefined,
  directoryFileType.block,
  undefined,
  directoryFileType.regular,
  undefined,
  directoryFileType.symlink,
  undefined,
  directoryFileType.socket,
];

/** Bytes that a name takes with its header and padding. */
export function directoryRecordBytes(nameBytes: number): number {
  return (DIRECTORY_ENTRY_HEADER_BYTES + nameBytes + 3) & ~3;
}

/**
 * The length of the record at an offset (`ext4_rec_len_from_disk`): blocks of 64 KiB need a
 * seventeenth bit.
 *
 * @param bytes the whole block.
 */
export function recordLengthAt(bytes: Uint8Array, offsetBytes: number): number {
  // By bytes: records are walked by the hundred for each name that is looked for.
  const at = offsetBytes + recordLengthOffset;
  const stored = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  if (bytes.length < 65_536) return stored;
  return stored === 0xffff || stored === 0 ? bytes.length : (stored & 0xfffc) | ((stored & 3) << 16);
}

/** Gives the record at an offset its length, at most that of the block (`ext4_rec_len_to_disk`). */
export function setRecordLength(bytes: Uint8Array, offsetBytes: number, lengthBytes: number): void {
  writeU16Le(bytes, offsetBytes + recordLengthOffset, lengthBytes === 65_536 ? 0xffff : lengthBytes);
}
