/** The golden layers: tars, and what hcsshim's own code makes of them. See `test/golden/layers/README.md`. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { LayerOptionSet } from "../../src/layer/layer-options.ts";

/** What came of one tar under one set of options. */
export type GoldenResult =
  | { readonly error: string }
  | {
      readonly image_sha256: string;
      readonly image_size: number;
      readonly ext4_sha256: string;
      readonly ext4_size: number;
      readonly verity_root_hash: string;
      readonly verity_superblock_sha256_fixeduuid?: string;
      readonly verity_tree_sha256: string;
      readonly verity_tree_size: number;
      readonly vhd_footer_hex?: string;
    };

/** One tar. */
export interface GoldenTar {
  readonly name: string;
  readonly results: readonly (readonly [LayerOptionSet, GoldenResult])[];
  /** The archive, uncompressed. */
  bytes(): Uint8Array;
}

/** 16 bytes of 0x11, which stand for all that is random. */
export const goldenUuid: Readonly<Uint8Array> = new Uint8Array(16).fill(0x11);

const folder = new URL("../golden/layers/", import.meta.url);

/** All golden tars, by name. */
export function goldenTars(): readonly GoldenTar[] {
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));
  return Object.entries<{ stored: string; results: Record<LayerOptionSet, GoldenResult> }>(manifest.tars).map(
    ([name, { stored, results }]) => ({
      name,
      results: Object.entries(results) as [LayerOptionSet, GoldenResult][],
      bytes: () => {
        const bytes = readFileSync(new URL(stored, folder));
        return new Uint8Array(stored.endsWith(".gz") ? gunzipSync(bytes) : bytes);
      },
    }),
  );
}
