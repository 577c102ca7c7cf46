/**
 * Directories listed while they change: a piece at a time, in an order that the
 * change of other names does not disturb. Where names have hashes that is the
 * order of the hashes, as in the kernel's `ext4_dx_readdir`; elsewhere records
 * never move, and it is theirs.
 *
 * A cursor is a hash's 31 upper bits above 22 of the minor hash, and 1 to spare
 * the 0; or a record's offset, and 1. Of names that share a hash in these 53 bits
 * all but the last have the cursor of what is before them: who goes on from there
 * meets some of them again, and none is left out.
 */

import { readU32Le } from "../bytes/codec.ts";
import { isDot, isDotDot } from "../tree/path.ts";
import { isIndexed } from "./directory-checksum.ts";
import { directoryEntryFields } from "./directory-entry.ts";
import {
  type DirectoryHash,
  directoryHashVersion,
  hashName,
  isDirectoryHashVersion,
} from "./directory-hash.ts";
import { nameAt, usedRecords } from "./directory-records.ts";
import { type DirectoryParts, HashedDirectory, recordsEndBytes } from "./hashed-directory.ts";

/** An entry of a listing. */
export interface ListedEntry {
  /** A copy. */
  readonly name: Uint8Array;
  readonly inode: number;
  readonly fileType: number;
  readonly cursor: number;
}

/** A piece of a listing. */
export interface ListedPiece {
  readonly entries: readonly ListedEntry[];
  /** The cursor that the next piece begins with; undefined behind the last. */
  readonly next: number | undefined;
}

const minorBits = 22;
const perMajor = 2 ** minorBits;

/**
 * The next piece of a listing, which is of one block of names or of several that
 * share a hash.
 *
 * @param cursor entries behind it are wanted; 0 for all.
 * @throws {FormatError} for a malformed directory.
 */
export function listPiece(parts: DirectoryParts, cursor: number): ListedPiece {
  const { volume, inode, blocks } = parts;
  if (isIndexed(volume, inode)) return listIndexed(parts, cursor);
  if (!volume.geometry.features.dirIndex || blocks.count !== 1) return listLinear(parts, cursor);
  // As if it had the index that it is given when it grows.
  const bytes = blocks.view(0);
  const entries = rawEntries(parts, bytes, 0);
  const hash = { version: volume.geometry.superblock.defaultHashVersion, ...parts.hashBase };
  return { entries: inOrder(parts, entries, hash, cursor), next: undefined };
}

function listLinear(parts: DirectoryParts, cursor: number): ListedPiece {
  const { volume, blocks } = parts;
  const { blockSizeBytes } = volume.geometry;
  const logical = Math.floor(cursor / blockSizeBytes);
  if (logical >= blocks.count) return { entries: [], next: undefined };
  const start = logical * blockSizeBytes;
  const bytes = blocks.view(logical);
  const entries = rawEntries(parts, bytes, logical)
    .map(({ offsetBytes, ...entry }) => ({ ...entry, cursor: start + offsetBytes + 1 }))
    .filter((entry) => entry.cursor > cursor);
  const end = start + blockSizeBytes;
  return { entries, next: logical + 1 < blocks.count ? end : undefined };
}

function listIndexed(parts: DirectoryParts, cursor: number): ListedPiece {
  const { blocks } = parts;
  const directory = new HashedDirectory(parts);
  const hash = directory.hash();
  const path = directory.findLeaf(2 * Math.floor(cursor / perMajor));
  const entries: RawEntry[] = [];
  for (let read = 0; read < blocks.count; read++) {
    const logical = directory.leaf(path);
    entries.push(...rawEntries(parts, blocks.view(logical), logical));
    const border = directory.nextHash(path);
    if (border === undefined) return { entries: inOrder(parts, entries, hash, cursor), next: undefined };
    if (border % 2 === 0) {
      const next = (border / 2) * perMajor;
      const listed = inOrder(parts, entries, hash, cursor);
      if (next <= cursor || (listed.at(-1)?.cursor ?? 0) > next) break;
      return { entries: listed, next };
    }
    directory.advance(path);
  }
  throw malformed(parts, "its index is out of order");
}

interface RawEntry {
  readonly offsetBytes: number;
  /** A copy. */
  readonly name: Uint8Array;
  readonly inode: number;
  readonly fileType: number;
}

/** The entries of a block, `.` and `..` of the first aside. */
function rawEntries(parts: DirectoryParts, bytes: Uint8Array, logical: number): RawEntry[] {
  const starts = usedRecords(bytes, 0, recordsEndBytes(parts.volume));
  const entries = starts.map((offsetBytes) => ({
    offsetBytes,
    name: new Uint8Array(nameAt(bytes, offsetBytes)),
    inode: readU32Le(bytes, offsetBytes),
    fileType: bytes[offsetBytes + directoryEntryFields.fileType[0]] as number,
  }));
  const [first, second] = entries;
  const dots = first !== undefined && second !== undefined && isDot(first.name) && isDotDot(second.name);
  if (dots !== (logical === 0)) throw malformed(parts, "`.` and `..` are not where they belong");
  return dots ? entries.slice(2) : entries;
}

/** Entries behind a cursor, by their hashes. */
function inOrder(
  parts: DirectoryParts,
  entries: readonly RawEntry[],
  hash: DirectoryHash,
  cursor: number,
): ListedEntry[] {
  if (!isDirectoryHashVersion(hash.version)) throw malformed(parts, `hash ${hash.version} is not known`);
  const keyed = entries
    .map((entry) => ({ entry, key: keyOf(hash, entry.name) }))
    .filter(({ key }) => key > cursor)
    .sort((a, b) => a.key - b.key);
  return keyed.map(({ entry: { name, inode, fileType }, key }, i) => ({
    name,
    inode,
    fileType,
    cursor: keyed[i + 1]?.key === key ? key - 1 : key,
  }));
}

function keyOf(hash: DirectoryHash, name: Uint8Array): number {
  const { major, minor } = hashName(hash, name);
  // The legacy hash has no minor one.
  const finer =
    hash.version === directoryHashVersion.legacy
      ? hashName({ ...hash, version: directoryHashVersion.halfMd4 }, name).minor
      : minor;
  return (major / 2) * perMajor + (finer >>> (32 - minorBits)) + 1;
}

function malformed({ volume, inode }: DirectoryParts, why: string): Error {
  return volume.malformed("bad-field", `a directory: ${why}`, { inode: inode.number });
}
