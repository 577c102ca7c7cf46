/** Root hashes of images: those of hcsshim's own code, each content once, nothing after a failure. */
import { join } from "node:path";
import {
  type ImageSource,
  imageRootHashes,
  type LayerBlob,
  LayerThreads,
  layerOptionSets,
  locateImage,
  openImageSource,
} from "sealstone/node";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { scratchFolder } from "../cli/child-command.ts";
import { digestOf, ImageBuilder, oneFileTar } from "../oci/image-builder.ts";
import { goldenFailure, goldenImage, goldenLayers } from "./golden-image.ts";

const golden = goldenLayers(2 ** 20);

async function opened(builder: ImageBuilder): Promise<{ source: ImageSource; threads: LayerThreads }> {
  const location = await locateImage(builder.writeTo(scratchFolder()));
  return { source: await openImageSource(location), threads: new LayerThreads(2, location) };
}

describe("imageRootHashes", () => {
  test("gives hcsshim's root hashes, base first, on this thread and by threads", async () => {
    expect(golden.length).toBeGreaterThan(30);
    const { source, threads } = await opened(goldenImage(golden));
    await using _ = threads;
    const expected = golden.map(({ tar, rootHash, ext4SizeBytes }) => [
      digestOf(tar),
      rootHash,
      ext4SizeBytes,
    ]);
    for (const options of [{}, { maker: threads, concurrency: 2 }]) {
      const { layers } = await imageRootHashes(source, options);
      const found = layers.map(({ diffId, rootHash, ext4SizeBytes }) => [
        diffId,
        toHex(rootHash),
        ext4SizeBytes,
      ]);
      expect(found).toEqual(expected);
    }
  });

  test("computes layers of one content once", async () => {
    const [one, two] = [oneFileTar("a", "1"), oneFileTar("b", "2")];
    const { source, threads } = await opened(goldenImage([one, two, one, one].map((tar) => ({ tar }))));
    await using _ = threads;
    const made: number[] = [];
    const progress: number[] = [];
    const { layers } = await imageRootHashes(source, {
      concurrency: 2,
      maker: {
        hash: (layer, request) => {
          made.push(layer.index);
          return threads.hash(layer, request);
        },
      },
      onProgress: ({ doneBytes, totalBytes }) => progress.push(doneBytes, totalBytes),
    });
    expect(made).toEqual([0, 1]);
    expect(new Set(layers.map(({ rootHash }) => toHex(rootHash))).size).toBe(2);
    expect(layers.map(({ blob }) => blob.index)).toEqual([0, 1, 2, 3]);
    const [total] = progress.splice(-1);
    expect(progress.at(-1)).toBe(total);
  });

  test("of an image without layers are none", async () => {
    const { source, threads } = await opened(goldenImage([]));
    await using _ = threads;
    expect((await imageRootHashes(source, { maker: threads })).layers).toEqual([]);
  });

  test("follow the options", async () => {
    const { source, threads } = await opened(goldenImage([{ tar: new Uint8Array() }]));
    await using _ = threads;
    const { layers } = await imageRootHashes(source, { maker: threads, layer: layerOptionSets.hashed });
    // The empty tar at 16 GiB, as hcsshim's documentation of its own defaults has it.
    expect(toHex(layers[0]?.rootHash ?? new Uint8Array())).toBe(
      "5a021e8b10137bc7a7658670ccc4898eb1facffaa933aadd9cfe4bccc1f84f85",
    );
  });
});

describe("a layer that fails", () => {
  test.each<[string, (builder: ImageBuilder) => object, object]>([
    [
      "no tar",
      (builder) => builder.addImage({ layers: [{ tar: new Uint8Array(1024).fill(1) }] }),
      { name: "FormatError" },
    ],
    [
      "a tar that cannot be a layer",
      (builder) => builder.addImage({ layers: [{ tar: goldenFailure() }] }),
      { name: "FormatError" },
    ],
    [
      "another diff-id",
      (builder) =>
        builder.addImage({ layers: [{ tar: oneFileTar("a", ""), diffId: digestOf(new Uint8Array()) }] }),
      { name: "IntegrityError", code: "digest-mismatch" },
    ],
  ])("for %s, is named, and its class comes through threads", async (_, make, expected) => {
    const builder = new ImageBuilder();
    const { source, threads } = await opened(builder.layout(make(builder)));
    await using __ = threads;
    for (const options of [{}, { maker: threads }]) {
      await expect(imageRootHashes(source, options)).rejects.toMatchObject({
        ...expected,
        message: expect.stringMatching(/^layer 0 \(sha256:[0-9a-f]{64}\): /),
      });
    }
  });

  test("ends the others", async () => {
    const { source } = await opened(
      goldenImage([oneFileTar("a", ""), oneFileTar("b", "")].map((tar) => ({ tar }))),
    );
    const failure = new Error("no");
    const ended: unknown[] = [];
    const hash = (layer: LayerBlob, { signal }: { signal: AbortSignal }): Promise<never> =>
      layer.index === 0
        ? Promise.reject(failure)
        : new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              ended.push(signal.reason);
              reject(signal.reason);
            });
          });
    await expect(imageRootHashes(source, { maker: { hash }, concurrency: 2 })).rejects.toBe(failure);
    expect(ended).toEqual([failure]);
  });

  test("by an abort has the abort's reason", async () => {
    const { source, threads } = await opened(goldenImage([oneFileTar("a", "")].map((tar) => ({ tar }))));
    await using _ = threads;
    const reason = new Error("enough");
    await expect(imageRootHashes(source, { maker: threads, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const running = imageRootHashes(source, { maker: threads, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 1);
    await expect(running).rejects.toBe(reason);
  });
});

test("threads see a source that went away", async () => {
  const { source, threads } = await opened(goldenImage([{ tar: oneFileTar("a", "") }]));
  await using _ = threads;
  const { layers } = await source.resolve();
  const [layer] = layers;
  if (layer === undefined) throw new Error("the layer is missing");
  const gone = await locateImage(goldenImage([]).writeTo(join(scratchFolder(), "other")));
  await using others = new LayerThreads(1, gone);
  const request = { options: layerOptionSets.layer, signal: new AbortController().signal };
  await expect(others.hash(layer, request)).rejects.toMatchObject({ code: "device-missing" });
});
