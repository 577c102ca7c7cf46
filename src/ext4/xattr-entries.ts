/** Lists of extended attributes, checked as the kernel's `check_xattrs` does. */
import { readU32Le } from "../bytes/codec.ts";
import { readField } from "./structure.ts";
import type { Ext4Location, Ext4Volume } from "./volume.ts";
import { XATTR_ENTRY_HEADER_BYTES, xattrEntryBytes, xattrEntryFields } from "./xattr.ts";

/** One attribute. Its value stands here, or is the content of an inode. */
export interface XattrEntry {
  /** Which prefix goes before the name. */
  readonly nameIndex: number;
  /** A view. */
  readonly name: Uint8Array;
  readonly valueSizeBytes: number;
  /** A view; undefined where the value is in an inode. */
  readonly value: Uint8Array | undefined;
  /** 0 where the value stands here. */
  readonly valueInode: number;
  readonly hash: number;
}

/** Where a list stands in its bytes. */
export interface XattrListPlace {
  /** Of the first entry. */
  readonly startBytes: number;
  /** What value offsets are counted from. */
  readonly valueBaseBytes: number;
  readonly at: Ext4Location;
}

/** The largest value that Linux hands out (`XATTR_SIZE_MAX`). */
const valueLimitBytes = 65_536;

/**
 * Parses a list that ends where `bytes` ends.
 *
 * @throws {FormatError} `bad-field` where entries do not end, or names and values are not inside, or a value
 *   lies over the entries.
 */
export function parseXattrEntries(
  volume: Ext4Volume,
  bytes: Uint8Array,
  place: XattrListPlace,
): XattrEntry[] {
  const { startBytes, valueBaseBytes, at } = place;
  const malformed = (why: string): Error => volume.malformed("bad-field", `extended attributes: ${why}`, at);
  const starts: number[] = [];
  let end = startBytes;
  // A word of zeros ends the list.
  for (;;) {
    if (end + 4 > bytes.length) throw malformed("the list of entries does not end");
    if (readU32Le(bytes, end) === 0) break;
    if (end + XATTR_ENTRY_HEADER_BYTES > bytes.length) throw malformed("an entry is cut off");
    starts.push(end);
    end += xattrEntryBytes(readField(bytes, end, xattrEntryFields.nameLength));
    if (end > bytes.length) throw malformed("a name is cut off");
  }
  return starts.map((start) => {
    const nameStart = start + XATTR_ENTRY_HEADER_BYTES;
    const name = bytes.subarray(nameStart, nameStart + readField(bytes, start, xattrEntryFields.nameLength));
    if (name.includes(0)) throw malformed("a name holds a NUL");
    const valueInode = readField(bytes, start, xattrEntryFields.valueInode);
    const valueSizeBytes = readField(bytes, start, xattrEntryFields.valueSize);
    if (valueSizeBytes > valueLimitBytes) throw malformed(`a value of ${valueSizeBytes} bytes`);
    if (valueInode !== 0 && !volume.geometry.features.eaInode) {
      throw malformed("a value in an inode, in a file system without that feature");
    }
    const valueStart = valueBaseBytes + readField(bytes, start, xattrEntryFields.valueOffset);
    const inline = valueInode === 0;
    if (
      inline &&
      valueSizeBytes > 0 &&
      (valueStart < end + 4 || valueStart + valueSizeBytes > bytes.length)
    ) {
      throw malformed(`a value of ${valueSizeBytes} bytes is not where values can be`);
    }
    return {
      nameIndex: readField(bytes, start, xattrEntryFields.nameIndex),
      name,
      valueSizeBytes,
      value: inline ? bytes.subarray(valueStart, valueStart + valueSizeBytes) : undefined,
      valueInode,
      hash: readField(bytes, start, xattrEntryFields.hash),
    };
  });
}
