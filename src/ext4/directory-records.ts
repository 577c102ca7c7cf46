/**
 * Blocks of names, changed in place: records split and joined as the kernel's
 * `ext4_find_dest_de`, `ext4_insert_dentry` and `ext4_generic_delete_entry` do.
 * The blocks were checked: each record ends inside, the last of them at `endBytes`.
 */
import { writeU32Le } from "../bytes/codec.ts";
import {
  DIRECTORY_ENTRY_HEADER_BYTES,
  DIRECTORY_TAIL_BYTES,
  directoryEntryFields,
  directoryFileType,
  directoryRecordBytes,
  recordLengthAt,
  setRecordLength,
} from "./directory-entry.ts";
import { writeField } from "./structure.ts";

/** An entry to be. */
export interface NewDirectoryEntry {
  readonly inode: number;
  /** 1 to 255 bytes. */
  readonly name: Uint8Array;
  /** 0 in file systems that keep no types. */
  readonly fileType: number;
}

const nameLengthOffset: number = directoryEntryFields.nameLength[0];

/** Where the record of a name begins; -1 where there is none. */
export function findRecord(bytes: Uint8Array, endBytes: number, name: Uint8Array): number {
  const length = name.length;
  // Names of one directory differ at their end more often than at their beginning.
  const [last, lastOffset] = [name[length - 1], DIRECTORY_ENTRY_HEADER_BYTES + length - 1];
  for (let at = 0; at < endBytes; at += recordLengthAt(bytes, at)) {
    if (bytes[at + lastOffset] === last && hasName(bytes, at, name) && isUsed(bytes, at)) return at;
  }
  return -1;
}

/** True for a record of a name, whether it is in use or not. */
export function hasName(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  if (bytes[at + nameLengthOffset] !== name.length) return false;
  const start = at + DIRECTORY_ENTRY_HEADER_BYTES;
  for (let i = name.length - 1; i >= 0; i--) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** The record that has room for a new one, behind its own name or in its place; -1 where there is none. */
export function findSpace(bytes: Uint8Array, endBytes: number, neededBytes: number): number {
  for (let at = 0; at < endBytes; ) {
    const recordBytes = recordLengthAt(bytes, at);
    if (recordBytes - usedBytesAt(bytes, at) >= neededBytes) return at;
    at += recordBytes;
  }
  return -1;
}

/** What the record takes of its length: nothing where it is not in use. */
function usedBytesAt(bytes: Uint8Array, at: number): number {
  return isUsed(bytes, at) ? directoryRecordBytes(bytes[at + nameLengthOffset] as number) : 0;
}

function isUsed(bytes: Uint8Array, at: number): boolean {
  return (
    ((bytes[at] as number) |
      (bytes[at + 1] as number) |
      (bytes[at + 2] as number) |
      (bytes[at + 3] as number)) !==
    0
  );
}

/** @param at what `findSpace` found for this name. */
export function insertRecord(bytes: Uint8Array, at: number, entry: NewDirectoryEntry): void {
  const usedBytes = usedBytesAt(bytes, at);
  const start = at + usedBytes;
  if (usedBytes > 0) {
    setRecordLength(bytes, start, recordLengthAt(bytes, at) - usedBytes);
    setRecordLength(bytes, at, usedBytes);
  }
  writeEntry(bytes, start, entry);
}

/** All of an entry but the length of its record. */
function writeEntry(bytes: Uint8Array, at: number, { inode, name, fileType }: NewDirectoryEntry): void {
  writeU32Le(bytes, at, inode);
  bytes[at + nameLengthOffset] = name.length;
  bytes[at + directoryEntryFields.fileType[0]] = fileType;
  bytes.set(name, at + DIRECTORY_ENTRY_HEADER_BYTES);
}

/** Takes a record away: the one before it, if any, takes its room. Nothing of the name stays. */
export function removeRecord(bytes: Uint8Array, at: number): void {
  const recordBytes = recordLengthAt(bytes, at);
  let before = -1;
  for (let each = 0; each < at; each += recordLengthAt(bytes, each)) before = each;
  if (before < 0) {
    writeU32Le(bytes, at, 0);
    bytes.fill(0, at + nameLengthOffset, at + recordBytes);
    return;
  }
  setRecordLength(bytes, before, recordLengthAt(bytes, before) + recordBytes);
  bytes.fill(0, at, at + recordBytes);
}

/** Makes a record that is in use stand for another inode. */
export function replaceRecord(bytes: Uint8Array, at: number, inode: number, fileType: number): void {
  writeU32Le(bytes, at, inode);
  bytes[at + directoryEntryFields.fileType[0]] = fileType;
}

/**
 * Fills a block with records out of another, close together, the last of them up to the end.
 *
 * @param from a block that shares no memory with `into`.
 * @param starts where the records begin there that are to be taken over; they fit.
 */
export function packRecords(
  from: Uint8Array,
  starts: readonly number[],
  into: Uint8Array,
  endBytes: number,
): void {
  into.fill(0);
  let at = 0;
  let lastStart = 0;
  for (const start of starts) {
    const usedBytes = directoryRecordBytes(from[start + nameLengthOffset] as number);
    into.set(from.subarray(start, start + usedBytes), at);
    setRecordLength(into, at, usedBytes);
    lastStart = at;
    at += usedBytes;
  }
  setRecordLength(into, lastStart, endBytes - lastStart);
  if (endBytes < into.length) writeTail(into, endBytes);
}

/** Fills a block with nothing but room. */
export function clearRecords(bytes: Uint8Array, endBytes: number): void {
  packRecords(bytes, [], bytes, endBytes);
}

/** Where a checksum will stand. */
function writeTail(bytes: Uint8Array, at: number): void {
  setRecordLength(bytes, at, DIRECTORY_TAIL_BYTES);
  writeField(bytes, at, directoryEntryFields.fileType, directoryFileType.checksum);
}

/** Fills a block of zeros as the first of a new directory: itself, its parent, and nothing else. */
export function writeFirstRecords(
  bytes: Uint8Array,
  endBytes: number,
  { inode, parent, fileType }: { inode: number; parent: number; fileType: number },
): void {
  const dotBytes = directoryRecordBytes(1);
  writeEntry(bytes, 0, { inode, name: Uint8Array.of(0x2e), fileType });
  setRecordLength(bytes, 0, dotBytes);
  writeEntry(bytes, dotBytes, { inode: parent, name: Uint8Array.of(0x2e, 0x2e), fileType });
  setRecordLength(bytes, dotBytes, endBytes - dotBytes);
  if (endBytes < bytes.length) writeTail(bytes, endBytes);
}

/** Where the records that are in use begin, from an offset on. */
export function usedRecords(bytes: Uint8Array, startBytes: number, endBytes: number): number[] {
  const starts: number[] = [];
  for (let at = startBytes; at < endBytes; at += recordLengthAt(bytes, at)) {
    if (isUsed(bytes, at)) starts.push(at);
  }
  return starts;
}

/** The name of a record: a view. */
export function nameAt(bytes: Uint8Array, at: number): Uint8Array {
  const start = at + DIRECTORY_ENTRY_HEADER_BYTES;
  return bytes.subarray(start, start + (bytes[at + nameLengthOffset] as number));
}
