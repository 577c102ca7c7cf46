/** What every `sealstone image` action works with. */
import { availableParallelism } from "node:os";
import { LayerThreads } from "../image/layer-threads.node.ts";
import { dockerCredentials } from "../oci/docker-credentials.node.ts";
import { hostPlatform } from "../oci/host-platform.node.ts";
import { type ImageLocation, locateImage, openImageSource } from "../oci/image-location.node.ts";
import type { ImageSource } from "../oci/image-source.ts";
import { type PlatformChoice, parsePlatform } from "../oci/platform.ts";
import type { GroupContext } from "./action-group.ts";
import type { ImageOptions } from "./image-options.ts";

/** Each thread holds some 100 MB, and few disks and networks feed more. */
const maxDefaultThreads = 8;

/** Everything that an action on an image works with. Disposing closes it. */
export interface ImageWork extends AsyncDisposable {
  readonly source: ImageSource;
  readonly threads: LayerThreads;
  readonly concurrency: number;
  readonly platform: PlatformChoice;
}

/**
 * Finds the image, and starts threads for its layers.
 *
 * @throws as `locateImage` and `openImageSource`.
 */
export async function startImageWork(
  context: GroupContext,
  text: string,
  options: ImageOptions,
): Promise<ImageWork> {
  const platform = platformChoice(options.platform);
  const location = await locateImage(text);
  const credential = await credentialFor(location);
  const registry = { insecure: options.insecure ?? false, ...(credential && { credential }) };
  const source = await openImageSource(location, {
    insecure: registry.insecure,
    credentials: async () => credential,
  });
  const concurrency = layerThreads(options);
  context.debug(`${location.kind}, ${concurrency} threads, ${credential?.kind ?? "no credentials"}`);
  const threads = new LayerThreads(concurrency, location, registry);
  return {
    source,
    threads,
    concurrency,
    platform,
    [Symbol.asyncDispose]: async () => {
      await threads.close();
      await source.close();
    },
  };
}

/** How many layers are made at once. */
export function layerThreads({ threads }: ImageOptions): number {
  return threads ?? Math.min(availableParallelism(), maxDefaultThreads);
}

/** The platform of an image for several: this machine's, unless one is named. */
export function platformChoice(text: string | undefined): PlatformChoice {
  if (text !== undefined) return { platform: parsePlatform(text), required: true };
  return { platform: hostPlatform(), required: false };
}

async function credentialFor(location: ImageLocation) {
  return location.kind === "registry" ? dockerCredentials()(location.reference.host) : undefined;
}
