/** A path for every inode that has a name, from the directories of an image that nobody has verified. */
import { latin1FromBytes } from "../../bytes/latin1.ts";
import type { BlockDevice } from "../../device/block-device.ts";
import { DIRECTORY_ENTRY_HEADER_BYTES, directoryEntryFields } from "../../ext4/directory-entry.ts";
import { inodeNumber } from "../../ext4/inode.ts";
import { readField } from "../../ext4/structure.ts";
import { explainedBlockBytes, type InodeData, readBlocks } from "./image-blocks.ts";

/** A name in a directory's block. */
export interface NamedInode {
  /** As `latin1FromBytes` gives it. */
  readonly name: string;
  readonly inode: number;
  readonly fileType: number;
  /** Where the entry begins in its block. */
  readonly offsetBytes: number;
}

/** The names in a directory's block, `.` and `..` included, up to where it is malformed. */
export function* directoryNames(block: Uint8Array): Generator<NamedInode> {
  for (let offsetBytes = 0; offsetBytes + DIRECTORY_ENTRY_HEADER_BYTES <= block.length; ) {
    const inode = readField(block, offsetBytes, directoryEntryFields.inode);
    const length = readField(block, offsetBytes, directoryEntryFields.recordLength);
    const nameLength = readField(block, offsetBytes, directoryEntryFields.nameLength);
    const fileType = readField(block, offsetBytes, directoryEntryFields.fileType);
    const nameStart = offsetBytes + DIRECTORY_ENTRY_HEADER_BYTES;
    if (length < DIRECTORY_ENTRY_HEADER_BYTES || nameStart + nameLength > block.length) return;
    if (inode !== 0) {
      const name = latin1FromBytes(block.subarray(nameStart, nameStart + nameLength));
      yield { name, inode, fileType, offsetBytes };
    }
    offsetBytes += length;
  }
}

/** What the directories of a file system say. */
export interface InodePaths {
  /** A path by inode, of hard links the first; `""` is the root. */
  readonly byInode: ReadonlyMap<number, string>;
  /** Every path and its inode, the root aside. */
  readonly byPath: ReadonlyMap<string, number>;
}

/**
 * Paths, in the order of the directories on disk; each directory once, whatever the image says.
 *
 * @param directories the inodes that are directories, with where their blocks lie.
 */
export async function readPaths(
  device: BlockDevice,
  directories: readonly InodeData[],
  signal: AbortSignal | undefined,
): Promise<InodePaths> {
  const known = new Map(directories.map((directory) => [directory.inode, directory]));
  // No two directories of an image that is in order share a block.
  let blocksLeft = Math.floor(device.sizeBytes / explainedBlockBytes);
  const byInode = new Map<number, string>([[inodeNumber.root, ""]]);
  const byPath = new Map<string, number>();
  const ahead: number[] = [inodeNumber.root];
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    const parent = byInode.get(at) ?? "";
    const below: number[] = [];
    for await (const block of directoryBlocks(device, known.get(at), signal)) {
      if (blocksLeft-- === 0) return { byInode, byPath };
      for (const { name, inode } of directoryNames(block)) {
        if (name === "." || name === "..") continue;
        const path = parent === "" ? name : `${parent}/${name}`;
        byPath.set(path, inode);
        if (byInode.has(inode)) continue;
        byInode.set(inode, path);
        if (known.has(inode)) below.push(inode);
      }
    }
    ahead.push(...below.reverse());
  }
  return { byInode, byPath };
}

async function* directoryBlocks(
  device: BlockDevice,
  directory: InodeData | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (const { firstBlock, endBlock, owner } of directory?.extents ?? []) {
    if (owner.kind !== "directory") continue;
    for (let block = firstBlock; block < endBlock; block++) {
      yield await readBlocks(device, block, 1, signal);
    }
  }
}
