/**
 * Directories, read from front to back. A hashed directory is one too: its index
 * hides in entries that are not in use.
 */
import type { IoOptions } from "../device/block-device.ts";
import type { NodeType } from "../tree/attributes.ts";
import { isDot, isDotDot } from "../tree/path.ts";
import { blockMapOf } from "./block-map.ts";
import { parseDirectoryEntries, type RawDirectoryEntry } from "./directory-block.ts";
import { checkDirectoryChecksum } from "./directory-checksum.ts";
import { directoryFileType } from "./directory-entry.ts";
import { readInlineData } from "./inline-data.ts";
import { inodeFlag } from "./inode.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import type { Ext4Volume } from "./volume.ts";

/** An inline directory begins with its parent's number and has no `.` and `..`. */
const inlineStartBytes = 4;

/** The entries of one block. */
export interface DirectoryBlock {
  /** Where in the directory the block begins. */
  readonly offsetBytes: number;
  /** Without `.` and `..`. */
  readonly entries: readonly RawDirectoryEntry[];
}

/** The type that an entry gives; undefined where it gives none. */
export function typeOfEntry({ fileType }: Pick<RawDirectoryEntry, "fileType">): NodeType | undefined {
  return entryTypes.get(fileType);
}

const entryTypes: ReadonlyMap<number, NodeType> = new Map([
  [directoryFileType.regular, "file"],
  [directoryFileType.directory, "directory"],
  [directoryFileType.character, "characterDevice"],
  [directoryFileType.block, "blockDevice"],
  [directoryFileType.fifo, "fifo"],
  [directoryFileType.socket, "socket"],
  [directoryFileType.symlink, "symlink"],
]);

/**
 * The blocks of a directory, one after the other; each is checked whole before
 * an entry of it is given out.
 *
 * @param offsetBytes the block that this offset lies in comes first.
 * @throws {FormatError} for a directory that has a hole or shares a block, a size that none can have, or malformed entries.
 */
export async function* readDirectory(
  volume: Ext4Volume,
  inode: Ext4Inode,
  offsetBytes: number,
  options: IoOptions,
): AsyncGenerator<DirectoryBlock, void, undefined> {
  const at = { inode: inode.number };
  if (inode.flags & inodeFlag.inlineData) {
    const bytes = readInlineData(volume, inode);
    if (bytes.length < inlineStartBytes) {
      throw volume.malformed("bad-field", `an inline directory of ${bytes.length} bytes`, at);
    }
    const entries = [...parseDirectoryEntries(volume, bytes, inlineStartBytes, bytes.length, at)];
    yield { offsetBytes: 0, entries: withoutDots(volume, inode, entries) };
    return;
  }
  const { blockSizeBytes, blocks: allBlocks } = volume.geometry;
  const { sizeBytes } = inode.attributes;
  const blocks = sizeBytes / blockSizeBytes;
  if (!Number.isInteger(blocks) || blocks === 0 || blocks > allBlocks) {
    throw volume.malformed("bad-field", `a directory of ${sizeBytes} bytes`, { ...at, field: "sizeLow" });
  }
  const map = blockMapOf(volume, inode);
  for (let logical = Math.floor(offsetBytes / blockSizeBytes); logical < blocks; logical++) {
    const run = await map.find(logical, options);
    if (run.deviceBlock === undefined) {
      throw volume.malformed("bad-field", `a directory without its block ${logical}`, at);
    }
    const first = run.deviceBlock;
    const end = first + Math.min(run.blocks, blocks - run.logicalBlock);
    const block = first + logical - run.logicalBlock;
    if (!volume.directoryOwners.claim(block, inode.number, logical)) {
      throw volume.malformed("bad-field", "a block of names serves twice", { ...at, block });
    }
    const bytes = await volume.readBlockAmong(block, first, end, options);
    checkDirectoryChecksum(volume, inode, bytes, block);
    const place = { ...at, block };
    const entries = [...parseDirectoryEntries(volume, bytes, 0, bytes.length, place)];
    const named = logical === 0 ? afterDots(volume, inode, entries, block) : entries;
    yield { offsetBytes: logical * blockSizeBytes, entries: withoutDots(volume, inode, named) };
  }
}

/** A directory's first entries are `.`, which is itself, and `..`. */
function afterDots(
  volume: Ext4Volume,
  { number }: Ext4Inode,
  [dot, dotDot, ...rest]: readonly RawDirectoryEntry[],
  block: number,
): RawDirectoryEntry[] {
  const sound = dot && isDot(dot.name) && dot.inode === number && dotDot && isDotDot(dotDot.name);
  if (sound) return rest;
  throw volume.malformed("bad-field", "a directory that does not begin with itself and its parent", {
    inode: number,
    block,
  });
}

function withoutDots(
  volume: Ext4Volume,
  { number }: Ext4Inode,
  entries: readonly RawDirectoryEntry[],
): readonly RawDirectoryEntry[] {
  if (!entries.some(({ name }) => isDot(name) || isDotDot(name))) return entries;
  throw volume.malformed("bad-field", "a directory with `.` or `..` as the name of an entry", {
    inode: number,
  });
}
