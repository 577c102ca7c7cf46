/** The golden tars, and what hcsshim made of them (`test/golden/layers`). */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const folder = new URL("../golden/layers/", import.meta.url);

interface Manifest {
  readonly tars: Readonly<Record<string, ManifestTar>>;
}

interface ManifestTar {
  /** The file's path below `test/golden/layers`, gzipped where it ends in `.gz`. */
  readonly stored: string;
  readonly tar_sha256: string;
  readonly results: Readonly<Record<string, { readonly error?: string }>>;
}

/** One of the tars. */
export interface GoldenTar {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Go's error for the `layer` options, if the conversion failed. */
  readonly error: string | undefined;
}

/** All of them, in the manifest's order. */
export function loadGoldenTars(): GoldenTar[] {
  const { tars } = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8")) as Manifest;
  return Object.entries(tars).map(([name, { stored, tar_sha256, results }]) => {
    const file = readFileSync(new URL(stored, folder));
    const bytes = new Uint8Array(stored.endsWith(".gz") ? gunzipSync(file) : file);
    return { name, bytes, sha256: tar_sha256, error: results["layer"]?.error };
  });
}
