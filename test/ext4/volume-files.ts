/** Files in a volume without the help of directories: names go into the root's first block as they come. */
import { writeU32Le } from "../../src/bytes/codec.ts";
import { crc32c } from "../../src/bytes/crc.ts";
import type { BlockKind } from "../../src/ext4/block-kind.ts";
import { DirectoryBlocks } from "../../src/ext4/directory-blocks.ts";
import {
  directoryEntryFields,
  directoryRecordBytes,
  fileTypeOfMode,
} from "../../src/ext4/directory-entry.ts";
import { FileData } from "../../src/ext4/file-data.ts";
import type { LiveInode } from "../../src/ext4/live-inode.ts";
import { readField, writeStructure } from "../../src/ext4/structure.ts";
import type { WritableVolume } from "../../src/ext4/writable-volume.ts";

const rootNumber = 2;

function rootKind(root: LiveInode, hasChecksum: boolean): BlockKind {
  return {
    check: () => undefined,
    seal: (bytes) => {
      const tail = bytes.length - 12;
      if (hasChecksum) writeU32Le(bytes, tail + 8, crc32c(root.checksumSeed, bytes.subarray(0, tail)));
    },
  };
}

/** Inside a change: makes an empty file in the root. */
export function createFile(volume: WritableVolume, name: string): LiveInode {
  const root = volume.inodes.get(rootNumber);
  const inode = volume.inodes.create(root, { mode: 0o100644, uid: 0, gid: 0 });
  inode.linkCount = 1;
  const { metadataCsum } = volume.geometry.features;
  const bytes = new DirectoryBlocks(volume, root, rootKind(root, metadataCsum)).modify(0);
  const end = bytes.length - (metadataCsum ? 12 : 0);
  let at = 0;
  const length = (): number => readField(bytes, at, directoryEntryFields.recordLength);
  while (at + length() < end) at += length();
  const own = directoryRecordBytes(readField(bytes, at, directoryEntryFields.nameLength));
  const recordLength = length() - own;
  if (recordLength < directoryRecordBytes(name.length)) throw new Error("the root's first block is full");
  writeStructure(directoryEntryFields, { recordLength: own }, bytes, at);
  at += own;
  const entry = {
    inode: inode.number,
    recordLength,
    nameLength: name.length,
    fileType: fileTypeOfMode(0o100644),
  };
  writeStructure(directoryEntryFields, entry, bytes, at);
  bytes.set(new TextEncoder().encode(name), at + 8);
  return inode;
}

/** Inside a change: takes a name out of the root. Whose it was is the caller's to remove. */
export function unlinkFile(volume: WritableVolume, number: number): void {
  const root = volume.inodes.get(rootNumber);
  const { metadataCsum } = volume.geometry.features;
  const bytes = new DirectoryBlocks(volume, root, rootKind(root, metadataCsum)).modify(0);
  let before = -1;
  for (let at = 0; ; at += readField(bytes, at, directoryEntryFields.recordLength)) {
    if (readField(bytes, at, directoryEntryFields.inode) === number && at > 0) {
      const recordLength =
        readField(bytes, before, directoryEntryFields.recordLength) +
        readField(bytes, at, directoryEntryFields.recordLength);
      writeStructure(directoryEntryFields, { recordLength }, bytes, before);
      return;
    }
    before = at;
  }
}

/** The content of a file. */
export function fileData(volume: WritableVolume, number: number): FileData {
  return new FileData(volume, volume.inodes.get(number));
}
