/** Every golden tar that can be a layer, in one image. */
import { imageRootHashes, LayerThreads, locateImage, openImageSource } from "sealstone/node";
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { scratchFolder } from "../cli/child-command.ts";
import { goldenImage, goldenLayers } from "./golden-image.ts";

test("an image of all golden layers has hcsshim's root hashes", async () => {
  const golden = goldenLayers(Number.POSITIVE_INFINITY);
  const location = await locateImage(goldenImage(golden).writeTo(scratchFolder()));
  await using source = await openImageSource(location);
  await using threads = new LayerThreads(2, location);
  const { layers } = await imageRootHashes(source, { maker: threads, concurrency: 2 });
  expect(layers.map(({ rootHash }) => toHex(rootHash))).toEqual(golden.map(({ rootHash }) => rootHash));
});
