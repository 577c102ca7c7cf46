/** Where each block group keeps its inodes: group descriptors, found, checked and read one at a time. */
import { crc16, crc32c, crc32cU32 } from "../bytes/crc.ts";
import type { IoOptions } from "../device/block-device.ts";
import type { Ext4Geometry } from "./geometry.ts";
import { groupDescriptorFields, groupDescriptorHighFields } from "./group-descriptor.ts";
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

/** The block that holds the `index`-th block of descriptors (the kernel's `descriptor_loc`). */
function descriptorBlock(geometry: Ext4Geometry, index: number): number {
  const { features, firstMetaBlockGroup, firstDataBlock, blocksPerGroup } = geometry;
  if (!features.metaBg || index < firstMetaBlockGroup) return firstDataBlock + 1 + index;
  const group = (geometry.blockSizeBytes / geometry.descriptorSizeBytes) * index;
  return firstDataBlock + group * blocksPerGroup + (hasSuperblock(geometry, group) ? 1 : 0);
}

/** True where a group begins with a copy of the superblock (`ext4_bg_has_super`). */
function hasSuperblock({ features, backupBlockGroups }: Ext4Geometry, group: number): boolean {
  if (group === 0) return true;
  if (features.sparseSuper2) return backupBlockGroups.includes(group);
  if (group === 1 || !features.sparseSuper) return true;
  return [3, 5, 7].some((base) => isPowerOf(group, base));
}

function isPowerOf(value: number, base: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}

/** What the checksum must be (`ext4_group_desc_csum`); the stored one where there are no checksums. */
function descriptorChecksum(geometry: Ext4Geometry, group: number, descriptor: Uint8Array): number {
  const { features, checksumSeed, superblock } = geometry;
  const [offset, size] = groupDescriptorFields.checksum;
  const before = descriptor.subarray(0, offset);
  const after = descriptor.subarray(offset + size);
  if (features.metadataCsum) {
    const start = crc32c(crc32cU32(checksumSeed, group), before);
    return crc32c(crc32c(start, new Uint8Array(size)), after) & 0xffff;
  }
  if (!features.gdtCsum) return readField(descriptor, 0, groupDescriptorFields.checksum);
  const number = Uint8Array.of(group, group >>> 8, group >>> 16, group >>> 24);
  const start = crc16(crc16(crc16(0xffff, superblock.uuid), number), before);
  return features.bit64 ? crc16(start, after) : start;
}
