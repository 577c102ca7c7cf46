/**
 * What changes a layer's bytes besides its tar, under the names that the
 * options of hcsshim's `tar2ext4` have in Go, and the sets of them in use.
 */
import type { CompactOptions } from "../ext4/compact-writer.ts";

/** How a tar's entries become files. */
export interface ConvertOptions {
  /** OCI's whiteouts (`.wh.name`, `.wh..wh..opq`) become overlayfs's: a device 0:0, an attribute of the directory. */
  readonly convertWhiteout?: boolean;
  /** `\` in names and link names becomes `/`. */
  readonly convertBackslash?: boolean;
}

/** All that decides what a layer image holds. */
export interface LayerOptions extends ConvertOptions, CompactOptions {
  /** Behind the file system: a superblock and the hash tree. */
  readonly appendDmVerity?: boolean;
  /** At the very end: the footer of a fixed VHD. */
  readonly appendVhdFooter?: boolean;
}

/** The size for which policies' root hashes are made: 128 GiB. */
export const LAYER_DISK_SIZE_BYTES: number = 128 * 2 ** 30;

/** The name of a set of options. */
export type LayerOptionSet = "layer" | "differ" | "plain" | "inline" | "hashed" | "nocw" | "slash";

/**
 * The sets that real tools use. `layer` is what `dmverity-vhd create` writes,
 * and its root hash is the one in a policy; the other sets' differ where their
 * disk size, whiteouts or inline data do.
 */
export const layerOptionSets: Readonly<Record<LayerOptionSet, LayerOptions>> = {
  layer: {
    convertWhiteout: true,
    maximumDiskSizeBytes: LAYER_DISK_SIZE_BYTES,
    appendDmVerity: true,
    appendVhdFooter: true,
  },
  /** containerd's differ for Linux containers on Windows. */
  differ: { convertWhiteout: true, maximumDiskSizeBytes: LAYER_DISK_SIZE_BYTES, appendVhdFooter: true },
  /** `tar2ext4` without a flag. */
  plain: {},
  /** `tar2ext4 -overlay -inline`. */
  inline: { convertWhiteout: true, inlineData: true },
  /** `dmverity-vhd tar2hashed`. */
  hashed: { convertWhiteout: true, appendDmVerity: true },
  nocw: { maximumDiskSizeBytes: LAYER_DISK_SIZE_BYTES, appendDmVerity: true },
  /** `tar2ext4 -overlay -convert-slash`, for a tar made on Windows. */
  slash: {
    convertWhiteout: true,
    convertBackslash: true,
    maximumDiskSizeBytes: LAYER_DISK_SIZE_BYTES,
    appendDmVerity: true,
  },
};
