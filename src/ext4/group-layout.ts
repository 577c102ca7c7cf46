/** Where block groups keep their descriptors and copies of the superblock, and how a descriptor is checked. */
import { crc16, crc32c, crc32cU32 } from "../bytes/crc.ts";
import type { Ext4Geometry } from "./geometry.ts";
import { groupDescriptorFields } from "./group-descriptor.ts";
import { readField } from "./structure.ts";

/** The block that holds the `index`-th block of descriptors (the kernel's `descriptor_loc`). */
export function descriptorBlock(geometry: Ext4Geometry, index: number): number {
  const { features, firstMetaBlockGroup, firstDataBlock, blocksPerGroup } = geometry;
  if (!features.metaBg || index < firstMetaBlockGroup) return firstDataBlock + 1 + index;
  const group = (geometry.blockSizeBytes / geometry.descriptorSizeBytes) * index;
  return firstDataBlock + group * blocksPerGroup + (hasSuperblock(geometry, group) ? 1 : 0);
}

/** True where a group begins with a copy of the superblock (`ext4_bg_has_super`). */
export function hasSuperblock({ features, backupBlockGroups }: Ext4Geometry, group: number): boolean {
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
export function descriptorChecksum(geometry: Ext4Geometry, group: number, descriptor: Uint8Array): number {
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

/** Blocks that a group begins with: a copy of the superblock and of the descriptors, room for more of them included. */
export function headBlocks(geometry: Ext4Geometry, group: number): number {
  if (!hasSuperblock(geometry, group)) return 0;
  const { groups, descriptorSizeBytes, blockSizeBytes, superblock } = geometry;
  const descriptors = Math.ceil((groups * descriptorSizeBytes) / blockSizeBytes);
  return 1 + descriptors + superblock.reservedGroupDescriptorBlocks;
}
