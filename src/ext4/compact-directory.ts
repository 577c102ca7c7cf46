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
import type { NameRecords } from "./name-records.ts";
import { writeField } from "./structure.ts";

/** Room that every block keeps for the entry that closes it. */
const closingBytes = directoryRecordBytes(4);
const selfName = Uint8Array.of(0x2e);
const parentName = Uint8Array.of(0x2e, 0x2e);

/**
 * A directory's blocks, one after the other in the same memory.
 *
 * @param children their records, in the order in which they are to stand.
 * @param block that memory.
 */
export function* directoryBlocks(
  tree: CompactTree,
  directory: number,
  parent: number,
  names: NameRecords,
  children: Uint32Array,
  block: CompactDirectoryBlock,
): Generator<Uint8Array> {
  block.clear();
  block.add(selfName, directory, directoryFileType.directory);
  block.add(parentName, parent, directoryFileType.directory);
  for (let i = 0; i < children.length; i++) {
    const record = children[i] as number;
    const name = names.name(record);
    const inode = names.inode(record);
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

  fits(name: Uint8Array): boolean {
    return COMPACT_BLOCK_BYTES - this.#used >= directoryRecordBytes(name.length) + closingBytes;
  }

  add(name: Uint8Array, inode: number, fileType: number): void {
    const recordLength = directoryRecordBytes(name.length);
    const bytes = this.#bytes;
    const start = this.#used;
    writeField(bytes, start, directoryEntryFields.inode, inode);
    writeField(bytes, start, directoryEntryFields.recordLength, recordLength);
    writeField(bytes, start, directoryEntryFields.nameLength, name.length);
    writeField(bytes, start, directoryEntryFields.fileType, fileType);
    bytes.set(name, start + DIRECTORY_ENTRY_HEADER_BYTES);
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
