/** Images as policies see them: what their authors say should run, and the root hashes of their layers. */
import { toHex } from "../bytes/hex.ts";
import { imageRootHashes } from "../image/root-hashes.ts";
import { layerHistory } from "../oci/configuration.ts";
import type { PolicyImage } from "../policy/image-container.ts";
import type { GroupContext } from "./action-group.ts";
import type { ImageOptions } from "./image-options.ts";
import { startImageWork } from "./image-work.ts";
import { ProgressBar } from "./progress.ts";

/** An image, and of each layer what made it, as far as the image's history says. */
export interface HashedImage extends PolicyImage {
  readonly steps: readonly (string | undefined)[];
}

/**
 * Computes the root hashes of images, one image after the other; nothing is written.
 *
 * @throws as `startImageWork` and `imageRootHashes`.
 */
export async function hashImages(
  context: GroupContext,
  names: readonly string[],
  options: ImageOptions,
): Promise<readonly HashedImage[]> {
  const images: HashedImage[] = [];
  for (const name of names) images.push(await hashImage(context, name, options));
  return images;
}

async function hashImage(context: GroupContext, name: string, options: ImageOptions): Promise<HashedImage> {
  const { terminal, signal } = context;
  await using work = await startImageWork(context, name, options);
  using bar = new ProgressBar(terminal, "Hashing");
  const { image, layers } = await imageRootHashes(work.source, {
    platform: work.platform,
    maker: work.threads,
    concurrency: work.concurrency,
    signal,
    onProgress: ({ doneBytes, totalBytes }) => bar.update(doneBytes, totalBytes),
  });
  bar[Symbol.dispose]();
  return {
    name: image.name,
    layers: layers.map(({ rootHash }) => toHex(rootHash)),
    configuration: image.configuration,
    steps: layerHistory(image.configuration).map((step) => step?.createdBy ?? step?.comment),
  };
}
