/** The blocks of a file system by what they are, and how they are read. */
import type { BlockDevice } from "../../device/block-device.ts";
import { FormatError } from "../../errors.ts";

/** Block size of the layers that the tools make. */
export const explainedBlockBytes = 4096;

/** What a block is. */
export type BlockOwner =
  | { readonly kind: "superblock" | "descriptors" | "unused" }
  | { readonly kind: "block-bitmap" | "inode-bitmap"; readonly group: number }
  | { readonly kind: "inode-table"; readonly firstInode: number }
  | {
      readonly kind: "content" | "directory" | "symlink" | "extents" | "xattrs";
      readonly inode: number;
      /** Place of the range's first block in the file; 0 where that means nothing. */
      readonly fileBlock: number;
    };

/** Consecutive blocks of one owner; rising in a map, never overlapping. */
export interface OwnedBlocks {
  readonly firstBlock: number;
  readonly endBlock: number;
  readonly owner: BlockOwner;
}

/** An inode's words that say where its data is. */
export interface InodeData {
  readonly inode: number;
  readonly mode: number;
  readonly extents: readonly OwnedBlocks[];
}

/** Reads whole blocks into memory of the caller's. */
export async function readBlocks(
  device: BlockDevice,
  firstBlock: number,
  count: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const offsetBytes = firstBlock * explainedBlockBytes;
  const lengthBytes = count * explainedBlockBytes;
  if (offsetBytes + lengthBytes > device.sizeBytes) {
    const message = `${device.name}: blocks ${firstBlock} to ${firstBlock + count} are beyond the end`;
    throw new FormatError("truncated", message, { at: { device: device.name, block: firstBlock } });
  }
  const bytes = new Uint8Array(lengthBytes);
  await device.read(offsetBytes, bytes, signal ? { signal } : {});
  return bytes;
}
