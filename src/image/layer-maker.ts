/** Who makes an image's layers: this thread, or threads of its own. */
import type { StreamHasherFactory } from "../crypto/stream-hasher.ts";
import { buildLayer } from "../layer/build-layer.ts";
import { type LayerOptions, layerOptionSets } from "../layer/layer-options.ts";
import type { ImageSource, LayerBlob } from "../oci/image-source.ts";
import { withLayerTar } from "../oci/layer-tar.ts";
import type { Decompressor } from "../tar/decompress.ts";
import type { HasherFactory } from "../verity/data-digests.ts";

/** What is asked of one layer. */
export interface LayerRequest {
  /** What changes the image besides its tar. */
  readonly options: LayerOptions;
  readonly signal: AbortSignal;
  /** How many threads besides the layer's own may hash its blocks; a maker that has none goes on without. */
  readonly moreThreads?: number;
  /** Told how many more bytes of the stored blob were read. */
  readonly onProgress?: (bytes: number) => void;
}

/** A layer's root hash, and what pins it besides. */
export interface LayerHash {
  /** 32 bytes. */
  readonly rootHash: Uint8Array;
  /** Size of the file system, which the root hash alone does not fix. */
  readonly ext4SizeBytes: number;
}

/** Computes root hashes of layers of one image; several may be asked for at once. */
export interface LayerMaker {
  /**
   * @throws {IntegrityError} `digest-mismatch` where the layer is not what the image says.
   * @throws {FormatError} for a layer that is malformed.
   * @throws {DeviceError} where it cannot be read.
   */
  hash(layer: LayerBlob, request: LayerRequest): Promise<LayerHash>;
}

/** What a maker uses in place of the portable parts. */
export interface LayerMakerParts {
  /** Digests of blobs and tars. */
  readonly createStreamHasher?: StreamHasherFactory;
  /** Digests of blocks. */
  readonly createHasher?: HasherFactory;
  readonly decompress?: Decompressor;
}

/** A maker on the calling thread, for any runtime. */
export function layersOnThisThread(source: ImageSource, parts: LayerMakerParts = {}): LayerMaker {
  const { createStreamHasher, createHasher, decompress } = parts;
  return {
    hash: (layer, { options, signal, onProgress }) =>
      withLayerTar(
        source,
        layer,
        async (tar) => {
          const { rootHash, ext4SizeBytes } = await buildLayer(tar, {
            layer: options,
            signal,
            ...(createHasher && { createHasher }),
          });
          return { rootHash, ext4SizeBytes };
        },
        {
          signal,
          ...(createStreamHasher && { createHasher: createStreamHasher }),
          ...(decompress && { decompress }),
          ...(onProgress && { onProgress }),
        },
      ),
  };
}

/** The options whose root hashes stand in policies. */
export const defaultLayerOptions: LayerOptions = layerOptionSets.layer;
