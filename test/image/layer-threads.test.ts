/** Layers made by threads: the same as on one's own, the same errors, and an end that comes at once. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  buildImage,
  type ImageSource,
  imageRootHashes,
  LayerThreads,
  layerOptionSets,
  locateImage,
  openImageSource,
} from "sealstone/node";
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { scratchFolder } from "../cli/child-command.ts";
import { goldenUuid } from "../layer/golden-layers.ts";
import { digestOf, ImageBuilder, oneFileTar } from "../oci/image-builder.ts";
import { goldenImage, goldenLayers } from "./golden-image.ts";

const golden = goldenLayers(2 ** 20);

async function opened(
  builder: ImageBuilder,
): Promise<{ source: ImageSource; threads: LayerThreads } & AsyncDisposable> {
  const location = await locateImage(builder.writeTo(scratchFolder()));
  const source = await openImageSource(location);
  const threads = new LayerThreads(2, location);
  const close = async (): Promise<void> => {
    await threads.close();
    await source.close();
  };
  return { source, threads, [Symbol.asyncDispose]: close };
}

test("root hashes are hcsshim's, and progress is told to its end", async () => {
  await using image = await opened(goldenImage(golden));
  let last: readonly number[] = [];
  const { layers } = await imageRootHashes(image.source, {
    maker: image.threads,
    concurrency: 2,
    onProgress: ({ doneBytes, totalBytes }) => {
      last = [doneBytes, totalBytes];
    },
  });
  expect(layers.map(({ rootHash }) => toHex(rootHash))).toEqual(golden.map(({ rootHash }) => rootHash));
  expect(last[0]).toBe(last[1]);
});

test("images are hcsshim's", async () => {
  const few = golden.filter(({ ext4SizeBytes }) => ext4SizeBytes < 100_000);
  await using image = await opened(goldenImage(few));
  const folder = join(scratchFolder(), "out");
  const { layers } = await buildImage(image.source, folder, {
    maker: image.threads,
    concurrency: 2,
    uuid: new Uint8Array(goldenUuid),
  });
  const files = layers.map(({ file }) =>
    createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex"),
  );
  expect(files).toEqual(few.map(({ imageSha256 }) => imageSha256));
});

test("a single large layer, hashed by both threads, is the same", async () => {
  const content = "0123456789abcdef".repeat(2 ** 21 + 100);
  const builder = new ImageBuilder();
  const layers = [{ tar: oneFileTar("a", content), compression: "none" as const }];
  await using image = await opened(builder.layout(builder.addImage({ layers })));
  const alone = await imageRootHashes(image.source);
  const shared = await imageRootHashes(image.source, { maker: image.threads, concurrency: 2 });
  expect(shared.layers).toEqual(alone.layers);
  const folder = join(scratchFolder(), "out");
  const built = await buildImage(image.source, folder, { maker: image.threads, concurrency: 2 });
  expect(built.layers.map(({ rootHash }) => rootHash)).toEqual(alone.layers.map(({ rootHash }) => rootHash));
});

test("a failure comes with its class, and leaves no file", async () => {
  const builder = new ImageBuilder();
  const layers = [{ tar: oneFileTar("a", ""), diffId: digestOf(new Uint8Array()) }];
  await using image = await opened(builder.layout(builder.addImage({ layers })));
  const failure = {
    name: "IntegrityError",
    code: "digest-mismatch",
    message: expect.stringMatching(/^layer 0 /),
  };
  const parent = scratchFolder();
  await expect(imageRootHashes(image.source, { maker: image.threads })).rejects.toMatchObject(failure);
  const built = buildImage(image.source, join(parent, "out"), { maker: image.threads });
  await expect(built).rejects.toMatchObject(failure);
  expect(readdirSync(parent)).toEqual([]);
});

test("an abort ends them, with its own reason", async () => {
  await using image = await opened(goldenImage([oneFileTar("a", "")].map((tar) => ({ tar }))));
  const reason = new Error("enough");
  const controller = new AbortController();
  const running = imageRootHashes(image.source, { maker: image.threads, signal: controller.signal });
  setTimeout(() => controller.abort(reason), 1);
  await expect(running).rejects.toBe(reason);
});

test("a source that went away is an error of theirs", async () => {
  await using image = await opened(goldenImage([{ tar: oneFileTar("a", "") }]));
  const [layer] = (await image.source.resolve()).layers;
  if (layer === undefined) throw new Error("the layer is missing");
  const other = await locateImage(goldenImage([]).writeTo(scratchFolder()));
  await using threads = new LayerThreads(1, other);
  const request = { options: layerOptionSets.layer, signal: new AbortController().signal };
  await expect(threads.hash(layer, request)).rejects.toMatchObject({ code: "device-missing" });
});
