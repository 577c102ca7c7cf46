/** Archives for the oracles, and folders to do it in. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import { RandomTree, type TarFormat } from "./random-tree.ts";

const goldenFolder = new URL("../golden/layers/", import.meta.url);

/** The names of the golden archives that become an image. */
export function goldenArchives(): string[] {
  const { tars } = JSON.parse(readFileSync(new URL("manifest.json", goldenFolder), "utf8")) as {
    readonly tars: Readonly<Record<string, { readonly results: Readonly<Record<string, GoldenResult>> }>>;
  };
  return Object.entries(tars).flatMap(([name, { results }]) => (results["layer"]?.ext4_size ? [name] : []));
}

interface GoldenResult {
  readonly ext4_size?: number;
}

/** Writes a golden archive, unpacked, into a folder. */
export function writeGolden(name: string, folder: string): string {
  const file = readdirSync(new URL("tars/", goldenFolder)).find(
    (each) => each.replace(/\.tar(?:\.gz)?$/, "") === name,
  );
  const bytes = readFileSync(new URL(`tars/${file}`, goldenFolder));
  const path = join(folder, "golden.tar");
  writeFileSync(path, file?.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  return path;
}

/** One random archive. */
export interface RandomCase {
  readonly seed: number;
  readonly format: TarFormat;
  readonly sparse: boolean;
  readonly order: "tree" | "shuffled";
}

/** All formats in turn, sparse and not, in both orders. */
export function randomCases(firstSeed: number, count: number): RandomCase[] {
  return Array.from({ length: count }, (_, index) => {
    const seed = firstSeed + index;
    const format = (["posix", "gnu", "ustar"] as const)[seed % 3] ?? "posix";
    return {
      seed,
      format,
      sparse: format !== "ustar" && seed % 2 === 0,
      order: seed % 4 < 2 ? "tree" : "shuffled",
    };
  });
}

/** Makes a random tree of `count` nodes in a folder, and its archive. */
export function writeRandom(
  { seed, format, sparse, order }: RandomCase,
  count: number,
  folder: string,
): string {
  const top = join(folder, "tree");
  mkdirSync(top);
  const tree = new RandomTree(seed, top, format);
  tree.fill(count);
  const path = join(folder, "random.tar");
  tree.archive(path, format, { sparse, order });
  return path;
}

/** A folder that is removed with the test. */
export function oracleFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-oracle-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
