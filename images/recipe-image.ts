/**
 * An image that a recipe made, held in memory, and its two written forms: an
 * OCI layout, and the one tar that `docker save` writes. Layers are stored as
 * they are: what gzip makes of them differs between versions of zlib, and with
 * it every digest that follows.
 */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packTar } from "modern-tar";

/** One layer. */
export interface RecipeLayer {
  readonly name: string;
  /** How many entries the tar holds. */
  readonly entries: number;
  readonly tar: Uint8Array;
  /** The digest of the tar, as `sha256:…`. */
  readonly diffId: string;
}

/** Layers, base first, and the documents that name them. */
export interface RecipeImage {
  readonly name: string;
  readonly layers: readonly RecipeLayer[];
  readonly config: Uint8Array;
  readonly manifest: Uint8Array;
  /** The digest of the manifest, as `sha256:…`: what the image is known by. */
  readonly digest: string;
}

/** What the image's configuration says beside its layers. */
export interface RecipeConfig {
  readonly createdAt: Date;
  readonly entrypoint: readonly string[];
  readonly environment: readonly string[];
  readonly user: string;
}

/** Puts layers, base first, together to an image. */
export function recipeImage(name: string, layers: readonly RecipeLayer[], about: RecipeConfig): RecipeImage {
  const created = about.createdAt.toISOString();
  const config = json({
    created,
    architecture: "amd64",
    os: "linux",
    config: { User: about.user, Env: about.environment, Entrypoint: about.entrypoint, WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map((layer) => ({ created, created_by: `sealstone recipe ${name}: ${layer.name}` })),
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: layers.map(({ tar }) => descriptor("application/vnd.oci.image.layer.v1.tar", tar)),
  });
  return { name, layers, config, manifest, digest: digestOf(manifest) };
}

/** `sha256:…` of some bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Writes the image into a folder as an OCI layout. */
export async function writeOciLayout(image: RecipeImage, folder: string): Promise<void> {
  await mkdir(join(folder, "blobs", "sha256"), { recursive: true });
  for (const [name, bytes] of layoutFiles(image)) await writeFile(join(folder, name), bytes);
}

/** Writes the image as one tar: the OCI layout with `docker save`'s `manifest.json` beside it. */
export async function writeImageTar(image: RecipeImage, path: string): Promise<void> {
  const manifest = json([
    {
      Config: blobName(digestOf(image.config)),
      RepoTags: [`${image.name}:latest`],
      Layers: image.layers.map(({ diffId }) => blobName(diffId)),
    },
  ]);
  const files = new Map([...layoutFiles(image), ["manifest.json", manifest] as const]);
  const entries = [...files].map(([name, body]) => ({
    header: { name, size: body.length, mode: 0o644, mtime: new Date(0) },
    body,
  }));
  await writeFile(path, await packTar(entries));
}

/** The layout's files by their names; equal blobs are one file. */
function layoutFiles(image: RecipeImage): Map<string, Uint8Array> {
  const blobs = [...image.layers.map(({ tar }) => tar), image.config, image.manifest];
  const index = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...descriptor("application/vnd.oci.image.manifest.v1+json", image.manifest),
        annotations: { "org.opencontainers.image.ref.name": "latest" },
        platform: { architecture: "amd64", os: "linux" },
      },
    ],
  });
  return new Map([
    ...blobs.map((bytes) => [blobName(digestOf(bytes)), bytes] as const),
    ["index.json", index],
    ["oci-layout", json({ imageLayoutVersion: "1.0.0" })],
  ]);
}

function descriptor(mediaType: string, bytes: Uint8Array): object {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
