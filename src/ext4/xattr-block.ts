/** A block of extended attributes: checked, sealed, and written. */
import { crc32c } from "../bytes/crc.ts";
import type { IoOptions } from "../device/block-device.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import { fieldBytes, readField, writeField, writeStructure } from "./structure.ts";
import type { Ext4Volume } from "./volume.ts";
import { hashXattrBlock, XATTR_BLOCK_HEADER_BYTES, XATTR_MAGIC, xattrBlockHeaderFields } from "./xattr.ts";
import { parseXattrEntries, type XattrEntry } from "./xattr-entries.ts";
import { writeXattrList } from "./xattr-list.ts";

/**
 * The attributes in an inode's block, which it has.
 *
 * @throws {FormatError} for a malformed block or list, or a checksum that does not hold.
 */
export async function readBlockXattrs(
  volume: Ext4Volume,
  { number, xattrBlock }: Pick<Ext4Inode, "number" | "xattrBlock">,
  options: IoOptions,
): Promise<XattrEntry[]> {
  const bytes = await volume.readBlock(xattrBlock, options);
  new XattrBlockKind(volume, number).check(bytes, xattrBlock);
  return parseXattrBlock(volume, bytes, { inode: number, block: xattrBlock });
}

/** The attributes in a block that was checked. */
export function parseXattrBlock(
  volume: Ext4Volume,
  bytes: Uint8Array,
  at: { readonly inode: number; readonly block: number },
): XattrEntry[] {
  return parseXattrEntries(volume, bytes, { startBytes: XATTR_BLOCK_HEADER_BYTES, valueBaseBytes: 0, at });
}

/** How an inode's block of attributes is checked when it comes, and sealed when it goes. */
export class XattrBlockKind {
  readonly #volume: Ext4Volume;
  readonly #inode: number | undefined;

  /** @param inode whose block it is, where only one's are met: inodes can share one. */
  constructor(volume: Ext4Volume, inode?: number) {
    this.#volume = volume;
    this.#inode = inode;
  }

  /** @throws {FormatError} for a header that is none, and a checksum that does not hold. */
  check(bytes: Uint8Array, block: number): void {
    const volume = this.#volume;
    const at = { ...(this.#inode !== undefined && { inode: this.#inode }), block };
    const get = (name: "magic" | "blocks" | "checksum"): number =>
      readField(bytes, 0, xattrBlockHeaderFields[name]);
    if (get("magic") !== XATTR_MAGIC) {
      throw volume.malformed("bad-magic", "no block of extended attributes: no magic", at);
    }
    if (get("blocks") !== 1) {
      const why = `extended attributes in ${get("blocks")} blocks`;
      throw volume.malformed("bad-field", why, { ...at, field: "blocks" });
    }
    if (!volume.geometry.features.metadataCsum) return;
    if (checksumOf(volume, block, bytes) === get("checksum")) return;
    const why = "the checksum of a block of extended attributes does not hold";
    throw volume.malformed("bad-checksum", why, at);
  }

  /** Puts the checksum in. */
  seal(bytes: Uint8Array, block: number): void {
    if (!this.#volume.geometry.features.metadataCsum) return;
    writeField(bytes, 0, xattrBlockHeaderFields.checksum, checksumOf(this.#volume, block, bytes));
  }
}

/** How many inodes a block serves, by its word. */
export function xattrReferences(bytes: Uint8Array): number {
  return readField(bytes, 0, xattrBlockHeaderFields.referenceCount);
}

/** Says how many inodes a block serves. */
export function setXattrReferences(bytes: Uint8Array, count: number): void {
  writeField(bytes, 0, xattrBlockHeaderFields.referenceCount, count);
}

/** Fills a block that serves one inode with attributes that fit. */
export function writeXattrBlock(bytes: Uint8Array, entries: readonly XattrEntry[]): void {
  // The entries may be views of the block itself.
  const area = new Uint8Array(bytes.length - XATTR_BLOCK_HEADER_BYTES);
  writeXattrList(entries, area, XATTR_BLOCK_HEADER_BYTES);
  bytes.fill(0, 0, XATTR_BLOCK_HEADER_BYTES);
  const hash = hashXattrBlock(entries.map((entry) => entry.hash));
  writeStructure(xattrBlockHeaderFields, { magic: XATTR_MAGIC, referenceCount: 1, blocks: 1, hash }, bytes);
  bytes.set(area, XATTR_BLOCK_HEADER_BYTES);
}

/** `ext4_xattr_block_csum`: over the block's number and the block, the checksum itself taken as zeros. */
function checksumOf(volume: Ext4Volume, block: number, bytes: Uint8Array): number {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(block), true);
  const copy = new Uint8Array(bytes);
  fieldBytes(copy, 0, xattrBlockHeaderFields.checksum).fill(0);
  return crc32c(crc32c(volume.geometry.checksumSeed, number), copy);
}
