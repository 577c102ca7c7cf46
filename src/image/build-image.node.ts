/**
 * Builds an image into a folder: each layer's image in a file of its own, equal
 * layers once, and `image.json` (see `image-manifest.ts`). The folder is there
 * whole or not at all.
 */
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { toHex } from "../bytes/hex.ts";
import type { HasherChoice } from "../crypto/hasher-choice.node.ts";
import { DeviceError, StorageError, UsageError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageSource, LayerBlob } from "../oci/image-source.ts";
import { forDistinctLayers, type LayerTurn } from "./distinct-layers.ts";
import {
  type BuiltImage,
  type BuiltImageLayer,
  IMAGE_MANIFEST_NAME,
  layerFileName,
  serializeImageManifest,
} from "./image-manifest.ts";
import type { LayerCache } from "./layer-cache.node.ts";
import { makeLayer } from "./layer-job.node.ts";
import { defaultLayerOptions } from "./layer-maker.ts";
import type { LayerFileMaker } from "./layer-threads.node.ts";
import { type ImageWorkOptions, progressOf } from "./root-hashes.ts";

/** How an image is built. */
export interface BuildImageOptions extends ImageWorkOptions {
  /** Who builds; this thread unless given. */
  readonly maker?: Pick<LayerFileMaker, "build">;
  /** 16 bytes for all superblocks and footers; random unless given. */
  readonly uuid?: Uint8Array;
  /** Takes layers from there, and puts them there; not used with a `uuid`, which the layers there have not. */
  readonly cache?: LayerCache;
}

/**
 * Builds an image.
 *
 * @param folder is made, in a folder that is there; an empty one that is there is taken.
 * @throws {UsageError} `invalid-argument` where something is there already.
 * @throws {DeviceError} `device-failed` where the folder cannot be made.
 * @throws as `imageRootHashes`.
 */
export async function buildImage(
  source: ImageSource,
  folder: string,
  options: BuildImageOptions = {},
): Promise<BuiltImage> {
  const { signal, platform, concurrency = 1, uuid } = options;
  await checkFree(folder);
  const resolved = await source.resolve(platform, signal && { signal });
  const staging = await makeStaging(folder);
  try {
    const cache = uuid === undefined ? options.cache : undefined;
    const work = { ...options, cache, staging, onProgress: progressOf(resolved.layers, options.onProgress) };
    const maker = options.maker ?? filesOnThisThread(source);
    const layers = await forDistinctLayers(resolved.layers, concurrency, signal, (layer, turn) =>
      buildOne(maker, layer, { ...work, ...turn }),
    );
    const { name, manifestDigest, configDigest, configuration } = resolved;
    const image: BuiltImage = {
      name,
      manifestDigest,
      configDigest,
      configuration,
      layers: resolved.layers.map(({ diffId }) => layers.get(diffId) as BuiltImageLayer),
    };
    await writeFile(join(staging, IMAGE_MANIFEST_NAME), serializeImageManifest(image));
    signal?.throwIfAborted();
    await rename(staging, resolve(folder));
    return image;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (error instanceof StorageError || signal?.aborted) throw error;
    throw failed(folder, error);
  }
}

/** A maker of files on the calling thread. */
export function filesOnThisThread(
  source: ImageSource,
  hasher: HasherChoice = "auto",
): Pick<LayerFileMaker, "build"> {
  return { build: (layer, target, request) => makeLayer({ source, layer, target, hasher, ...request }) };
}

interface LayerWork extends LayerTurn, Pick<BuildImageOptions, "layer" | "uuid"> {
  readonly cache: LayerCache | undefined;
  readonly staging: string;
  readonly onProgress: (bytes: number) => void;
}

async function buildOne(
  maker: Pick<LayerFileMaker, "build">,
  layer: LayerBlob,
  { cache, staging, onProgress, signal, moreThreads, uuid, layer: options = defaultLayerOptions }: LayerWork,
): Promise<BuiltImageLayer> {
  const { diffId } = layer;
  const file = layerFileName(diffId);
  const path = join(staging, file);
  const key: { diffId: Digest; options: typeof options } = { diffId, options };
  const known = await cache?.take(key, path, signal);
  if (known !== undefined) {
    onProgress(layer.sizeBytes);
    return { ...known, file };
  }
  const { rootHash, ext4SizeBytes, imageSizeBytes, imageSha256 } = await maker.build(
    layer,
    { path, uuid },
    { options, signal, moreThreads, onProgress },
  );
  const built = { diffId, file, rootHash, ext4SizeBytes, imageSizeBytes, imageSha256 };
  await cache?.put(key, built, path);
  return built;
}

/** Nothing may be there, or an empty folder, which a rename replaces. */
async function checkFree(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code !== "ENOTDIR") throw failed(folder, error);
    return undefined;
  });
  if (names?.length === 0) return;
  throw new UsageError(
    "invalid-argument",
    `${folder} is there already: name a folder that is not, or remove it`,
    {
      at: { path: folder },
    },
  );
}

/** A folder beside the one that is to be, so that a rename puts it in its place. */
async function makeStaging(folder: string): Promise<string> {
  const path = resolve(folder);
  const mark = toHex(crypto.getRandomValues(new Uint8Array(6)));
  const staging = join(dirname(path), `.${basename(path)}.${mark}.tmp`);
  try {
    await mkdir(staging);
    return staging;
  } catch (error) {
    throw failed(folder, error);
  }
}

function failed(folder: string, cause: unknown): DeviceError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DeviceError("device-failed", `${folder} cannot be made: ${why}`, {
    at: { path: folder },
    cause,
  });
}
