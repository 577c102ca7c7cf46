/** Where an inode's data lies, by its extent tree; the blocks of the tree itself included. */
import type { BlockDevice } from "../../device/block-device.ts";
import { FormatError } from "../../errors.ts";
import {
  EXTENT_MAGIC,
  EXTENT_RECORD_SIZE_BYTES,
  extentHeaderFields,
  extentIndexFields,
  extentLeafFields,
  MAX_EXTENT_BLOCKS,
} from "../../ext4/extent.ts";
import { inodeFields } from "../../ext4/inode.ts";
import { fieldBytes, readField } from "../../ext4/structure.ts";
import { type OwnedBlocks, readBlocks } from "./image-blocks.ts";

/** Linux's own limit. */
const maxDepth = 5;

/** Whose tree it is, and how many blocks there are. */
export interface ExtentTree {
  readonly inode: number;
  readonly kind: "content" | "directory" | "symlink";
  readonly blocks: number;
  /** How many ranges there may be: no two of an image that is in order share a block. */
  readonly limit: number;
}

/**
 * The ranges of an inode's data and of its extent tree.
 *
 * @param inodeBytes the inode as it stands in its table.
 * @throws {FormatError} `bad-field` for a tree that leads out of the file system or in a circle.
 */
export async function readExtents(
  device: BlockDevice,
  tree: ExtentTree,
  inodeBytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<OwnedBlocks[]> {
  const ranges: OwnedBlocks[] = [];
  const nodes: { bytes: Uint8Array; depth: number }[] = [
    { bytes: fieldBytes(inodeBytes, 0, inodeFields.block), depth: maxDepth + 1 },
  ];
  const refuse = (what: string): never => {
    const message = `${device.name}: the extents of inode ${tree.inode} ${what}`;
    throw new FormatError("bad-field", message, { at: { device: device.name } });
  };
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const { bytes } = node;
    const entries = readField(bytes, 0, extentHeaderFields.entries);
    const depth = readField(bytes, 0, extentHeaderFields.depth);
    const magic = readField(bytes, 0, extentHeaderFields.magic);
    const fits = (entries + 1) * EXTENT_RECORD_SIZE_BYTES <= bytes.length;
    if (magic !== EXTENT_MAGIC || !fits || depth >= node.depth) refuse("are malformed");
    for (let index = entries; index > 0; index--) {
      const start = index * EXTENT_RECORD_SIZE_BYTES;
      const range = depth === 0 ? leaf(tree, bytes, start) : branch(tree, bytes, start);
      if (range.firstBlock === 0 || range.endBlock > tree.blocks) refuse("lead out of the file system");
      ranges.push(range);
      if (ranges.length > tree.limit) refuse("are more than there are blocks");
      if (depth > 0) nodes.push({ bytes: await readBlocks(device, range.firstBlock, 1, signal), depth });
    }
  }
  return ranges.sort((a, b) => order(a) - order(b));
}

function leaf({ inode, kind }: ExtentTree, bytes: Uint8Array, start: number): OwnedBlocks {
  const length = readField(bytes, start, extentLeafFields.lengthBlocks);
  const high = readField(bytes, start, extentLeafFields.startHigh);
  const firstBlock = high * 2 ** 32 + readField(bytes, start, extentLeafFields.startLow);
  const fileBlock = readField(bytes, start, extentLeafFields.logicalBlock);
  const count = length > MAX_EXTENT_BLOCKS ? length - MAX_EXTENT_BLOCKS : length;
  return { firstBlock, endBlock: firstBlock + count, owner: { kind, inode, fileBlock } };
}

function branch({ inode }: ExtentTree, bytes: Uint8Array, start: number): OwnedBlocks {
  const high = readField(bytes, start, extentIndexFields.leafHigh);
  const firstBlock = high * 2 ** 32 + readField(bytes, start, extentIndexFields.leafLow);
  const fileBlock = readField(bytes, start, extentIndexFields.logicalBlock);
  return { firstBlock, endBlock: firstBlock + 1, owner: { kind: "extents", inode, fileBlock } };
}

function order({ owner }: OwnedBlocks): number {
  return "fileBlock" in owner ? owner.fileBlock : 0;
}
