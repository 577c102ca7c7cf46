/**
 * What the superblock says of the whole file system, checked as the kernel's
 * `ext4_fill_super` does before anything else is read by it.
 */
import { readU32Le } from "../bytes/codec.ts";
import { crc32c } from "../bytes/crc.ts";
import { type ErrorLocation, FormatError, type FormatErrorCode } from "../errors.ts";
import { type Ext4Features, featuresOf, refusedFeatures } from "./features.ts";
import { GROUP_DESCRIPTOR_SIZE_BYTES } from "./group-descriptor.ts";
import { INODE_BASE_SIZE_BYTES, inodeNumber } from "./inode.ts";
import { fieldBytes, readStructure } from "./structure.ts";
import {
  EXT4_MAGIC,
  EXT4_SUPERBLOCK_OFFSET_BYTES,
  EXT4_SUPERBLOCK_SIZE_BYTES,
  type Ext4Superblock,
  superblockFields,
} from "./superblock.ts";

/** Sizes and places that hold for the whole file system. */
export interface Ext4Geometry {
  /** A power of two, 1024 to 65536. */
  readonly blockSizeBytes: number;
  /** All blocks of the file system; they lie inside the device. */
  readonly blocks: number;
  readonly sizeBytes: number;
  /** 1 with blocks of 1024 bytes, else 0: the block that holds the superblock. */
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly groups: number;
  readonly inodesPerGroup: number;
  /** The highest number of an inode. */
  readonly inodes: number;
  /** The lowest number of an inode that names may stand for, the root aside. */
  readonly firstInode: number;
  readonly inodeSizeBytes: number;
  readonly descriptorSizeBytes: number;
  readonly firstMetaBlockGroup: number;
  /** The groups that hold a copy of the superblock with `sparse_super2`. */
  readonly backupBlockGroups: readonly [number, number];
  readonly features: Ext4Features;
  /** What every checksum begins with where there are any. */
  readonly checksumSeed: number;
  readonly superblock: Ext4Superblock;
}

type Refuse = (code: FormatErrorCode, field: keyof typeof superblockFields, why: string) => never;

const crcStart = 0xffff_ffff;

/**
 * Parses and checks a superblock of 1024 bytes, which the host controls.
 *
 * @param deviceSizeBytes the file system must lie inside it.
 * @param at where the bytes come from.
 * @throws {FormatError} `bad-magic`, `bad-version`, `unsupported`, `bad-checksum`, `bad-field` or
 *   `does-not-fit`, with the field in `at`.
 */
export function parseGeometry(
  bytes: Uint8Array,
  deviceSizeBytes: number,
  at: ErrorLocation = {},
): Ext4Geometry {
  const refuse: Refuse = (code, field, why) => {
    const offsetBytes = EXT4_SUPERBLOCK_OFFSET_BYTES + superblockFields[field][0];
    throw new FormatError(code, `ext4 superblock: ${why} (${field}, byte ${offsetBytes})`, {
      at: { ...at, field, offsetBytes },
    });
  };
  if (bytes.length !== EXT4_SUPERBLOCK_SIZE_BYTES) {
    throw new FormatError("truncated", `an ext4 superblock has 1024 bytes, not ${bytes.length}`, { at });
  }
  const superblock = readStructure(superblockFields, bytes);
  if (superblock.magic !== EXT4_MAGIC) refuse("bad-magic", "magic", "no magic: this is no ext4");
  if (superblock.revisionLevel > 1) {
    refuse("bad-version", "revisionLevel", `revision ${superblock.revisionLevel} instead of 0 or 1`);
  }
  const refused = refusedFeatures(superblock);
  if (refused !== undefined) refuse("unsupported", "featureIncompat", refused);
  const features = featuresOf(superblock);
  if (features.metadataCsum) checkChecksum(superblock, bytes, refuse);
  const blockSizeBytes = checkBlockSize(superblock, refuse);
  const { firstDataBlock, blocksPerGroup } = superblock;
  if (firstDataBlock !== (blockSizeBytes === 1024 ? 1 : 0)) {
    refuse("bad-field", "firstDataBlock", `block ${firstDataBlock} cannot be the first`);
  }
  if (blocksPerGroup === 0 || blocksPerGroup > 8 * blockSizeBytes) {
    refuse("bad-field", "blocksPerGroup", `${blocksPerGroup} blocks in a group`);
  }
  const blocks = superblock.blocksCountHigh * 2 ** 32 + superblock.blocksCountLow;
  const sizeBytes = blocks * blockSizeBytes;
  if (sizeBytes > deviceSizeBytes) {
    refuse(
      "does-not-fit",
      "blocksCountLow",
      `${blocks} blocks are more than a device of ${deviceSizeBytes} bytes`,
    );
  }
  if (blocks <= firstDataBlock + 1) refuse("bad-field", "blocksCountLow", `${blocks} blocks hold nothing`);
  const groups = Math.ceil((blocks - firstDataBlock) / blocksPerGroup);
  return {
    ...checkInodes(superblock, blockSizeBytes, groups, refuse),
    blockSizeBytes,
    blocks,
    sizeBytes,
    firstDataBlock,
    blocksPerGroup,
    groups,
    descriptorSizeBytes: checkDescriptorSize(superblock, features, blockSizeBytes, refuse),
    firstMetaBlockGroup: superblock.firstMetaBlockGroup,
    backupBlockGroups: [
      readU32Le(superblock.backupBlockGroups, 0),
      readU32Le(superblock.backupBlockGroups, 4),
    ],
    features,
    checksumSeed: features.csumSeed ? superblock.checksumSeed : crc32c(crcStart, superblock.uuid),
    superblock,
  };
}

