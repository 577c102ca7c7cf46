/** The small images of `test/golden/ext4`, and what Linux shows of them. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const folder = new URL("../golden/ext4/", import.meta.url);

export const goldenNames = ["extents", "checksums", "pointers", "inline"] as const;

/** One of the images. */
export type GoldenName = (typeof goldenNames)[number];

/** A copy of an image, to be read and spoilt. */
export function goldenImage(name: GoldenName): Uint8Array {
  return new Uint8Array(gunzipSync(readFileSync(new URL(`${name}.img.gz`, folder))));
}

/** What the kernel shows, by path; times are texts. */
export function goldenSnapshot(name: GoldenName): Map<string, object> {
  const all = JSON.parse(readFileSync(new URL("kernel.json", folder), "utf8")) as Record<
    GoldenName,
    { path: string }[]
  >;
  return new Map(all[name].map((node) => [node.path, node]));
}
