/** Makes images of every form, well-formed or not: blobs, documents, layouts, `docker save` archives. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Digest } from "../../src/oci/digest.ts";
import { TarBuilder } from "../tar/tar-builder.ts";

/** A descriptor as it stands in a document. */
export interface BuiltDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: object;
  readonly annotations?: object;
}

/** A layer to be put into an image. */
export interface LayerInput {
  readonly tar: Uint8Array;
  /** "gzip" by default. */
  readonly compression?: "none" | "gzip" | "double-gzip";
  /** In place of the one that goes with the compression. */
  readonly mediaType?: string;
  /** In place of the compressed tar. */
  readonly blob?: Uint8Array;
  /** In place of the true one. */
  readonly diffId?: string;
}

/** What an image's configuration and manifest say besides. */
export interface ImageInput {
  readonly layers: readonly LayerInput[];
  readonly architecture?: string;
  readonly variant?: string;
  /** Fields of the configuration's `config`. */
  readonly config?: object;
  readonly history?: readonly object[];
  /** Media types of Docker's instead of OCI's. */
  readonly docker?: boolean;
  /** Laid over the manifest. */
  readonly manifest?: object;
  /** Laid over the configuration. */
  readonly configuration?: object;
}

export const ociIndex = "application/vnd.oci.image.index.v1+json";
export const ociManifest = "application/vnd.oci.image.manifest.v1+json";
export const ociConfig = "application/vnd.oci.image.config.v1+json";
export const ociLayer = "application/vnd.oci.image.layer.v1.tar";
export const dockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
export const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
export const dockerConfig = "application/vnd.docker.container.image.v1+json";
export const dockerLayer = "application/vnd.docker.image.rootfs.diff.tar";

/** `sha256:` and the digest of bytes. */
export function digestOf(bytes: Uint8Array, algorithm: "sha256" | "sha512" = "sha256"): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** A document's bytes; text is taken as it is. */
export function documentBytes(document: unknown): Uint8Array {
  return new TextEncoder().encode(typeof document === "string" ? document : JSON.stringify(document));
}

/** A tar of one file, another for each name and content. */
export function oneFileTar(name: string, content: string): Uint8Array {
  return new TarBuilder().file(name, content).end().bytes();
}

/** Blobs and what names them. Every `add…` puts a blob in, and says its descriptor. */
export class ImageBuilder {
  /** By path in a layout. */
  readonly files: Map<string, Uint8Array> = new Map<string, Uint8Array>();

  add(bytes: Uint8Array, mediaType: string, algorithm: "sha256" | "sha512" = "sha256"): BuiltDescriptor {
    const digest = digestOf(bytes, algorithm);
    this.files.set(`blobs/${digest.replace(":", "/")}`, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  addLayer({ tar, compression = "gzip", mediaType, blob }: LayerInput, docker = false): BuiltDescriptor {
    const half = tar.length >> 1;
    const bytes = {
      none: () => tar,
      gzip: () => gzipSync(tar),
      "double-gzip": () => Buffer.concat([gzipSync(tar.subarray(0, half)), gzipSync(tar.subarray(half))]),
    }[compression]();
    const suffix = compression === "none" ? "" : docker ? ".gzip" : "+gzip";
    return this.add(blob ?? bytes, mediaType ?? (docker ? dockerLayer : ociLayer) + suffix);
  }

  addImage(input: ImageInput): BuiltDescriptor {
    const { layers, docker = false, manifest } = input;
    const descriptors = layers.map((layer) => this.addLayer(layer, docker));
    const config = this.add(documentBytes(configurationOf(input)), docker ? dockerConfig : ociConfig);
    const mediaType = docker ? dockerManifest : ociManifest;
    const document = { schemaVersion: 2, mediaType, config, layers: descriptors, ...manifest };
    return this.add(documentBytes(document), mediaType);
  }

  addIndex(manifests: readonly object[], mediaType: string = ociIndex): BuiltDescriptor {
    return this.add(documentBytes({ schemaVersion: 2, mediaType, manifests }), mediaType);
  }

  /** Makes it a layout with these entries at its top. */
  layout(...manifests: readonly object[]): this {
    this.files.set("oci-layout", documentBytes({ imageLayoutVersion: "1.0.0" }));
    this.files.set("index.json", documentBytes({ schemaVersion: 2, mediaType: ociIndex, manifests }));
    return this;
  }

  /** Writes the files below a folder. */
  writeTo(folder: string): string {
    for (const [path, bytes] of this.files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    return folder;
  }

  /** The files as a tar. */
  toTar(): Uint8Array {
    const tar = new TarBuilder();
    for (const [path, bytes] of this.files) {
      if (path.length <= 100) tar.file(path, bytes);
      else tar.add({ name: path.slice(0, 100), longName: path, content: bytes });
    }
    return tar.end().bytes();
  }
}

/** The configuration that goes with an image's layers. */
export function configurationOf({
  layers,
  architecture = "amd64",
  variant,
  config,
  history,
  configuration,
}: ImageInput): object {
  return {
    architecture,
    os: "linux",
    ...(variant !== undefined && { variant }),
    ...(config !== undefined && { config }),
    rootfs: { type: "layers", diff_ids: layers.map(({ tar, diffId }) => diffId ?? digestOf(tar)) },
    ...(history !== undefined && { history }),
    ...configuration,
  };
}
