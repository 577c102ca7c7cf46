/**
 * How the compact writer places extended attributes: sorted by full name, each
 * into the inode where it still fits, else into a block of its own, which is
 * sorted by a comparison that is no order (see `goesBefore`).
 *
 * Names are strings of one character a byte.
 */
import { bytesFromLatin1, latin1FromBytes } from "../bytes/latin1.ts";
import { FormatError } from "../errors.ts";
import { COMPACT_BLOCK_BYTES, COMPACT_INODE_BYTES, COMPACT_INODE_USED_BYTES } from "./compact-layout.ts";
import { goSort } from "./go-sort.ts";
import { readField, writeStructure } from "./structure.ts";
import {
  hashXattr,
  joinXattrName,
  splitXattrName,
  XATTR_BLOCK_HEADER_BYTES,
  XATTR_ENTRY_HEADER_BYTES,
  XATTR_INODE_HEADER_BYTES,
  XATTR_MAGIC,
  xattrBlockHeaderFields,
  xattrEntryBytes,
  xattrEntryFields,
  xattrValueBytes,
} from "./xattr.ts";

/** Attributes by full name. */
export type Xattrs = ReadonlyMap<string, Uint8Array>;

/** An attribute that has its place in an inode or a block. */
interface PlacedXattr {
  readonly index: number;
  /** Without the prefix of `index`. */
  readonly rest: string;
  readonly value: Uint8Array;
}

/** Bytes of an inode that attributes may take. */
export const INODE_XATTR_BYTES: number = COMPACT_INODE_BYTES - COMPACT_INODE_USED_BYTES;
/** The name under which small files keep what `block` does not hold. */
export const INLINE_DATA_XATTR = "system.data";

/** The zero word that ends the entries. */
const terminatorBytes = 4;

/** Attributes on their way into an inode and its block. */
export class XattrPlacement {
  readonly #inode: PlacedXattr[] = [];
  readonly #block: PlacedXattr[] = [];
  #inodeLeft = INODE_XATTR_BYTES - XATTR_INODE_HEADER_BYTES - terminatorBytes;
  #blockLeft = COMPACT_BLOCK_BYTES - XATTR_BLOCK_HEADER_BYTES - terminatorBytes;

  /** Places one; false where neither has the room. Small ones may still fit after a large one did not. */
  add(name: string, value: Uint8Array): boolean {
    const { index, rest } = splitXattrName(name);
    const sizeBytes = xattrEntryBytes(rest.length) + xattrValueBytes(value.length);
    if (this.#inodeLeft >= sizeBytes) {
      this.#inode.push({ index, rest, value });
      this.#inodeLeft -= sizeBytes;
    } else if (this.#blockLeft >= sizeBytes) {
      this.#block.push({ index, rest, value });
      this.#blockLeft -= sizeBytes;
    } else {
      return false;
    }
    return true;
  }

  /** True where something went into the inode. */
  get needsArea(): boolean {
    return this.#inode.length > 0;
  }

  /** True where something went into a block. */
  get needsBlock(): boolean {
    return this.#block.length > 0;
  }

