/**
 * What `docker save` writes: `manifest.json` with the paths of a configuration and
 * of layer tars. Nothing in it has a digest but the layers, by their diff-ids.
 * Source: moby, image/tarexport; image/spec/v1.2.md, "Combined Image JSON + Filesystem Changeset Format".
 */
import { createStreamHasher, type StreamHasherFactory } from "../crypto/stream-hasher.ts";
import { FormatError, UsageError } from "../errors.ts";
import { checkedStream } from "./checked-stream.ts";
import { checkLayerCount, parseConfiguration } from "./configuration.ts";
import { type Digest, formatDigest, isDigest } from "./digest.ts";
import { type FileStore, outsideStore, readStoreDocument, storePath } from "./file-store.ts";
import type {
  ImageSource,
  LayerBlob,
  ResolvedImage,
  SourceCallOptions,
  SourceOptions,
} from "./image-source.ts";
import { JsonObject } from "./json-document.ts";
import { maxDocumentSizeBytes } from "./manifest.ts";
import { formatPlatform, type PlatformChoice, samePlatform } from "./platform.ts";
import { quoted } from "./quoted-text.ts";

/** How many names a message lists. */
const maxListed = 24;

/** Which image of an archive, and how it is read. */
export interface DockerArchiveOptions extends SourceOptions {
  /** `name:tag` as it was saved; without one the archive must hold one image. */
  readonly reference?: string;
}

interface ArchiveEntry {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
}

/** True where a store holds what `docker save` writes. */
export async function isDockerArchive(store: FileStore): Promise<boolean> {
  return (await store.sizeBytes("manifest.json")) !== undefined;
}

/** See the head of this file. It owns its store. */
export class DockerArchiveSource implements ImageSource {
  readonly name: string;
  readonly #store: FileStore;
  readonly #reference: string | undefined;
  readonly #createHasher: StreamHasherFactory;

  constructor(store: FileStore, { reference, createHasher = createStreamHasher }: DockerArchiveOptions = {}) {
    this.name = reference === undefined ? store.name : `${store.name}:${reference}`;
    this.#store = store;
    this.#reference = reference;
    this.#createHasher = createHasher;
  }

  async resolve(choice?: PlatformChoice, options?: SourceCallOptions): Promise<ResolvedImage> {
    const { config, layers } = this.#choose(await this.#readEntries(options));
    const path = this.#path(config);
    const bytes = await readStoreDocument(this.#store, path, maxDocumentSizeBytes, options);
    if (bytes === undefined) throw this.#missing(path);
    const configuration = parseConfiguration(bytes, `${this.name}: ${path}`);
    const { platform, diffIds } = configuration;
    if (choice?.required && !samePlatform(platform, choice.platform)) {
      throw new UsageError(
        "invalid-argument",
        `${this.name} has no image for ${formatPlatform(choice.platform)}: there is ${quoted(formatPlatform(platform)).slice(1, -1)}`,
      );
    }
    checkLayerCount(this.name, layers.length, diffIds.length);
    return {
      name: this.name,
      manifestDigest: undefined,
      configDigest: await this.#digestOf(bytes),
      configuration,
      layers: await Promise.all(
        layers.map((layer, index) => this.#layerBlob(layer, index, diffIds[index] as Digest)),
      ),
    };
  }

  blob(
    { index, location, digest, sizeBytes }: LayerBlob,
    options?: SourceCallOptions,
  ): AsyncIterable<Uint8Array> {
    const name = `${this.name}: layer ${index}`;
    const stream = this.#store.read(this.#path(location), options);
    return checkedStream(stream, { name, digest, sizeBytes }, this.#createHasher);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #readEntries(options?: SourceCallOptions): Promise<ArchiveEntry[]> {
    const bytes = await readStoreDocument(this.#store, "manifest.json", maxDocumentSizeBytes, options);
    if (bytes === undefined) {
      throw new FormatError(
        "bad-magic",
        `${this.#store.name} is no docker save archive: it has no manifest.json`,
      );
    }
    return JsonObject.parseList(bytes, `${this.#store.name}: manifest.json`).map((entry) => ({
      config: entry.text("Config"),
      tags: entry.optionalTexts("RepoTags") ?? [],
      layers: entry.optionalTexts("Layers") ?? [],
    }));
  }

  #choose(entries: readonly ArchiveEntry[]): ArchiveEntry {
    const wanted = this.#reference;
    const names = entries.flatMap(({ tags }) => tags);
    const more = names.length > maxListed ? `, and ${names.length - maxListed} more` : "";
    const there =
      names.length === 0
        ? "none has a name"
        : `there is ${names.slice(0, maxListed).map(quoted).join(", ")}${more}`;
    if (wanted === undefined) {
      const [entry, another] = entries;
      if (entry !== undefined && another === undefined) return entry;
      const problem = entry === undefined ? "holds no image" : `holds several images: name one; ${there}`;
      throw new UsageError("invalid-argument", `${this.#store.name} ${problem}`);
    }
    const found = entries.find(({ tags }) => tags.includes(wanted) || tags.includes(`${wanted}:latest`));
    if (found !== undefined) return found;
    throw new UsageError("invalid-argument", `${this.#store.name} has no image ${quoted(wanted)}: ${there}`);
  }

  async #layerBlob(text: string, index: number, diffId: Digest): Promise<LayerBlob> {
    const location = this.#path(text);
    const sizeBytes = await this.#store.sizeBytes(location);
    if (sizeBytes === undefined) throw this.#missing(location);
    // Since Docker 25 layers are stored as in a layout, by digests that can be held against them.
    const [, algorithm, hex] = /^blobs\/([a-z0-9]+)\/([0-9a-f]+)$/.exec(location) ?? [];
    const digest = `${algorithm}:${hex}`;
    return {
      index,
      mediaType: "application/vnd.docker.image.rootfs.diff.tar",
      digest: isDigest(digest) ? digest : undefined,
      sizeBytes,
      diffId,
      location,
    };
  }

  async #digestOf(bytes: Uint8Array): Promise<Digest> {
    const hasher = await this.#createHasher("sha256");
    hasher.update(bytes);
    return formatDigest("sha256", hasher.digest());
  }

  #path(text: string): string {
    const path = storePath(text);
    if (path === undefined) throw outsideStore(this.#store.name, text);
    return path;
  }

  #missing(path: string): FormatError {
    return new FormatError("bad-field", `${this.#store.name}: ${quoted(path)} is missing`, { at: { path } });
  }
}
