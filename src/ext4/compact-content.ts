/** Ends the content of a file or directory: padding, extent blocks, and what the inode says of them. */
import { extentLeafBlock, extentLeafBlocks } from "./compact-extents.ts";
import type { CompactTree } from "./compact-tree.ts";
import type { ImageStream } from "./image-stream.ts";
import { inodeFlag } from "./inode.ts";
import { inodeColumn } from "./inode-records.ts";

/** Pads what stands from `startBlock` up to the position, and makes it the inode's content. */
export async function finishContent(
  { inodes }: CompactTree,
  stream: ImageStream,
  inode: number,
  startBlock: number,
): Promise<void> {
  const padding = stream.padBlock();
  if (padding) await padding;
  const blocks = stream.block - startBlock;
  const leafBlocks = extentLeafBlocks(blocks);
  for (let leaf = 0; leaf < leafBlocks; leaf++)
    await stream.append(extentLeafBlock(leaf, startBlock, blocks));
  inodes.set(inode, inodeColumn.place, startBlock);
  inodes.set(inode, inodeColumn.flags, inodes.get(inode, inodeColumn.flags) | inodeFlag.extents);
  inodes.set(inode, inodeColumn.blocks, inodes.get(inode, inodeColumn.blocks) + blocks + leafBlocks);
}
