/** Which file systems are opened for writing, and which are refused, by what. */
import { namesOf } from "./features.ts";
import { compatFeature, incompatFeature, roCompatFeature } from "./superblock.ts";
import type { Ext4Volume } from "./volume.ts";

const writableIncompat =
  incompatFeature.filetype |
  incompatFeature.extents |
  incompatFeature.bit64 |
  incompatFeature.flexBg |
  incompatFeature.csumSeed;

const writableRoCompat =
  roCompatFeature.sparseSuper |
  roCompatFeature.largeFile |
  roCompatFeature.hugeFile |
  roCompatFeature.gdtCsum |
  roCompatFeature.dirNlink |
  roCompatFeature.extraIsize |
  roCompatFeature.metadataCsum;

/** Bits of the superblock's `state`. */
export const fileSystemState = { clean: 1, errors: 2, orphans: 4 } as const;

/**
 * Refuses what the driver does not know how to keep in order.
 *
 * @throws {FormatError} `unsupported` for a feature, by name, for a file system without extents, large files or
 *   types in its directories, and for one that is not clean; `bad-field` for groups that cannot be.
 */
export function checkWritable(volume: Ext4Volume): void {
  const { superblock, blocksPerGroup, blockSizeBytes, inodesPerGroup, features } = volume.geometry;
  const names = [
    ...namesOf(superblock.featureIncompat & ~writableIncompat, incompatFeature, "incompat"),
    ...namesOf(superblock.featureRoCompat & ~writableRoCompat, roCompatFeature, "ro_compat"),
    ...namesOf(superblock.featureCompat & refusedCompat, compatFeature, "compat"),
  ];
  const refuse = (why: string): never => {
    throw volume.malformed("unsupported", `it is not opened for writing: ${why}`);
  };
  if (names.length > 0) refuse(`feature ${names.join(", ")} is not written`);
  if (!features.extents) refuse("it has no feature extents");
  if (!features.filetype) refuse("it has no feature filetype");
  if ((superblock.featureRoCompat & roCompatFeature.largeFile) === 0) refuse("it has no feature large_file");
  if (superblock.revisionLevel === 0) refuse("revision 0");
  const { clean, errors } = fileSystemState;
  if ((superblock.state & (clean | errors)) !== clean)
    refuse("it was not flushed, or has errors: run e2fsck");
  if (superblock.lastOrphan !== 0) refuse("files without names wait to be removed: run e2fsck");
  if (blocksPerGroup % 8 !== 0 || inodesPerGroup % 8 !== 0 || blocksPerGroup < 256) {
    throw volume.malformed("bad-field", `groups of ${blocksPerGroup} blocks and ${inodesPerGroup} inodes`);
  }
  if (inodesPerGroup % (blockSizeBytes / volume.geometry.inodeSizeBytes) !== 0) {
    throw volume.malformed("bad-field", `${inodesPerGroup} inodes in a group do not fill its blocks`);
  }
}

/** Features whose structures would go stale. */
const refusedCompat =
  compatFeature.imagicInodes | compatFeature.excludeBitmap | compatFeature.lazyBlockGroups;
