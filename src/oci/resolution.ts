/** From a first document to the one image that is wanted: indexes, manifests, configurations. */
import { FormatError, UsageError } from "../errors.ts";
import { checkLayerCount, type ImageConfiguration, parseConfiguration } from "./configuration.ts";
import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import type { LayerBlob, ResolvedImage } from "./image-source.ts";
import { type Index, type Manifest, maxDocumentSizeBytes, parseManifest } from "./manifest.ts";
import { documentKind, isConfigMediaType, layerKind } from "./media-types.ts";
import { formatPlatform, type Platform, type PlatformChoice, samePlatform } from "./platform.ts";
import { quoted } from "./quoted-text.ts";

/** The most documents that one image may take to find: an index may name thousands. */
const maxDocuments = 64;
/** How deep indexes may lie in one another. */
const maxDepth = 4;
/** How many platforms a message lists. */
const maxListed = 24;

/** Reads a document that a descriptor names, and holds it against size and digest. */
export type DocumentReader = (descriptor: Descriptor) => Promise<Uint8Array>;

/** A manifest or an index that was read. */
export interface ReadDocument {
  readonly content: Manifest | Index;
  /** Undefined for the top of a layout, which nothing names. */
  readonly digest: Digest | undefined;
}

/** One search through the documents of one image. Used once. */
export class Resolution {
  readonly #name: string;
  readonly #choice: PlatformChoice | undefined;
  readonly #read: DocumentReader;
  /** Platforms that were met and not wanted. */
  readonly #met = new Set<string>();
  #documents = 0;

  /** @param name names the image in messages. */
  constructor(name: string, choice: PlatformChoice | undefined, read: DocumentReader) {
    this.#name = name;
    this.#choice = choice;
    this.#read = read;
  }

