/**
 * Extended attributes, in an inode's spare bytes or in a block of their own: a
 * header, entries from the front, values from the back
 * (`fs/ext4/xattr.h`, `Documentation/filesystems/ext4/attributes.rst`).
 */
import { readU32Le } from "../bytes/codec.ts";

/** `magic` of both headers. */
export const XATTR_MAGIC = 0xea020000;
/** Size of the header in an inode: the magic alone. */
export const XATTR_INODE_HEADER_BYTES = 4;
/** Size of the header of a block. */
export const XATTR_BLOCK_HEADER_BYTES = 32;
/** What stands before an entry's name. */
export const XATTR_ENTRY_HEADER_BYTES = 16;

/** `[offset, size]` of a block's header. */
export const xattrBlockHeaderFields = {
  magic: [0, 4],
  referenceCount: [4, 4],
  blocks: [8, 4],
  hash: [12, 4],
  checksum: [16, 4],
  reserved: [20, 12],
} as const;

/** `[offset, size]` of an entry before its name. */
export const xattrEntryFields = {
  nameLength: [0, 1],
  nameIndex: [1, 1],
  /** In an inode counted from the first entry, in a block from the block's start. */
  valueOffset: [2, 2],
  /** The inode that holds the value with the `ea_inode` feature; 0 = it stands here. */
  valueInode: [4, 4],
  valueSize: [8, 4],
  hash: [12, 4],
} as const;

/** The prefixes that an entry holds as an index, in the order in which a name is tried. */
export const xattrPrefixes: readonly { readonly index: number; readonly prefix: string }[] = [
  { index: 2, prefix: "system.posix_acl_access" },
  { index: 3, prefix: "system.posix_acl_default" },
  { index: 8, prefix: "system.richacl" },
  { index: 7, prefix: "system." },
  { index: 1, prefix: "user." },
  { index: 4, prefix: "trusted." },
  { index: 6, prefix: "security." },
];

/** A name split into the index of its prefix, 0 for none, and the rest. Latin-1 text: a character a byte. */
export function splitXattrName(name: string): { index: number; rest: string } {
  for (const { index, prefix } of xattrPrefixes) {
    if (name.startsWith(prefix)) return { index, rest: name.slice(prefix.length) };
  }
  return { index: 0, rest: name };
}

/** The full name of an entry; an index that is not known adds nothing. */
export function joinXattrName(index: number, rest: string): string {
  return (xattrPrefixes.find((known) => known.index === index)?.prefix ?? "") + rest;
}

/** The hash of an entry: its name without the prefix, then its value in little-endian words. */
export function hashXattr(name: Uint8Array, value: Uint8Array): number {
  let hash = 0;
  for (const byte of name) hash = (hash << 5) ^ (hash >>> 27) ^ byte;
  const whole = value.length & ~3;
  for (let i = 0; i < whole; i += 4) hash = mixWord(hash, readU32Le(value, i));
  if (whole < value.length) {
    const last = new Uint8Array(4);
    last.set(value.subarray(whole));
    hash = mixWord(hash, readU32Le(last, 0));
  }
  return hash >>> 0;
}

/** The hash of a block, of those of its entries; 0, for "not to be shared", where one of them has none. */
export function hashXattrBlock(hashes: readonly number[]): number {
  return hashes.includes(0) ? 0 : hashes.reduce(mixWord, 0) >>> 0;
}

function mixWord(hash: number, word: number): number {
  return (hash << 16) ^ (hash >>> 16) ^ word;
}

/** Bytes that an entry takes with a name of so many bytes. */
export function xattrEntryBytes(nameBytes: number): number {
  return XATTR_ENTRY_HEADER_BYTES + ((nameBytes + 3) & ~3);
}

/** Bytes that a value takes with its padding. */
export function xattrValueBytes(valueBytes: number): number {
  return (valueBytes + 3) & ~3;
}
