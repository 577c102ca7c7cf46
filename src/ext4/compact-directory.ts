/** The blocks of a directory in a compact image: linear, each closed by an empty entry. */
import { COMPACT_BLOCK_BYTES } from "./compact-layout.ts";
import type { CompactTree } from "./compact-tree.ts";
import {
  DIRECTORY_ENTRY_HEADER_BYTES,
  directoryEntryFields,
  directoryFileType,
  directoryRecordBytes,
  fileTypeOfMode,
} from "./directory-entry.ts";
import { inodeColumn } from "./inode-records.ts";
import type { SortedName } from "./sorted-names.ts";
import { writeField } from "./structure.ts";

/** Room that every block keeps for the entry that closes it. */
const closingBytes = directoryRecordBytes(4);

/**
 * A directory's blocks, one after the other in the same memory.
 *
 * @param names its children, in the order in which they are to stand.
 * @param block that memory.
 */
export function* directoryBlocks(
  tree: CompactTree,
  directory: number,
  parent: number,
  names: Iterable<SortedName>,
  block: CompactDirectoryBlock,
): Generator<Uint8Array> {
  block.clear();
  block.add(".", directory, directoryFileType.directory);
  block.add("..", parent, directoryFileType.directory);
  for (const { name, inode } of names) {
    if (!block.fits(name)) {
      yield block.close();
      block.clear();
    }
    block.add(name, inode, fileTypeOfMode(tree.inodes.get(inode, inodeColumn.mode)));
  }
  yield block.close();
}

/** A block under construction. */
export class CompactDirectoryBlock {
  readonly #bytes = new Uint8Array(COMPACT_BLOCK_BYTES);
  #used = 0;

  fits(name: string): boolean {
    return COMPACT_BLOCK_BYTES - this.#used >= directoryRecordBytes(name.length) + closingBytes;
  }

  add(name: string, inode: number, fileType: number): void {
    const recordLength = directoryRecordBytes(name.length);
    const [bytes, start] = [this.#bytes, this.#used];
    writeField(bytes, start, directoryEntryFields.inode, inode);
    writeField(bytes, start, directoryEntryFields.recordLength, recordLength);
    writeField(bytes, start, directoryEntryFields.nameLength, name.length);
    writeField(bytes, start, directoryEntryFields.fileType, fileType);
    const nameStart = start + DIRECTORY_ENTRY_HEADER_BYTES;
    for (let i = 0; i < name.length; i++) bytes[nameStart + i] = name.charCodeAt(i);
    this.#used += recordLength;
  }

  close(): Uint8Array {
    const recordLength = COMPACT_BLOCK_BYTES - this.#used;
    writeField(this.#bytes, this.#used, directoryEntryFields.recordLength, recordLength);
    return this.#bytes;
  }

  clear(): void {
    this.#bytes.fill(0);
    this.#used = 0;
  }
}