  /**
   * The image that a first document leads to.
   *
   * @throws as `ImageSource.resolve`.
   */
  async resolve(top: ReadDocument): Promise<ResolvedImage> {
    const { content } = top;
    if (content.kind === "manifest") {
      const image = await this.#load(content, top.digest);
      const wanted = this.#isWanted(image.configuration.platform);
      if (this.#choice?.required && !wanted) throw this.#noPlatform();
      return image;
    }
    const image = await this.#search(content, 1);
    if (image === undefined) throw this.#noPlatform();
    return image;
  }

  /** Reads the document that a descriptor names. */
  async readManifest(descriptor: Descriptor): Promise<ReadDocument> {
    const bytes = await this.#readDocument(descriptor);
    const name = `${this.#name}: manifest ${descriptor.digest}`;
    return { content: parseManifest(bytes, descriptor.mediaType, name), digest: descriptor.digest };
  }

  async #search(index: Index, depth: number): Promise<ResolvedImage | undefined> {
    if (depth > maxDepth) {
      throw new FormatError(
        "bad-field",
        `${this.#name}: indexes lie more than ${maxDepth} deep in one another`,
      );
    }
    const images = index.manifests.filter(isImage);
    if (this.#choice === undefined && images.length > 1) {
      for (const { platform } of images) if (isKnown(platform)) this.#met.add(formatPlatform(platform));
      throw this.#noPlatform();
    }
    for (const entry of images) {
      if (isKnown(entry.platform) && documentKind(entry.mediaType) !== "index") {
        if (!this.#isWanted(entry.platform)) continue;
        const { content, digest } = await this.readManifest(entry);
        if (content.kind === "manifest") return this.#load(content, digest);
      }
    }
    // What says no platform is looked into: the configuration below says it.
    for (const entry of images) {
      if (isKnown(entry.platform) && documentKind(entry.mediaType) !== "index") continue;
      const found = await this.#lookInto(entry, depth);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #lookInto(entry: Descriptor, depth: number): Promise<ResolvedImage | undefined> {
    const { content, digest } = await this.readManifest(entry);
    if (content.kind === "index") return this.#search(content, depth + 1);
    if (!isConfigMediaType(content.config.mediaType)) return undefined;
    const image = await this.#load(content, digest);
    return this.#isWanted(image.configuration.platform) ? image : undefined;
  }

  async #load(manifest: Manifest, manifestDigest: Digest | undefined): Promise<ResolvedImage> {
    const { config, layers } = manifest;
    if (!isConfigMediaType(config.mediaType)) {
      throw new FormatError(
        "bad-field",
        `${this.#name} is no container image: its configuration is ${quoted(config.mediaType)}`,
      );
    }
    const bytes = await this.#readDocument(config);
    const configuration = parseConfiguration(bytes, `${this.#name}: configuration ${config.digest}`);
    return {
      name: this.#name,
      manifestDigest,
      configDigest: config.digest,
      configuration,
      layers: layerBlobs(this.#name, layers, configuration),
    };
  }

  async #readDocument(descriptor: Descriptor): Promise<Uint8Array> {
    this.#documents++;
    if (this.#documents > maxDocuments) {
      throw new FormatError(
        "bad-field",
        `${this.#name}: no image for the platform among the first ${maxDocuments} documents`,
      );
    }
    if (descriptor.sizeBytes > maxDocumentSizeBytes) {
      throw new FormatError(
        "does-not-fit",
        `${this.#name}: document ${descriptor.digest} is said to have ${descriptor.sizeBytes} bytes; the most that is read is ${maxDocumentSizeBytes}`,
      );
    }
    return this.#read(descriptor);
  }

  /** Without a choice the one that there is. */
  #isWanted(platform: Platform): boolean {
    if (this.#choice === undefined || samePlatform(platform, this.#choice.platform)) return true;
    this.#met.add(formatPlatform(platform));
    return false;
  }

  #noPlatform(): UsageError {
    const met = [...this.#met].slice(0, maxListed).map((text) => quoted(text).slice(1, -1));
    const more = this.#met.size > maxListed ? `, and ${this.#met.size - maxListed} more` : "";
    const there = met.length === 0 ? "there is none in it" : `there is ${met.join(", ")}${more}`;
    if (this.#choice === undefined) {
      return new UsageError(
        "invalid-argument",
        `${this.#name} is for several platforms: choose one; ${there}`,
      );
    }
    return new UsageError(
      "invalid-argument",
      `${this.#name} has no image for ${formatPlatform(this.#choice.platform)}: ${there}`,
    );
  }
}

/** Build tools put attestations beside images, for a platform that is none. */
function isImage({ mediaType, platform, annotations }: Descriptor): boolean {
  const kind = documentKind(mediaType);
  if (kind === "other") return false;
  if (annotations.get("vnd.docker.reference.type") === "attestation-manifest") return false;
  return !(platform?.os === "unknown" && platform.architecture === "unknown");
}

function isKnown(platform: Platform | undefined): platform is Platform {
  return platform !== undefined && platform.os !== "" && platform.architecture !== "";
}

function layerBlobs(
  name: string,
  layers: readonly Descriptor[],
  { diffIds }: ImageConfiguration,
): LayerBlob[] {
  checkLayerCount(name, layers.length, diffIds.length);
  return layers.map(({ mediaType, digest, sizeBytes }, index) => {
    checkLayerKind(name, index, mediaType);
    return { index, mediaType, digest, sizeBytes, diffId: diffIds[index] as Digest, location: digest };
  });
}

function checkLayerKind(name: string, index: number, mediaType: string): void {
  const kind = layerKind(mediaType);
  if (kind === "tar") return;
  const problem = {
    encrypted: "is encrypted: decrypt the image first, where its key is",
    foreign: "is not distributed with the image: push it again with all its layers",
    other: `is ${quoted(mediaType)}, which is no layer of a container image`,
  }[kind];
  throw new FormatError("bad-field", `${name}: layer ${index} ${problem}`, {
    at: { layer: String(index) },
  });
}
