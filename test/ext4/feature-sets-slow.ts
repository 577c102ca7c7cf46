/** Further kinds of file systems, for the slow tests. */
import type { FeatureSet } from "./feature-sets.ts";
import { enormous, everything, fragments, largeXattrs, many, reserved, xattrs } from "./fillings.ts";

const mib = 1 << 20;

/** Kinds that differ from those of every run in one respect each. */
export const slowFeatureSets: readonly FeatureSet[] = [
  {
    title: "ext3: a journal and block pointers, 4 KiB",
    mkfs: ["-t", "ext3", "-b", "4096"],
    sizeBytes: 256 * mib,
    fillings: [...everything, fragments(3000, 4096), many(3000), enormous],
  },
  {
    title: "1 KiB with checksums, a seed of its own, two levels of hashes",
    mkfs: ["-b", "1024", "-O", "metadata_csum,metadata_csum_seed,64bit", "-N", "30000"],
    sizeBytes: 256 * mib,
    fillings: [...everything, reserved, fragments(20_000, 1024), many(20_000, 200)],
  },
  {
    title: "2 KiB, values in inodes, large directories",
    mkfs: ["-b", "2048", "-O", "ea_inode,large_dir"],
    sizeBytes: 128 * mib,
    fillings: [...everything, reserved, largeXattrs, many(5000)],
  },
  {
    title: "descriptors spread over meta groups",
    mkfs: ["-b", "1024", "-O", "meta_bg,^resize_inode,64bit"],
    sizeBytes: 600 * mib,
    fillings: [...everything, many(2000)],
  },
  {
    title: "meta groups without 64bit, copies as sparse_super2 has them",
    mkfs: ["-b", "1024", "-O", "meta_bg,^resize_inode,^64bit,sparse_super2"],
    sizeBytes: 600 * mib,
    fillings: [...everything],
  },
  {
    title: "inline data in inodes of 512 bytes, 1 KiB",
    mkfs: ["-b", "1024", "-I", "512", "-O", "inline_data"],
    sizeBytes: 96 * mib,
    fillings: [...everything, reserved, many(2000)],
  },
  {
    title: "inline data without checksums, inodes of 256 bytes",
    mkfs: ["-b", "2048", "-I", "256", "-O", "inline_data,^metadata_csum,uninit_bg,^64bit"],
    sizeBytes: 96 * mib,
    fillings: [...everything, many(2000)],
  },
  {
    title: "no types in directories, no hashed ones, no flexible groups",
    mkfs: ["-b", "4096", "-O", "^filetype,^dir_index,^flex_bg,^huge_file,^extra_isize"],
    sizeBytes: 96 * mib,
    fillings: [...everything, many(2000)],
  },
  {
    title: "a file of orphans, guarded against two mounts",
    mkfs: ["-b", "4096", "-O", "orphan_file,mmp,stable_inodes,fast_commit"],
    sizeBytes: 96 * mib,
    fillings: [...everything, reserved],
  },
  {
    title: "every copy of the superblock, all groups",
    mkfs: ["-b", "1024", "-O", "^sparse_super,^resize_inode,^has_journal"],
    sizeBytes: 64 * mib,
    fillings: [...everything, xattrs],
  },
  {
    title: "a file of 5 GiB by extents",
    mkfs: ["-b", "4096"],
    sizeBytes: 64 * mib,
    fillings: [enormous, reserved],
  },
];
