/** The layers that are looked at are the ones that hcsshim makes: for every golden tar of some MiB at the most. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/bytes/hex.ts";
import { NativeSha256Hasher } from "../../../src/crypto/native-hasher.node.ts";
import { createNativeStreamHasher } from "../../../src/crypto/native-stream-hasher.node.ts";
import type { ExplainEngine } from "../../../src/layer/explain/layer-input.ts";
import type { OptionSet } from "../../../src/layer/explain/option-set.ts";
import { viewTar } from "../../../src/layer/explain/tar-view.ts";
import { layerOptionSets } from "../../../src/layer/layer-options.ts";
import { loadGoldenTars } from "../../tar/golden-tars.ts";

interface Manifest {
  readonly tars: Readonly<
    Record<string, { readonly results: Readonly<Record<string, { readonly verity_root_hash?: string }>> }>
  >;
}

const { tars } = JSON.parse(
  readFileSync(new URL("../../golden/layers/manifest.json", import.meta.url), "utf8"),
) as Manifest;
const engine: ExplainEngine = {
  createHasher: async (options) => new NativeSha256Hasher(options),
  createStreamHasher: createNativeStreamHasher,
};

/** The conversion's own tests take all sets and all sizes. */
const sets: ReadonlySet<string> = new Set(["layer", "inline", "slash"]);
const small = loadGoldenTars().filter(({ bytes }) => bytes.length < 4_000_000);

describe.each(small)("$name", ({ name, bytes, sha256 }) => {
  const results = Object.entries(tars[name]?.results ?? {}).filter(([set]) => sets.has(set));
  test.each(results)("%s", async (set, { verity_root_hash }) => {
    const options: OptionSet = {
      convertWhiteout: false,
      convertBackslash: false,
      inlineData: false,
      maximumDiskSizeBytes: 0,
      ...layerOptionSets[set as keyof typeof layerOptionSets],
    };
    const viewed = viewTar({ kind: "tar", name, open: () => [bytes] }, options, engine);
    if (verity_root_hash === undefined) {
      await expect(viewed).rejects.toThrow();
      return;
    }
    const { rootHash, diffId, map, dataBlocks } = await viewed;
    expect(toHex(rootHash)).toBe(verity_root_hash);
    expect(toHex(diffId)).toBe(sha256);
    expect(map?.shape.blocks).toBe(dataBlocks);
    expect(map?.at(0).owner.kind).toBe("superblock");
    expect(map?.descriptorBlocks).toBe(options.maximumDiskSizeBytes > 0 ? 8 : 1);
  });
});