  /** The inode's 104 bytes, or undefined where nothing went there. */
  inodeArea(): Uint8Array | undefined {
    if (this.#inode.length === 0) return undefined;
    const area = new Uint8Array(INODE_XATTR_BYTES);
    writeStructure(xattrBlockHeaderFields, { magic: XATTR_MAGIC }, area);
    writeEntries(this.#inode, area.subarray(XATTR_INODE_HEADER_BYTES), 0);
    return area;
  }

  /** The block, perhaps of no attribute at all. */
  block(): Uint8Array {
    const bytes = new Uint8Array(COMPACT_BLOCK_BYTES);
    writeStructure(xattrBlockHeaderFields, { magic: XATTR_MAGIC, referenceCount: 1, blocks: 1 }, bytes);
    goSort(this.#block, goesBefore);
    writeEntries(this.#block, bytes.subarray(XATTR_BLOCK_HEADER_BYTES), XATTR_BLOCK_HEADER_BYTES);
    return bytes;
  }

  /** What to keep of `block()`: most blocks hold little. */
  store(block: Uint8Array): StoredXattrBlock {
    let frontBytes = XATTR_BLOCK_HEADER_BYTES;
    let backBytes = 0;
    for (const { rest, value } of this.#block) {
      frontBytes += xattrEntryBytes(rest.length);
      backBytes += xattrValueBytes(value.length);
    }
    return { front: block.slice(0, frontBytes), back: block.slice(block.length - backBytes) };
  }
}

/**
 * The source's comparison: true if *any* of the three says so. Of two names
 * each may go before the other, so the result depends on the algorithm.
 */
function goesBefore(a: PlacedXattr, b: PlacedXattr): boolean {
  return a.index < b.index || a.rest.length < b.rest.length || a.rest < b.rest;
}

/**
 * Writes entries from the front and values from the back.
 *
 * @param offsetDelta what value offsets count besides the offset in `area`.
 */
function writeEntries(xattrs: readonly PlacedXattr[], area: Uint8Array, offsetDelta: number): void {
  let entry = 0;
  let valueEnd = area.length;
  for (const { index, rest, value } of xattrs) {
    const name = bytesFromLatin1(rest);
    valueEnd -= xattrValueBytes(value.length);
    const values = {
      nameLength: name.length,
      nameIndex: index,
      valueOffset: valueEnd + offsetDelta,
      valueSize: value.length,
      hash: hashXattr(name, value),
    };
    writeStructure(xattrEntryFields, values, area, entry);
    area.set(name, entry + XATTR_ENTRY_HEADER_BYTES);
    area.set(value, valueEnd);
    entry += xattrEntryBytes(name.length);
  }
}

/** Puts the end of a small file into the first entry of an inode's area, which was made for it with zeros. */
export function writeInlineDataEnd(area: Uint8Array, value: Uint8Array): void {
  const { index, rest } = splitXattrName(INLINE_DATA_XATTR);
  writeEntries([{ index, rest, value }], area.subarray(XATTR_INODE_HEADER_BYTES), 0);
}

/** Reads an inode's area back. Values are views of `area`. */
export function readInodeXattrs(area: Uint8Array): Map<string, Uint8Array> {
  return readEntries(area.subarray(XATTR_INODE_HEADER_BYTES), 0);
}

/** Reads a block back. Values are views of `block`. */
export function readBlockXattrs(block: Uint8Array): Map<string, Uint8Array> {
  return readEntries(block.subarray(XATTR_BLOCK_HEADER_BYTES), XATTR_BLOCK_HEADER_BYTES);
}

/**
 * Reads what `writeEntries` wrote, as the source does: name lengths are one
 * byte, so a name of 256 bytes looks like the end, and the source crashes on
 * one whose length byte is 240 or more, or that leads it out of the area.
 */
function readEntries(area: Uint8Array, offsetDelta: number): Map<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  let entry = 0;
  while (entry < area.length) {
    const nameLength = area[entry] as number;
    if (nameLength === 0) break;
    const nameStart = entry + XATTR_ENTRY_HEADER_BYTES;
    if (nameLength >= 240 || nameStart + nameLength > area.length) throw unreadable();
    const valueStart = (readField(area, entry, xattrEntryFields.valueOffset) - offsetDelta) & 0xffff;
    const valueEnd = (valueStart + readField(area, entry, xattrEntryFields.valueSize)) >>> 0;
    if (valueEnd < valueStart || valueEnd > area.length) throw unreadable();
    const index = readField(area, entry, xattrEntryFields.nameIndex);
    const rest = latin1FromBytes(area.subarray(nameStart, nameStart + nameLength));
    xattrs.set(joinXattrName(index, rest), area.subarray(valueStart, valueEnd));
    entry += xattrEntryBytes(nameLength);
  }
  return xattrs;
}

function unreadable(): FormatError {
  return new FormatError(
    "does-not-fit",
    "an extended attribute's name is too long to be read back for the file's next entry",
  );
}

/** A block without the gap between its entries and its values. */
export interface StoredXattrBlock {
  readonly front: Uint8Array;
  readonly back: Uint8Array;
}

/** The block that was stored. */
export function restoreXattrBlock({ front, back }: StoredXattrBlock): Uint8Array {
  const block = new Uint8Array(COMPACT_BLOCK_BYTES);
  block.set(front);
  block.set(back, block.length - back.length);
  return block;
}
