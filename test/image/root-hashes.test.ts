/** Root hashes of images: those of hcsshim's own code, each content once, nothing after a failure. */
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { createNativeStreamHasher } from "../../src/crypto/native-stream-hasher.node.ts";
import { layersOnThisThread } from "../../src/image/layer-maker.ts";
import { imageRootHashes } from "../../src/image/root-hashes.ts";
import { layerOptionSets } from "../../src/layer/layer-options.ts";
import { locateImage, openImageSource } from "../../src/oci/image-location.node.ts";
import type { ImageSource, LayerBlob } from "../../src/oci/image-source.ts";
import { decompressNative } from "../../src/tar/decompress.node.ts";
import { scratchFolder } from "../cli/child-command.ts";
import { digestOf, ImageBuilder, oneFileTar } from "../oci/image-builder.ts";
import { goldenFailure, goldenImage, goldenLayers } from "./golden-image.ts";

const golden = goldenLayers(2 ** 20);

async function opened(builder: ImageBuilder): Promise<ImageSource> {
  return openImageSource(await locateImage(builder.writeTo(scratchFolder())));
}

describe("imageRootHashes", () => {
  test("gives hcsshim's root hashes, base first", async () => {
    expect(golden.length).toBeGreaterThan(30);
    await using source = await opened(goldenImage(golden));
    const { layers } = await imageRootHashes(source);
    expect(
      layers.map(({ diffId, rootHash, ext4SizeBytes }) => [diffId, toHex(rootHash), ext4SizeBytes]),
    ).toEqual(golden.map(({ tar, rootHash, ext4SizeBytes }) => [digestOf(tar), rootHash, ext4SizeBytes]));
  });

  test("computes layers of one content once, and says how far it is", async () => {
    const [one, two] = [oneFileTar("a", "1"), oneFileTar("b", "2")];
    await using source = await opened(goldenImage([one, two, one, one].map((tar) => ({ tar }))));
    const own = layersOnThisThread(source, {
      createStreamHasher: createNativeStreamHasher,
      decompress: decompressNative,
    });
    const made: number[] = [];
    const progress: [number, number][] = [];
    const { layers } = await imageRootHashes(source, {
      concurrency: 2,
      maker: {
        hash: (layer, request) => {
          made.push(layer.index);
          return own.hash(layer, request);
        },
      },
      onProgress: ({ doneBytes, totalBytes }) => progress.push([doneBytes, totalBytes]),
    });
    expect(made).toEqual([0, 1]);
    expect(new Set(layers.map(({ rootHash }) => toHex(rootHash))).size).toBe(2);
    expect(layers.map(({ blob }) => blob.index)).toEqual([0, 1, 2, 3]);
    const [done, total] = progress.at(-1) ?? [0, 1];
    expect(done).toBe(total);
  });

  test("of an image without layers are none", async () => {
    await using source = await opened(goldenImage([]));
    expect((await imageRootHashes(source)).layers).toEqual([]);
  });

  test("follow the options", async () => {
    await using source = await opened(goldenImage([{ tar: new Uint8Array() }]));
    const { layers } = await imageRootHashes(source, { layer: layerOptionSets.hashed });
    // The empty tar at 16 GiB (`00-zerobytes`, `hashed`).
    expect(layers.map(({ rootHash }) => toHex(rootHash))).toEqual([
      "5a021e8b10137bc7a7658670ccc4898eb1facffaa933aadd9cfe4bccc1f84f85",
    ]);
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
  ])("for %s, is named", async (_, make, expected) => {
    const builder = new ImageBuilder();
    await using source = await opened(builder.layout(make(builder)));
    await expect(imageRootHashes(source)).rejects.toMatchObject({
      ...expected,
      message: expect.stringMatching(/^layer 0 \(sha256:[0-9a-f]{64}\): /),
    });
  });

  test("ends the others", async () => {
    const tars = [oneFileTar("a", ""), oneFileTar("b", "")];
    await using source = await opened(goldenImage(tars.map((tar) => ({ tar }))));
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
    await using source = await opened(goldenImage([oneFileTar("a", "")].map((tar) => ({ tar }))));
    const reason = new Error("enough");
    await expect(imageRootHashes(source, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(reason);
    await expect(imageRootHashes(source, { signal: controller.signal, onProgress })).rejects.toBe(reason);
  });
});
