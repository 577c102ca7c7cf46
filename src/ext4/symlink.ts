/** Targets of symlinks: in the inode where they are short, else in blocks. */
import type { IoOptions } from "../device/block-device.ts";
import type { FileStretch } from "../tree/file-tree.ts";
import { type Content, contentOf } from "./file-content.ts";
import { inodeFlag } from "./inode.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import type { Ext4Volume } from "./volume.ts";

/**
 * The longest target that is read. Linux follows none of 4096 bytes or more, but
 * the compact writer stores what a tar holds, and a PAX record ends at 1 MiB.
 */
const targetLimitBytes = 1 << 20;

/** Where a target's blocks are read from. */
export interface TargetContent {
  nextData(
    offsetBytes: number,
    options: IoOptions,
  ): ReturnType<Content["nextData"]> | FileStretch | undefined;
  read(offsetBytes: number, into: Uint8Array, options: IoOptions): Promise<unknown>;
}

/**
 * The target of a symlink. Of no bytes it is where the image says so: the compact
 * writer makes such links from tars that have them, and the kernel refuses them.
 *
 * @param content of what has blocks; by default as it is on the device.
 * @throws {FormatError} `bad-field` for a target that is too long, or holds a NUL; as the content's blocks.
 */
export async function readTarget(
  volume: Ext4Volume,
  inode: Ext4Inode,
  options: IoOptions,
  content: () => TargetContent = () => contentOf(volume, inode),
): Promise<Uint8Array> {
  const { sizeBytes } = inode.attributes;
  const at = { inode: inode.number };
  if (sizeBytes > targetLimitBytes) {
    throw volume.malformed("bad-field", `a symlink's target of ${sizeBytes} bytes`, {
      ...at,
      field: "sizeLow",
    });
  }
  let target: Uint8Array;
  if (standsInInode(volume, inode)) target = new Uint8Array(inode.block.subarray(0, sizeBytes));
  else target = await readFromContent(volume, inode, content(), options);
  if (target.includes(0)) throw volume.malformed("bad-field", "a symlink's target that holds a NUL", at);
  return target;
}

/** As `ext4_inode_is_fast_symlink`: short, and without blocks of its own. */
function standsInInode(volume: Ext4Volume, { flags, attributes, block, xattrBlock }: Ext4Inode): boolean {
  if (flags & (inodeFlag.inlineData | inodeFlag.extents)) return false;
  if (attributes.sizeBytes >= block.length) return false;
  if (volume.geometry.features.eaInode) return true;
  const xattrBytes = xattrBlock === 0 ? 0 : volume.geometry.blockSizeBytes;
  return attributes.allocatedBytes <= xattrBytes;
}

async function readFromContent(
  volume: Ext4Volume,
  inode: Ext4Inode,
  content: TargetContent,
  options: IoOptions,
): Promise<Uint8Array> {
  const { sizeBytes } = inode.attributes;
  const first = await content.nextData(0, options);
  // A hole reads as NULs, which no target holds: nothing is allocated for one.
  if (first?.offsetBytes !== 0 || first.lengthBytes < sizeBytes) {
    throw volume.malformed("bad-field", "a symlink without all of its target", {
      inode: inode.number,
      field: "block",
    });
  }
  const target = new Uint8Array(sizeBytes);
  await content.read(0, target, options);
  return target;
}
