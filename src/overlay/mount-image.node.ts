/** An image's layers mounted: the file system that a container of it sees. */
import { type ObtainImageOptions, obtainImage } from "../image/obtain-image.node.ts";
import { type MountLayersOptions, mountLayers } from "./mount-layers.ts";
import type { MountedOverlay } from "./mounted-overlay.ts";

/** How an image is obtained and mounted. */
export interface MountImageOptions
  extends Omit<MountLayersOptions, "owns">,
    Omit<ObtainImageOptions, "isPinnedByPolicy"> {}

/**
 * Opens an image, wherever it is, and mounts its layers; both end with `close`.
 *
 * An image in a registry is pinned by its digest or by `policyLayers`.
 *
 * @param image `oci:DIR[:TAG]`, `docker-archive:FILE`, `HOST/NAME@sha256:…`, …: see `locateImage`; or a folder
 *   that `buildImage` made.
 * @throws as `obtainImage` and `mountLayers`.
 */
export async function mountImage(image: string, options: MountImageOptions = {}): Promise<MountedOverlay> {
  const isPinnedByPolicy = options.policyLayers !== undefined;
  const opened = await obtainImage(image, { ...options, isPinnedByPolicy });
  try {
    return await mountLayers(opened.layers, { ...options, owns: [opened] });
  } catch (error) {
    await opened.close();
    throw error;
  }
}
