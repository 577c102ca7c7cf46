/**
 * An image opened from wherever it is: a folder of built layers, a layout, an archive,
 * a registry. What is no built image yet is built into a folder of its own first, which
 * is removed with it.
 *
 * ## Pinning
 * Whoever opens an image must know which. A tag is the registry's word and may be another image
 * tomorrow: a reference to a registry needs a digest, or the caller's word that
 * something else pins the layers, such as a policy. What lies in a file or folder of the caller's
 * own may be held against a digest too.
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IntegrityError, UsageError } from "../errors.ts";
import type { Credential, CredentialProvider } from "../oci/credentials.ts";
import { isDigest } from "../oci/digest.ts";
import { dockerCredentials } from "../oci/docker-credentials.node.ts";
import { hostPlatform } from "../oci/host-platform.node.ts";
import { type ImageLocation, locateImage, openImageSource } from "../oci/image-location.node.ts";
import type { ImageSource, ResolvedImage } from "../oci/image-source.ts";
import { formatReference } from "../oci/reference.ts";
import { buildImage, filesOnThisThread } from "./build-image.node.ts";
import { type BuiltImage, IMAGE_MANIFEST_NAME } from "./image-manifest.ts";
import type { LayerCache } from "./layer-cache.node.ts";
import { LayerThreads } from "./layer-threads.node.ts";
import { OpenedImage, openImage } from "./open-image.node.ts";
import type { ImageWorkOptions } from "./root-hashes.ts";

/** How an image is found, built and opened. */
export interface ObtainImageOptions extends Pick<ImageWorkOptions, "platform" | "onProgress" | "signal"> {
  /**
   * `sha256:…`: of the manifest, or of the configuration, which Docker calls the image's id. In a
   * registry also of an index.
   */
  readonly digest?: string;
  /** The caller holds the layers' root hashes against a policy: nothing else need pin the image. */
  readonly isPinnedByPolicy?: boolean;
  /** Takes layers from there, and puts them there. */
  readonly cache?: LayerCache;
  /** Threads that build layers; without any it is done on this one. */
  readonly threads?: number;
  /** Speaks plain HTTP to the registry. */
  readonly insecure?: boolean;
  /** For the registry; Docker's own unless given. */
  readonly credentials?: CredentialProvider;
  /** Where layers that are built here lie meanwhile, in a folder of their own; the system's unless given. */
  readonly temporaryFolder?: string;
}

/**
 * Opens an image.
 *
 * @param text as `locateImage` takes it, or a folder that `buildImage` made.
 * @throws {UsageError} `invalid-argument` for a reference to a registry that nothing pins; the message says how.
 * @throws {IntegrityError} `digest-mismatch` where the image has another digest.
 * @throws as `locateImage`, `buildImage` and `openImage`.
 */
export async function obtainImage(text: string, options: ObtainImageOptions = {}): Promise<OpenedImage> {
  const { digest, signal } = options;
  if (digest !== undefined && !isDigest(digest)) {
    throw new UsageError("invalid-argument", "a digest is sha256: and 64 hex digits", {
      at: { field: "digest" },
    });
  }
  signal?.throwIfAborted();
  if (await isBuilt(text)) {
    if (digest === undefined)
      return await openImage(text, { rootHashes: "recorded", ...(signal && { signal }) });
    throw new UsageError(
      "invalid-argument",
      `${text} is a built image, which root hashes pin: its digest is no more than what the folder says`,
      { at: { path: text } },
    );
  }
  const location = pinned(await locateImage(text), options);
  const folder = await mkdtemp(join(options.temporaryFolder ?? tmpdir(), "sealstone-image-"));
  const removal = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const built = await buildAt(location, join(folder, "image"), options);
    const rootHashes = built.layers.map(({ rootHash }) => rootHash);
    const opened = await openImage(join(folder, "image"), {
      rootHashes,
      name: text,
      ...(signal && { signal }),
    });
    // Files that are open need no names, and what has none is left behind by nobody; but Windows keeps them.
    if (process.platform !== "win32") await removal();
    return new OpenedImage(opened.description, opened.layers, removal);
  } catch (error) {
    await removal();
    throw error;
  }
}

async function isBuilt(path: string): Promise<boolean> {
  return stat(join(path, IMAGE_MANIFEST_NAME)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** The location with the digest in its reference; a registry's without one is refused. */
function pinned(location: ImageLocation, { digest, isPinnedByPolicy }: ObtainImageOptions): ImageLocation {
  if (location.kind !== "registry") return location;
  const { reference } = location;
  const name = formatReference(reference);
  if (digest !== undefined && isDigest(digest)) {
    if (reference.digest === undefined || reference.digest === digest) {
      return { ...location, reference: { ...reference, digest } };
    }
    throw new UsageError("invalid-argument", `${name} names a digest already, and ${digest} is another`);
  }
  if (reference.digest !== undefined || isPinnedByPolicy) return location;
  throw new UsageError(
    "invalid-argument",
    `${name} is whatever image its registry says today: pin it, as ${name}@sha256:… (\`sealstone image roothash ${name} --json\` shows the manifestDigest that it has now)`,
  );
}

async function buildAt(
  location: ImageLocation,
  folder: string,
  options: ObtainImageOptions,
): Promise<BuiltImage> {
  const { platform = { platform: hostPlatform(), required: false }, cache, onProgress, signal } = options;
  const { threads = 0, insecure = false, digest } = options;
  const credential = await credentialFor(location, options.credentials);
  const opened = await openImageSource(location, { insecure, credentials: async () => credential });
  await using source = location.kind === "registry" ? opened : withDigest(opened, digest);
  const registry = { insecure, ...(credential && { credential }) };
  const workers = threads > 0 ? new LayerThreads(threads, location, registry) : undefined;
  try {
    return await buildImage(source, folder, {
      platform,
      maker: workers ?? filesOnThisThread(source),
      concurrency: Math.max(threads, 1),
      ...(cache && { cache }),
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    });
  } finally {
    await workers?.close();
  }
}

async function credentialFor(
  location: ImageLocation,
  credentials: CredentialProvider = dockerCredentials(),
): Promise<Credential | undefined> {
  return location.kind === "registry" ? credentials(location.reference.host) : undefined;
}

/** A source that gives the image of one digest and no other. */
function withDigest(source: ImageSource, digest: string | undefined): ImageSource {
  if (digest === undefined) return source;
  return {
    name: source.name,
    async resolve(...call): Promise<ResolvedImage> {
      const image = await source.resolve(...call);
      const { manifestDigest, configDigest } = image;
      if (digest === manifestDigest || digest === configDigest) return image;
      const has = manifestDigest === undefined ? `image id ${configDigest}` : `digest ${manifestDigest}`;
      throw new IntegrityError(
        "digest-mismatch",
        `${source.name} has ${has}, not ${digest}: it is another image`,
      );
    },
    blob: (...call) => source.blob(...call),
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  };
}
