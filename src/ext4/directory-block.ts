/**
 * The entries of one block of a directory, checked as the kernel's
 * `__ext4_check_dir_entry` and `verify_dirent_name` do.
 */
import { readU32Le } from "../bytes/codec.ts";
import {
  DIRECTORY_ENTRY_HEADER_BYTES,
  directoryEntryFields,
  directoryRecordBytes,
  recordLengthAt,
} from "./directory-entry.ts";
import { readField } from "./structure.ts";
import type { Ext4Location, Ext4Volume } from "./volume.ts";

/** An entry in use. */
export interface RawDirectoryEntry {
  /** In range, and nothing else is known of it. */
  readonly inode: number;
  /** A view; 1 to 255 bytes without `/` and NUL. */
  readonly name: Uint8Array;
  /** As it stands; 0 in file systems that keep no types. */
  readonly fileType: number;
  /** Where in its bytes the record behind this one begins. */
  readonly endBytes: number;
}

const slash = 0x2f;
const smallestRecordBytes = directoryRecordBytes(1);

/**
 * The entries between two offsets, from record to record; those not in use are left out.
 *
 * @param endBytes where the last record ends.
 * @throws {FormatError} `bad-field` for a record that is not inside or too small for its name, a name that
 *   no file can have, an inode out of range.
 */
export function* parseDirectoryEntries(
  volume: Ext4Volume,
  bytes: Uint8Array,
  startBytes: number,
  endBytes: number,
  at: Ext4Location,
): Generator<RawDirectoryEntry, void, undefined> {
  const malformed = (field: keyof typeof directoryEntryFields, offset: number, why: string): Error =>
    volume.malformed("bad-field", `directory entry at byte ${offset}: ${why}`, { ...at, field });
  for (let start = startBytes; start < endBytes; ) {
    if (start + smallestRecordBytes > endBytes) throw malformed("recordLength", start, "it is cut off");
    const inode = readU32Le(bytes, start);
    const nameBytes = readField(bytes, start, directoryEntryFields.nameLength);
    const recordBytes = recordLengthAt(bytes, start);
    const neededBytes = inode === 0 ? smallestRecordBytes : directoryRecordBytes(nameBytes);
    if (recordBytes % 4 !== 0 || recordBytes < neededBytes || recordBytes < smallestRecordBytes) {
      throw malformed("recordLength", start, `a record of ${recordBytes} bytes for a name of ${nameBytes}`);
    }
    const recordEnd = start + recordBytes;
    if (recordEnd > endBytes)
      throw malformed("recordLength", start, "the record does not end with the block");
    if (inode !== 0) {
      if (inode > volume.geometry.inodes) throw malformed("inode", start, `there is no inode ${inode}`);
      const nameStart = start + DIRECTORY_ENTRY_HEADER_BYTES;
      const name = bytes.subarray(nameStart, nameStart + nameBytes);
      if (nameBytes === 0) throw malformed("nameLength", start, "a name of no bytes");
      if (name.includes(0) || name.includes(slash)) {
        throw malformed("nameLength", start, "a name that holds a slash or a NUL");
      }
      const fileType = volume.geometry.features.filetype
        ? readField(bytes, start, directoryEntryFields.fileType)
        : 0;
      yield { inode, name, fileType, endBytes: recordEnd };
    }
    start = recordEnd;
  }
}