function checkChecksum(superblock: Ext4Superblock, bytes: Uint8Array, refuse: Refuse): void {
  if (superblock.checksumType !== 1) {
    refuse("unsupported", "checksumType", `checksums of type ${superblock.checksumType} are not read`);
  }
  const checked = fieldBytes(bytes, 0, [0, superblockFields.checksum[0]]);
  if (crc32c(crcStart, checked) !== superblock.checksum) {
    refuse("bad-checksum", "checksum", "its checksum does not hold");
  }
}

function checkBlockSize({ logBlockSize, logClusterSize }: Ext4Superblock, refuse: Refuse): number {
  if (logBlockSize > 6) refuse("bad-field", "logBlockSize", `blocks of 2^${logBlockSize} KiB`);
  // Without bigalloc a cluster is a block.
  if (logClusterSize !== logBlockSize) {
    refuse("bad-field", "logClusterSize", `clusters of 2^${logClusterSize} KiB`);
  }
  return 1024 << logBlockSize;
}

function checkDescriptorSize(
  { groupDescriptorSize }: Ext4Superblock,
  { bit64 }: Ext4Features,
  blockSizeBytes: number,
  refuse: Refuse,
): number {
  if (!bit64) return GROUP_DESCRIPTOR_SIZE_BYTES;
  const fits =
    groupDescriptorSize >= 2 * GROUP_DESCRIPTOR_SIZE_BYTES && groupDescriptorSize <= blockSizeBytes;
  if (!fits || !isPowerOfTwo(groupDescriptorSize)) {
    refuse("bad-field", "groupDescriptorSize", `descriptors of ${groupDescriptorSize} bytes`);
  }
  return groupDescriptorSize;
}

function checkInodes(
  superblock: Ext4Superblock,
  blockSizeBytes: number,
  groups: number,
  refuse: Refuse,
): Pick<Ext4Geometry, "inodes" | "inodesPerGroup" | "inodeSizeBytes" | "firstInode"> {
  const { inodesPerGroup, inodesCount } = superblock;
  const old = superblock.revisionLevel === 0;
  const inodeSizeBytes = old ? INODE_BASE_SIZE_BYTES : superblock.inodeSize;
  const firstInode = old ? inodeNumber.firstOrdinary : superblock.firstInode;
  if (
    inodeSizeBytes < INODE_BASE_SIZE_BYTES ||
    inodeSizeBytes > blockSizeBytes ||
    !isPowerOfTwo(inodeSizeBytes)
  ) {
    refuse("bad-field", "inodeSize", `inodes of ${inodeSizeBytes} bytes`);
  }
  if (firstInode < inodeNumber.firstOrdinary) {
    refuse("bad-field", "firstInode", `inode ${firstInode} cannot be the first`);
  }
  const inodesPerBlock = blockSizeBytes / inodeSizeBytes;
  if (inodesPerGroup < inodesPerBlock || inodesPerGroup > 8 * blockSizeBytes) {
    refuse("bad-field", "inodesPerGroup", `${inodesPerGroup} inodes in a group`);
  }
  if (inodesCount !== inodesPerGroup * groups) {
    refuse("bad-field", "inodesCount", `${inodesCount} inodes in ${groups} groups of ${inodesPerGroup}`);
  }
  return { inodes: inodesCount, inodesPerGroup, inodeSizeBytes, firstInode };
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}
