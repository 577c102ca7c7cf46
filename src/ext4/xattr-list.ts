/**
 * Lists of extended attributes as they are changed: entries from the front, values
 * from the back, nothing between them but room. The kernel moves values about in
 * place (`ext4_xattr_set_entry`); what a list holds and in which order is the same.
 */
import { compareBytes } from "../bytes/compare.ts";
import { writeStructure } from "./structure.ts";
import {
  hashXattr,
  XATTR_ENTRY_HEADER_BYTES,
  xattrEntryBytes,
  xattrEntryFields,
  xattrValueBytes,
} from "./xattr.ts";
import type { XattrEntry } from "./xattr-entries.ts";

/** The word of zeros that ends the entries. */
const endBytes = 4;

/** The bytes that a list takes, its header aside. */
export function xattrListBytes(entries: readonly XattrEntry[]): number {
  return entries.reduce(
    (sum, { name, value }) => sum + xattrEntryBytes(name.length) + xattrValueBytes(value?.length ?? 0),
    endBytes,
  );
}

/**
 * Writes a list that fits.
 *
 * @param area from the first entry on up to where the last value ends; what was there goes.
 * @param valueBaseBytes what value offsets count besides the offset in `area`.
 */
export function writeXattrList(
  entries: readonly XattrEntry[],
  area: Uint8Array,
  valueBaseBytes: number,
): void {
  area.fill(0);
  let at = 0;
  let valueStart = area.length;
  for (const { nameIndex, name, value, valueInode, valueSizeBytes, hash } of entries) {
    if (value !== undefined && value.length > 0) {
      valueStart -= xattrValueBytes(value.length);
      area.set(value, valueStart);
    }
    const hasPlace = value !== undefined && value.length > 0;
    const valueOffset = hasPlace ? valueStart + valueBaseBytes : 0;
    const fields = {
      nameLength: name.length,
      nameIndex,
      valueOffset,
      valueInode,
      valueSize: valueSizeBytes,
      hash,
    };
    writeStructure(xattrEntryFields, fields, area, at);
    area.set(name, at + XATTR_ENTRY_HEADER_BYTES);
    at += xattrEntryBytes(name.length);
  }
}

/** An entry for a value that stands beside it. In an inode the kernel keeps no hash. */
export function makeXattrEntry(
  { nameIndex, name }: Pick<XattrEntry, "nameIndex" | "name">,
  value: Uint8Array,
  inBlock: boolean,
): XattrEntry {
  const hash = inBlock ? hashXattr(name, value) : 0;
  return { nameIndex, name, value, valueSizeBytes: value.length, valueInode: 0, hash };
}

/** Where in a list a name stands; -1 where it does not. */
export function findXattrEntry(
  entries: readonly XattrEntry[],
  wanted: Pick<XattrEntry, "nameIndex" | "name">,
): number {
  return entries.findIndex((entry) => compareXattrs(entry, wanted) === 0);
}

/** A list with one entry more, or in the place of the one by its name. In a block entries are in order. */
export function withXattrEntry(
  entries: readonly XattrEntry[],
  entry: XattrEntry,
  inBlock: boolean,
): XattrEntry[] {
  const at = findXattrEntry(entries, entry);
  if (at >= 0) return entries.with(at, entry);
  const behind = inBlock ? entries.findIndex((each) => compareXattrs(each, entry) > 0) : -1;
  return entries.toSpliced(behind < 0 ? entries.length : behind, 0, entry);
}

/** The order of a block: by prefix, then by length, then as bytes (`ext4_xattr_find_entry`). */
function compareXattrs(
  a: Pick<XattrEntry, "nameIndex" | "name">,
  b: Pick<XattrEntry, "nameIndex" | "name">,
): number {
  return a.nameIndex - b.nameIndex || a.name.length - b.name.length || compareBytes(a.name, b.name);
}
