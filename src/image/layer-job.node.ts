/** One layer as work for a thread: what travels there and back, and what is done there. */
import type { HasherChoice } from "../crypto/hasher-choice.node.ts";
import { createNativeStreamHasher } from "../crypto/native-stream-hasher.node.ts";
import type { JobResult } from "../crypto/worker-jobs.ts";
import { buildLayer } from "../layer/build-layer.ts";
import { LayerFile } from "../layer/layer-file.node.ts";
import type { LayerOptions } from "../layer/layer-options.ts";
import type { Credential } from "../oci/credentials.ts";
import { type ImageLocation, openImageSource } from "../oci/image-location.node.ts";
import type { ImageSource, LayerBlob } from "../oci/image-source.ts";
import { withLayerTar } from "../oci/layer-tar.ts";
import { decompressNative } from "../tar/decompress.node.ts";
import { startBatchThreads } from "../verity/digest-pool.node.ts";
import type { LayerHash } from "./layer-maker.ts";

/** What a thread is told once. */
export interface LayerThreadData {
  readonly location: ImageLocation;
  readonly insecure: boolean;
  /** Secret; for the location's registry alone. */
  readonly credential: Credential | undefined;
  readonly hasher: HasherChoice;
  /** One number: bytes of blobs that all threads have read. */
  readonly progress: SharedArrayBuffer;
}

/** What it is told for each layer. */
export interface LayerJob {
  readonly layer: LayerBlob;
  readonly options: LayerOptions;
  /** Where the layer's image goes; without one the root hash is all that comes of it. */
  readonly target: LayerFileTarget | undefined;
  /** Threads besides this one that hash its blocks. */
  readonly moreThreads?: number;
}

/** A file for a layer's image. */
export interface LayerFileTarget {
  readonly path: string;
  /** 16 bytes; random unless given. */
  readonly uuid: Uint8Array | undefined;
}

/** A layer's image in a file. */
export interface BuiltLayerFile extends LayerHash {
  readonly imageSizeBytes: number;
  /** Of the whole file. */
  readonly imageSha256: Uint8Array;
  /** Of the file system in it. */
  readonly ext4Sha256: Uint8Array;
}

/** What comes back: without a target, the hash alone. */
export type LayerAnswer = LayerHash | BuiltLayerFile;

/** What a layer is made of and how. */
export interface LayerWork extends LayerJob {
  readonly source: ImageSource;
  readonly hasher: HasherChoice;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Makes one layer on the calling thread. A file is there whole, and what the image
 * says it is, or not at all.
 *
 * @throws as `LayerMaker.hash`, and `LayerFile`.
 */
export function makeLayer(work: LayerWork & { readonly target: LayerFileTarget }): Promise<BuiltLayerFile>;
export function makeLayer(work: LayerWork): Promise<LayerAnswer>;
export async function makeLayer({
  source,
  layer,
  options,
  target,
  moreThreads = 0,
  ...work
}: LayerWork): Promise<LayerAnswer> {
  const { signal, onProgress, hasher } = work;
  const abort = signal && { signal };
  await using hashing = startBatchThreads(moreThreads, { hasher });
  await using file = target === undefined ? undefined : await LayerFile.create(target.path);
  const built = await withLayerTar(
    source,
    layer,
    (tar) =>
      buildLayer(tar, {
        layer: options,
        createHasher: hashing.createHasher,
        batches: hashing.batches,
        ...(file && { target: file }),
        ...(target?.uuid && { uuid: target.uuid }),
        ...abort,
      }),
    {
      createHasher: createNativeStreamHasher,
      decompress: decompressNative,
      ...abort,
      ...(onProgress && { onProgress }),
    },
  );
  const { rootHash, ext4SizeBytes, imageSizeBytes } = built;
  if (file === undefined) return { rootHash, ext4SizeBytes };
  const digests = await file.digests(ext4SizeBytes, signal);
  await file.commit();
  return { rootHash, ext4SizeBytes, imageSizeBytes, ...digests };
}

/** A thread's side: opens the image's source with its first job, and keeps it. */
export class LayerWorker {
  readonly #data: LayerThreadData;
  readonly #progress: BigInt64Array;
  #source: Promise<ImageSource> | undefined;

  constructor(data: LayerThreadData) {
    this.#data = data;
    this.#progress = new BigInt64Array(data.progress);
  }

  /** Makes the layer of a job. */
  async answer(job: LayerJob): Promise<JobResult<LayerAnswer>> {
    const { location, insecure, credential, hasher } = this.#data;
    this.#source ??= openImageSource(location, { insecure, credentials: async () => credential });
    const source = await this.#source;
    const result = await makeLayer({
      ...job,
      source,
      hasher,
      onProgress: (bytes) => void Atomics.add(this.#progress, 0, BigInt(bytes)),
    });
    return { result };
  }
}
