/** What many layers cost where names are known already. */
import type { OpenedLayer } from "sealstone/layer";
import { WritableTreeFiles } from "sealstone/tree";
import { layerOf, openRoot, type Root } from "./root-parts.ts";
import type { Suite } from "./suite.ts";

const MiB = 2 ** 20;
const count = 1016;
const layerCounts = [1, 8, 32, 128];
const mostLayers = 128;

export const rootLookups: Suite = {
  name: "root-lookups",
  title: "A container's root: lookups that are cached, of 1 to 128 layers",
  about:
    `A call is a stat by path: of ${count} files in directories four deep, looked up before. The base has all of ` +
    "them, and each layer above it has eight anew, so that every directory is merged of all layers.",
  pace: { rounds: 15, timeMs: 100 },
  prepare: async () => {
    const layers: OpenedLayer[] = [];
    for (let i = 0; i < mostLayers; i++) layers.push(await layerOf(filesOf(i)));
    const roots: Root[] = [];
    for (const layerCount of layerCounts) {
      roots.push(await openRoot(layers.slice(0, layerCount).reverse(), 16 * MiB));
    }
    const [one = "", ...more] = layerCounts.map(nameOf);
    return {
      contenders: roots.map(({ tree }, i) => {
        const files = new WritableTreeFiles(tree);
        return {
          name: nameOf(layerCounts[i] ?? 0),
          calls: count,
          run: async () => {
            for (let file = 0; file < count; file++) await files.stat(`/${pathOf(file)}`);
          },
        };
      }),
      ratios: more.map((of) => ({ of, to: one, atLeast: 0.8 })),
      close: async () => {
        for (const root of roots) await root.close();
        for (const layer of layers) await layer.close();
      },
    };
  },
};

function nameOf(layerCount: number): string {
  return `sealstone, ${layerCount} ${layerCount === 1 ? "layer" : "layers"}`;
}

/** Of the base, or of the layer so high above it. */
function filesOf(layer: number): Map<string, Uint8Array> {
  const content = new Uint8Array(100).fill(layer);
  const [first, after] = layer === 0 ? [0, count] : [(layer - 1) * 8, layer * 8];
  return new Map(Array.from({ length: after - first }, (_, i) => [pathOf(first + i), content]));
}

/** Eight directories, and a file of each in every layer. */
function pathOf(file: number): string {
  return `usr/lib/part-${file % 8}/file-${file}`;
}
