/** Which layers are worked on, and by how many threads. */
import { describe, expect, test } from "vitest";
import { distinctLayers, moreThreadsFor } from "../../src/image/distinct-layers.ts";
import type { LayerBlob } from "../../src/oci/image-source.ts";

const mib = 2 ** 20;

function layersOf(
  sizes: readonly number[],
  mediaType = "application/vnd.oci.image.layer.v1.tar",
): LayerBlob[] {
  return sizes.map((sizeBytes, index) => ({
    index,
    mediaType,
    digest: undefined,
    sizeBytes,
    location: "",
    diffId: `sha256:${index.toString(16).padStart(64, "0")}`,
  }));
}

function moreThreads(layers: readonly LayerBlob[], threads: number): number[] {
  return layers.map((layer) => moreThreadsFor(layer, layers, threads));
}

describe("threads besides a layer's own", () => {
  test.each([
    ["a single layer has all", [1000], 2, [1]],
    ["of eight too", [1000], 8, [7]],
    ["one of most bytes has what the others leave", [900, 50, 50], 2, [1, 0, 0]],
    ["equal ones share", [100, 100, 100], 8, [2, 2, 2]],
    ["as many as threads have none", [100, 100], 2, [0, 0]],
    ["more than threads have none", [100, 100, 100], 2, [0, 0, 0]],
    ["small ones have none", [20], 8, [0]],
    ["one thread is none more", [1000, 10], 1, [0, 0]],
    ["empty ones", [0, 0], 4, [0, 0]],
  ])("%s", (_name, sizes, threads, expected) => {
    expect(moreThreads(layersOf(sizes.map((size) => size * mib)), threads)).toEqual(expected);
  });

  test("unpacking gzip is one of them", () => {
    const gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    expect(moreThreads(layersOf([1000 * mib], gzip), 2)).toEqual([0]);
    expect(moreThreads(layersOf([1000 * mib], gzip), 4)).toEqual([2]);
  });

  test("equal layers count once", () => {
    const [layer] = layersOf([100 * mib]) as [LayerBlob];
    expect(distinctLayers([layer, layer])).toEqual([layer]);
    expect(moreThreads([layer, layer, layer], 4)).toEqual([3, 3, 3]);
  });

  test("all together are fewer than threads, whatever sizes are claimed", () => {
    for (const sizes of [
      [1, 1e15],
      [1e15, 1e15, 1e15],
      [33, 34, 35, 900],
    ]) {
      const sum = moreThreads(layersOf(sizes.map((size) => size * mib)), 8).reduce((a, b) => a + b, 0);
      expect(sum).toBeLessThan(8);
    }
  });
});
