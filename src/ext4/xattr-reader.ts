/** The extended attributes of an inode, from wherever they stand, by full name. */

import { equalBytes } from "../bytes/compare.ts";
import { crc32c } from "../bytes/crc.ts";
import type { IoOptions } from "../device/block-device.ts";
import { contentOf } from "./file-content.ts";
import { type Ext4Inode, readValueInode } from "./inode-reader.ts";
import { isInlineData, readInodeXattrs } from "./inode-xattrs.ts";
import { shownAcl } from "./posix-acl.ts";
import type { Ext4Volume } from "./volume.ts";
import { xattrPrefixes } from "./xattr.ts";
import { readBlockXattrs } from "./xattr-block.ts";
import type { XattrEntry } from "./xattr-entries.ts";

/** An attribute with its full name. */
export interface NamedXattr {
  /** With its prefix: `user.comment`. */
  readonly name: Uint8Array;
  readonly entry: XattrEntry;
}

/** Indexes of names that are their prefix alone: the two POSIX ACLs. */
const aclIndexes: readonly number[] = [2, 3];

/**
 * All attributes of an inode that have a name: those in the inode first, then
 * those of its block. Where a name stands twice the first one counts, as in the kernel.
 *
 * @throws {FormatError} for a malformed list or block, or a block whose checksum does not hold.
 */
export async function readXattrs(
  volume: Ext4Volume,
  inode: Ext4Inode,
  options: IoOptions,
): Promise<NamedXattr[]> {
  const entries = readInodeXattrs(volume, inode).filter((entry) => !isInlineData(entry));
  if (inode.xattrBlock !== 0) entries.push(...(await readBlockXattrs(volume, inode, options)));
  const named = new Map<string, NamedXattr>();
  for (const entry of entries) {
    const name = fullName(entry);
    if (name === undefined) continue;
    const key = String.fromCharCode(...name);
    if (!named.has(key)) named.set(key, { name, entry });
  }
  return [...named.values()];
}

/**
 * The value of an attribute, in the form that the kernel shows; memory of the caller's own.
 *
 * @throws {FormatError} for a malformed ACL, and for a value in an inode that is not what the entry says.
 */
export async function readXattrValue(
  volume: Ext4Volume,
  inode: Ext4Inode,
  { entry }: NamedXattr,
  options: IoOptions,
): Promise<Uint8Array> {
  const value = entry.value ?? (await readInodeValue(volume, inode, entry, options));
  const shown = aclIndexes.includes(entry.nameIndex) ? shownAcl(value) : value;
  if (shown === undefined) {
    throw volume.malformed("bad-field", "extended attributes: a malformed ACL", { inode: inode.number });
  }
  return new Uint8Array(shown);
}

/** The value that fills an inode of its own (`ext4_xattr_inode_get`). */
async function readInodeValue(
  volume: Ext4Volume,
  { number }: Ext4Inode,
  { valueInode, valueSizeBytes }: XattrEntry,
  options: IoOptions,
): Promise<Uint8Array> {
  const inode = await readValueInode(volume, valueInode, options);
  if (inode.attributes.sizeBytes !== valueSizeBytes) {
    const why = `extended attributes: a value of ${valueSizeBytes} bytes in inode ${valueInode}, which has another size`;
    throw volume.malformed("bad-field", why, { inode: number });
  }
  const value = new Uint8Array(valueSizeBytes);
  await contentOf(volume, inode).read(0, value, options);
  if (crc32c(volume.geometry.checksumSeed, value) !== inode.accessTimeWord) {
    throw volume.malformed("bad-checksum", "the checksum of an extended attribute's value does not hold", {
      inode: valueInode,
    });
  }
  return value;
}

/**
 * A name with its prefix; undefined where the index means nothing here, and where
 * a name without index passes itself off as one that has a prefix: the kernel
 * shows neither.
 */
function fullName({ nameIndex, name }: XattrEntry): Uint8Array | undefined {
  if (nameIndex === 0) {
    const spoofs = xattrPrefixes.some(({ prefix }) => startsWith(name, prefix));
    return spoofs || name.length === 0 ? undefined : new Uint8Array(name);
  }
  const known = xattrPrefixes.find(({ index }) => index === nameIndex);
  if (known === undefined) return undefined;
  const prefix = new TextEncoder().encode(known.prefix);
  const full = new Uint8Array(prefix.length + name.length);
  full.set(prefix);
  full.set(name, prefix.length);
  return full;
}

function startsWith(name: Uint8Array, prefix: string): boolean {
  return equalBytes(name.subarray(0, prefix.length), new TextEncoder().encode(prefix));
}
