/** Where each block group keeps its inodes: group descriptors, found, checked and read one at a time. */
import type { IoOptions } from "../device/block-device.ts";
import { groupDescriptorFields, groupDescriptorHighFields } from "./group-descriptor.ts";
import { descriptorBlock, descriptorChecksum } from "./group-layout.ts";
import { readField } from "./structure.ts";
import type { Ext4Volume } from "./volume.ts";

/** Where one group's inodes stand. */
export interface InodeTable {
  readonly firstBlock: number;
  /** The block behind the last. */
  readonly endBlock: number;
}

/**
 * The inode table of a group.
 *
 * @param group less than the number of groups.
 * @throws {FormatError} `does-not-fit` for a descriptor or a table that is not inside the file system,
 *   `bad-checksum` for a descriptor whose checksum does not hold.
 */
export async function readInodeTable(
  volume: Ext4Volume,
  group: number,
  options: IoOptions,
): Promise<InodeTable> {
  const { geometry } = volume;
  const { blockSizeBytes, descriptorSizeBytes, inodesPerGroup, inodeSizeBytes } = geometry;
  const perBlock = blockSizeBytes / descriptorSizeBytes;
  const block = descriptorBlock(geometry, Math.floor(group / perBlock));
  if (!volume.holds(block)) {
    throw volume.malformed("does-not-fit", `the descriptor of group ${group} is outside`, { block });
  }
  const bytes = await volume.readBlock(block, options);
  const start = (group % perBlock) * descriptorSizeBytes;
  const descriptor = bytes.subarray(start, start + descriptorSizeBytes);
  if (
    descriptorChecksum(geometry, group, descriptor) !==
    readField(descriptor, 0, groupDescriptorFields.checksum)
  ) {
    throw volume.malformed("bad-checksum", `the checksum of group ${group}'s descriptor does not hold`, {
      block,
      field: "checksum",
    });
  }
  const high = geometry.features.bit64
    ? readField(descriptor, 0, groupDescriptorHighFields.inodeTableHigh)
    : 0;
  const firstBlock = high * 2 ** 32 + readField(descriptor, 0, groupDescriptorFields.inodeTableLow);
  const tableBlocks = Math.ceil((inodesPerGroup * inodeSizeBytes) / blockSizeBytes);
  if (!volume.holds(firstBlock, tableBlocks)) {
    const why = `the inode table of group ${group} is outside: ${tableBlocks} blocks from ${firstBlock} on`;
    throw volume.malformed("does-not-fit", why, { block, field: "inodeTable" });
  }
  return { firstBlock, endBlock: firstBlock + tableBlocks };
}
