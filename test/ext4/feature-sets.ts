/** File systems as `mkfs.ext4` can make them. */
import { everything, type Filling, fragments, largeXattrs, many, reserved, xattrs } from "./fillings.ts";

/** One kind of file system, and what it is filled with. */
export interface FeatureSet {
  readonly title: string;
  readonly mkfs: readonly string[];
  readonly sizeBytes: number;
  readonly fillings: readonly Filling[];
  /** The file system keeps no times of creation. */
  readonly birthless?: true;
}

const mib = 1 << 20;

/** Kinds that differ in what the reader has to do; small enough for every run of the tests. */
export const featureSets: readonly FeatureSet[] = [
  {
    title: "mkfs's own choice",
    mkfs: ["-b", "4096"],
    sizeBytes: 64 * mib,
    fillings: [...everything, reserved, fragments(700, 4096), many(900)],
  },
  {
    title: "blocks of 1 KiB, no checksums",
    mkfs: ["-b", "1024", "-O", "^metadata_csum,^64bit,uninit_bg"],
    sizeBytes: 48 * mib,
    fillings: [...everything, reserved, fragments(2000, 1024), many(2500)],
  },
  {
    title: "ext2 with inodes of 128 bytes and blocks of 1 KiB",
    mkfs: ["-t", "ext2", "-b", "1024", "-I", "128"],
    sizeBytes: 96 * mib,
    fillings: [...everything, fragments(400, 1024), many(400)],
    birthless: true,
  },
  {
    title: "inline data",
    mkfs: ["-b", "4096", "-O", "inline_data,metadata_csum_seed", "-N", "4096"],
    sizeBytes: 32 * mib,
    fillings: [...everything, reserved],
  },
  {
    title: "values in inodes, copies of the superblock where sparse_super2 has them",
    mkfs: ["-b", "2048", "-O", "ea_inode,sparse_super2,^resize_inode"],
    sizeBytes: 32 * mib,
    fillings: [xattrs, largeXattrs, reserved],
  },
];
