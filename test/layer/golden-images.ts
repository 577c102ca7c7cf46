/** The golden layer images: what hcsshim made of the golden tars, and what it says of each. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const folder = new URL("../golden/layers/", import.meta.url);

/** What came of one archive under one set of options. */
export interface GoldenResult {
  readonly block_size?: number;
  readonly error?: string;
  readonly ext4_size: number;
  readonly ext4_sha256: string;
  readonly image_size: number;
  readonly image_sha256: string;
  readonly image_file?: string;
  readonly verity_root_hash: string;
  readonly verity_tree_size: number;
}

/** One archive. */
export interface GoldenTar {
  readonly notes: string;
  readonly stored: string;
  readonly results: Readonly<Record<string, GoldenResult>>;
}

/** One image file. */
export interface GoldenImage {
  /** As `01-empty.layer`. */
  readonly name: string;
  readonly tar: string;
  readonly variant: string;
  readonly result: GoldenResult & { readonly image_file: string };
}

const manifest = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8")) as {
  readonly tars: Readonly<Record<string, GoldenTar>>;
};

/** All images that are stored whole. */
export const goldenImages: readonly GoldenImage[] = Object.entries(manifest.tars).flatMap(
  ([tar, { results }]) =>
    Object.entries(results).flatMap(([variant, result]) => {
      const { image_file } = result;
      if (image_file === undefined) return [];
      return [{ name: `${tar}.${variant}`, tar, variant, result: { ...result, image_file } }];
    }),
);

/** The images as `dmverity-vhd create` writes them: tree and footer included. */
export const goldenLayers: readonly GoldenImage[] = goldenImages.filter(({ variant }) => variant === "layer");

/** The image of that name. */
export function goldenImage(name: string): GoldenImage {
  const found = goldenImages.find((image) => image.name === name);
  if (found === undefined) throw new Error(`no golden image ${name}`);
  return found;
}

/** The bytes of an image, as a copy of their own, checked against the manifest. */
export function imageBytes({ name, result }: GoldenImage): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(gunzipSync(readFileSync(new URL(`images/${result.image_file}`, folder))));
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== result.image_sha256) throw new Error(`the image of ${name} is not the manifest's`);
  return bytes;
}

/** The bytes of an archive, as a copy of their own. */
export function goldenTar(name: string): Uint8Array<ArrayBuffer> {
  const stored = manifest.tars[name]?.stored;
  if (stored === undefined) throw new Error(`no golden tar ${name}`);
  const bytes = readFileSync(new URL(stored, folder));
  return new Uint8Array(stored.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}
