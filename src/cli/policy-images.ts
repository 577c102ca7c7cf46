/** Images as policies see them: what their authors say should run, and the root hashes of their layers. */
import { toHex } from "../bytes/hex.ts";
import { layerHistory } from "../oci/configuration.ts";
import type { PolicyImage } from "../policy/image-container.ts";
import type { GroupContext } from "./action-group.ts";
import type { ImageOptions } from "./image-options.ts";
import { hashImage } from "./image-roothash.ts";

/** An image, and of each layer what made it, as far as the image's history says. */
export interface HashedImage extends PolicyImage {
  readonly steps: readonly (string | undefined)[];
}

/**
 * Computes the root hashes of images, one image after the other; nothing is written.
 *
 * @throws as `hashImage`.
 */
export async function hashImages(
  context: GroupContext,
  names: readonly string[],
  options: ImageOptions,
): Promise<readonly HashedImage[]> {
  const images: HashedImage[] = [];
  for (const name of names) {
    const { image, layers } = await hashImage(context, name, options);
    images.push({
      name: image.name,
      layers: layers.map(({ rootHash }) => toHex(rootHash)),
      configuration: image.configuration,
      steps: layerHistory(image.configuration).map((step) => step?.createdBy ?? step?.comment),
    });
  }
  return images;
}
