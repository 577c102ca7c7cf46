/** Ends the content of a file or directory: padding, extent blocks, and what the inode says of them. */
import { extentLeafBlock, extentLeafBlocks } from "./compact-extents.ts";
import type { CompactTree } from "./compact-tree.ts";
import type { ImageStream } from "./image-stream.ts";
import { inodeFlag } from "./inode.ts";
import { inodeColumn } from "./inode-records.ts";

/** Pads what stands from `startBlock` up to the position, and makes it the inode's content. */
export function finishContent(
  tree: CompactTree,
  stream: ImageStream,
  inode: number,
  startBlock: number,
): void | Promise<void> {
  const padding = stream.padBlock();
  if (padding) return padding.then(() => endContent(tree, stream, inode, startBlock));
  return endContent(tree, stream, inode, startBlock);
}

/** The same for whole blocks. */
function endContent(
  { inodes }: CompactTree,
  stream: ImageStream,
  inode: number,
  startBlock: number,
): void | Promise<void> {
  const blocks = stream.block - startBlock;
  const leafBlocks = extentLeafBlocks(blocks);
  inodes.set(inode, inodeColumn.place, startBlock);
  inodes.set(inode, inodeColumn.flags, inodes.get(inode, inodeColumn.flags) | inodeFlag.extents);
  inodes.set(inode, inodeColumn.blocks, inodes.get(inode, inodeColumn.blocks) + blocks + leafBlocks);
  if (leafBlocks > 0) return appendLeaves(stream, startBlock, blocks, leafBlocks);
}

async function appendLeaves(
  stream: ImageStream,
  startBlock: number,
  blocks: number,
  leafBlocks: number,
): Promise<void> {
  for (let leaf = 0; leaf < leafBlocks; leaf++)
    await stream.append(extentLeafBlock(leaf, startBlock, blocks));
}
