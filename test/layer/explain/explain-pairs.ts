/** On random pairs: the verdict is that of root hashes computed elsewhere, and what is called a difference is one. */
import fc from "fast-check";
import { expect } from "vitest";
import { equalBytes } from "../../../src/bytes/compare.ts";
import { toHex } from "../../../src/bytes/hex.ts";
import { NativeSha256Hasher } from "../../../src/crypto/native-hasher.node.ts";
import { createNativeStreamHasher } from "../../../src/crypto/native-stream-hasher.node.ts";
import { StorageError } from "../../../src/errors.ts";
import { buildLayer } from "../../../src/layer/build-layer.ts";
import { explainLayers } from "../../../src/layer/explain/explain.ts";
import type { ExplainEngine } from "../../../src/layer/explain/layer-input.ts";
import { TarBuilder } from "../../tar/tar-builder.ts";
import { goldenImages, imageBytes } from "../golden-images.ts";
import { imageInput, tarInput } from "./inputs.ts";

const entry = fc.record({
  name: fc.constantFrom("a", "b", "d/", "d/e", "./a", "x/y/z", ".wh.q", "d/.wh..wh..opq", "s\\t"),
  mode: fc.constantFrom(0o644, 0o755),
  mtime: fc.constantFrom(0, 5, -3, 2 ** 32),
  content: fc.constantFrom("", "1", "2"),
  uid: fc.constantFrom(0, 1000),
  pax: fc.constantFrom({}, { "SCHILY.xattr.user.k": "v" }, { atime: "7.5" }, { comment: "nothing" }),
});
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;

/** Two lists that have much in common: one, and the same with some entries changed, left out, or moved. */
const pair = fc.array(entry, { maxLength: 6 }).chain((list) =>
  fc.record({
    a: fc.constant(list),
    b: fc.oneof(
      fc.constant(list),
      fc.shuffledSubarray(list),
      fc.shuffledSubarray(list, { minLength: list.length }),
      fc.tuple(fc.nat(6), entry).map(([at, other]) => list.toSpliced(at, 1, other)),
    ),
  }),
);

function tarOf(list: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const tar = new TarBuilder();
  for (const { name, content, ...rest } of list) {
    if (name.endsWith("/")) tar.add({ ...rest, name, type: "5" });
    else tar.file(name, content, rest);
  }
  return tar.end().bytes();
}

/** How many entries are about a path. */
function countOf(list: readonly Entry[], path: string | undefined): number {
  return list.filter(({ name }) => name.replace(/^\.\//, "").replace(/\/$/, "") === path).length;
}

const engine: ExplainEngine = {
  createHasher: async (options) => new NativeSha256Hasher(options),
  createStreamHasher: createNativeStreamHasher,
};

async function rootHashOf(tar: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return (await buildLayer([tar])).rootHash;
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

/** Pairs of tars, so many. */
export async function expectTarPairs(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(pair, async ({ a, b }) => {
      const [ofA, ofB] = [tarOf(a), tarOf(b)];
      const [rootA, rootB] = [await rootHashOf(ofA), await rootHashOf(ofB)];
      const { verdict, entries, blocks, causes } = await explainLayers(
        tarInput("a", ofA),
        tarInput("b", ofB),
        { engine },
      );
      if (rootA === undefined || rootB === undefined) {
        expect(verdict).toBe("malformed");
        return;
      }
      expect(verdict).toBe(equalBytes(rootA, rootB) ? "equal" : "different");
      if (verdict === "equal") return;
      expect(causes.map(({ code }) => code)).not.toContain("blocks");
      expect(blocks?.count).toBeGreaterThan(0);
      const first = entries?.first;
      expect(first).toBeDefined();
      const more = countOf(a, first?.path) - countOf(b, first?.path);
      if (first?.kind === "only-in-a") expect(more).toBeGreaterThan(0);
      if (first?.kind === "only-in-b") expect(more).toBeLessThan(0);
      if (first?.kind === "changed") expect(first.fields.length).toBeGreaterThan(0);
      if (first?.kind === "moved") expect(first.a?.index).not.toBe(first.b?.index);
    }),
    { numRuns },
  );
}

/** Images with some bytes changed, so many: each ends in an explanation. */
export async function expectMutatedImages(numRuns: number): Promise<void> {
  const images = goldenImages.filter(({ result }) => result.image_size < 120_000).map(imageBytes);
  const mutation = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(images.length - 1),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (which, mutations, inHead) => {
        const original = images[which] as Uint8Array<ArrayBuffer>;
        const mutated = original.slice();
        // Half of them where superblock and descriptors are.
        const span = inHead ? 8192 : mutated.length;
        for (const { at, byte } of mutations) mutated[Math.floor(at * (span - 1))] = byte;
        const { verdict, a, b, causes } = await explainLayers(
          imageInput("good", original),
          imageInput("bad", mutated),
        );
        expect(causes.length > 0).toBe(verdict !== "equal");
        if (verdict !== "equal") return;
        expect(toHex(a.rootHash ?? new Uint8Array())).toBe(toHex(b?.rootHash ?? new Uint8Array()));
      },
    ),
    { numRuns },
  );
}
