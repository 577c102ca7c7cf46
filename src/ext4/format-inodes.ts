/** The inodes and directories that a new file system begins with: the root, and lost+found. */
import { writeU32Le } from "../bytes/codec.ts";
import { crc32c, crc32cU32 } from "../bytes/crc.ts";
import type { Timestamp } from "../tree/attributes.ts";
import {
  DIRECTORY_ENTRY_HEADER_BYTES,
  directoryEntryFields,
  directoryFileType,
  directoryRecordBytes,
} from "./directory-entry.ts";
import { EXTENT_MAGIC, EXTENT_RECORD_SIZE_BYTES, extentHeaderFields, extentLeafFields } from "./extent.ts";
import { FORMAT_BLOCK_BYTES, FORMAT_INODE_BYTES, LOST_AND_FOUND_BLOCKS } from "./format-layout.ts";
import { fileTypeMode, inodeFields, inodeFlag, inodeNumber } from "./inode.ts";
import { fieldBytes, writeField, writeStructure } from "./structure.ts";
import { encodeKernelTime } from "./timestamp.ts";

/** What they depend on. */
export interface FirstContents {
  readonly checksumSeed: number;
  readonly time: Timestamp;
  /** The root's block; those of lost+found follow. */
  readonly firstBlock: number;
}

/** A name in a directory. */
type Entry = readonly [name: string, inode: number];

/** An entry that is none, with the checksum as its name. */
const tailBytes = 12;
const lostAndFound = inodeNumber.firstOrdinary;

/** The first block of the first inode table. */
export function firstInodes(contents: FirstContents): Uint8Array {
  const block = new Uint8Array(FORMAT_BLOCK_BYTES);
  const place = (number: number): Uint8Array =>
    block.subarray((number - 1) * FORMAT_INODE_BYTES, number * FORMAT_INODE_BYTES);
  const { firstBlock } = contents;
  const root = { number: inodeNumber.root, permissions: 0o755, links: 3, firstBlock, blocks: 1 };
  putDirectory(place(inodeNumber.root), root, contents);
  const lost = {
    number: lostAndFound,
    permissions: 0o700,
    links: 2,
    firstBlock: firstBlock + 1,
    blocks: LOST_AND_FOUND_BLOCKS,
  };
  putDirectory(place(lostAndFound), lost, contents);
  return block;
}

/** The root's only block. */
export function rootDirectoryBlock({ checksumSeed }: FirstContents): Uint8Array {
  const { root } = inodeNumber;
  const entries: Entry[] = [
    [".", root],
    ["..", root],
    ["lost+found", lostAndFound],
  ];
  return directoryBlock(entries, crc32cU32(crc32cU32(checksumSeed, root), 0));
}

/** The blocks of lost+found. */
export function lostAndFoundBlocks({ checksumSeed }: FirstContents): Uint8Array[] {
  const seed = crc32cU32(crc32cU32(checksumSeed, lostAndFound), 0);
  const first = directoryBlock(
    [
      [".", lostAndFound],
      ["..", inodeNumber.root],
    ],
    seed,
  );
  const empty = directoryBlock([["", 0]], seed);
  return [first, ...Array.from({ length: LOST_AND_FOUND_BLOCKS - 1 }, () => empty)];
}

interface NewDirectory {
  readonly number: number;
  readonly permissions: number;
  readonly links: number;
  readonly firstBlock: number;
  readonly blocks: number;
}

function putDirectory(
  into: Uint8Array,
  { number, permissions, links, firstBlock, blocks }: NewDirectory,
  { checksumSeed, time }: FirstContents,
): void {
  const { low, extra } = encodeKernelTime(time, true);
  const values = {
    mode: fileTypeMode.directory | permissions,
    linksCount: links,
    sizeLow: blocks * FORMAT_BLOCK_BYTES,
    blocksCountLow: blocks * (FORMAT_BLOCK_BYTES / 512),
    flags: inodeFlag.extents,
    accessTime: low,
    changeTime: low,
    modificationTime: low,
    creationTime: low,
    extraIsize: 32,
    accessTimeExtra: extra,
    changeTimeExtra: extra,
    modificationTimeExtra: extra,
    creationTimeExtra: extra,
  };
  writeStructure(inodeFields, values, into);
  const root = fieldBytes(into, 0, inodeFields.block);
  writeStructure(extentHeaderFields, { magic: EXTENT_MAGIC, entries: 1, max: 4 }, root);
  const extent = { lengthBlocks: blocks, startHigh: 0, startLow: firstBlock };
  writeStructure(extentLeafFields, extent, root, EXTENT_RECORD_SIZE_BYTES);
  const checksum = crc32c(crc32cU32(crc32cU32(checksumSeed, number), 0), into);
  writeField(into, 0, inodeFields.checksumLow, checksum & 0xffff);
  writeField(into, 0, inodeFields.checksumHigh, checksum >>> 16);
}

/** A block of entries, the last of which takes the rest, and a checksum. */
function directoryBlock(entries: readonly Entry[], checksumSeed: number): Uint8Array {
  const block = new Uint8Array(FORMAT_BLOCK_BYTES);
  const tail = FORMAT_BLOCK_BYTES - tailBytes;
  let at = 0;
  for (const [index, [name, inode]] of entries.entries()) {
    const isLast = index === entries.length - 1;
    const recordLength = isLast ? tail - at : directoryRecordBytes(name.length);
    const fileType = inode === 0 ? directoryFileType.unknown : directoryFileType.directory;
    writeStructure(
      directoryEntryFields,
      { inode, recordLength, nameLength: name.length, fileType },
      block,
      at,
    );
    block.set(new TextEncoder().encode(name), at + DIRECTORY_ENTRY_HEADER_BYTES);
    at += recordLength;
  }
  const { checksum: fileType } = directoryFileType;
  writeStructure(directoryEntryFields, { recordLength: tailBytes, fileType }, block, tail);
  writeU32Le(block, tail + 8, crc32c(checksumSeed, block.subarray(0, tail)));
  return block;
}
