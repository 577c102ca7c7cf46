/** Root hashes of an image's layers: what stands in a policy, base first. */
import type { LayerOptions } from "../layer/layer-options.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageSource, LayerBlob, ResolvedImage } from "../oci/image-source.ts";
import type { PlatformChoice } from "../oci/platform.ts";
import { distinctLayers, forDistinctLayers } from "./distinct-layers.ts";
import { defaultLayerOptions, type LayerHash, type LayerMaker, layersOnThisThread } from "./layer-maker.ts";

/** How far the work is, in bytes of stored blobs; a blob that stands there twice counts once. */
export interface ImageProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What every work over an image may be given. */
export interface ImageWorkOptions {
  /** Which of the image's platforms; without it an image for several is refused. */
  readonly platform?: PlatformChoice;
  /** What changes layers besides their tars; `layerOptionSets.layer` unless given, as policies have it. */
  readonly layer?: LayerOptions;
  /** How many layers are worked on at once; one unless given. */
  readonly concurrency?: number;
  readonly onProgress?: (progress: ImageProgress) => void;
  readonly signal?: AbortSignal;
}

/** How root hashes are computed. */
export interface ImageRootHashOptions extends ImageWorkOptions {
  /** Who computes them; this thread unless given. */
  readonly maker?: LayerMaker;
}

/** A layer and its root hash. */
export interface HashedLayer extends LayerHash {
  readonly blob: LayerBlob;
  readonly diffId: Digest;
}

/** An image and the root hashes of its layers. */
export interface ImageRootHashes {
  readonly image: ResolvedImage;
  /** Base first, one for each layer of the image, those that are equal included. */
  readonly layers: readonly HashedLayer[];
}

/**
 * Computes the root hashes of all layers. Nothing is kept of a layer but its hash,
 * and layers of one content are computed once.
 *
 * @throws as `ImageSource.resolve` and `LayerMaker.hash`; the layer's index is in `at`.
 */
export async function imageRootHashes(
  source: ImageSource,
  options: ImageRootHashOptions = {},
): Promise<ImageRootHashes> {
  const { maker = layersOnThisThread(source), layer: layerOptions = defaultLayerOptions } = options;
  const image = await source.resolve(options.platform, options.signal && { signal: options.signal });
  const onProgress = progressOf(image.layers, options.onProgress);
  const hashes = await forDistinctLayers(
    image.layers,
    options.concurrency ?? 1,
    options.signal,
    (layer, turn) => maker.hash(layer, { options: layerOptions, onProgress, ...turn }),
  );
  return {
    image,
    layers: image.layers.map((blob) => ({
      blob,
      diffId: blob.diffId,
      ...(hashes.get(blob.diffId) as LayerHash),
    })),
  };
}

/** Sums up what layers report. */
export function progressOf(
  layers: readonly LayerBlob[],
  report: ((progress: ImageProgress) => void) | undefined,
): (bytes: number) => void {
  const totalBytes = distinctLayers(layers).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  return (bytes) => {
    doneBytes += bytes;
    report?.({ doneBytes, totalBytes });
  };
}
