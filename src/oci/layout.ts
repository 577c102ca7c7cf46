/**
 * An OCI image layout, in a folder or in an archive.
 * Source: OCI image-spec 1.1, image-layout.md.
 */
import type { StreamHasherFactory } from "../crypto/stream-hasher.ts";
import { FormatError, UsageError } from "../errors.ts";
import { checkedStream, collectStream } from "./checked-stream.ts";
import type { Descriptor } from "./descriptor.ts";
import { type Digest, digestParts } from "./digest.ts";
import { type FileStore, readStoreDocument } from "./file-store.ts";
import type {
  ImageSource,
  LayerBlob,
  ResolvedImage,
  SourceCallOptions,
  SourceOptions,
} from "./image-source.ts";
import { JsonObject } from "./json-document.ts";
import { type Index, type Manifest, maxDocumentSizeBytes, parseManifest } from "./manifest.ts";
import type { PlatformChoice } from "./platform.ts";
import { quoted } from "./quoted-text.ts";
import { Resolution } from "./resolution.ts";

/** How many tags a message lists. */
const maxListed = 24;
/** `oci-layout` holds a version and nothing else. */
const maxMarkerSizeBytes = 4096;

/** Which image of a layout, and how it is read. */
export interface LayoutOptions extends SourceOptions {
  /** The tag or full name that the index gives it; without one the layout must hold one image. */
  readonly tag?: string;
}

/** True where a store holds an OCI layout, or says so. */
export async function isLayout(store: FileStore): Promise<boolean> {
  return (await store.sizeBytes("oci-layout")) !== undefined;
}

/** See the head of this file. It owns its store. */
export class LayoutSource implements ImageSource {
  readonly name: string;
  readonly #store: FileStore;
  readonly #tag: string | undefined;
  readonly #createHasher: StreamHasherFactory | undefined;

  constructor(store: FileStore, { tag, createHasher }: LayoutOptions = {}) {
    this.name = tag === undefined ? store.name : `${store.name}:${tag}`;
    this.#store = store;
    this.#tag = tag;
    this.#createHasher = createHasher;
  }

  async resolve(choice?: PlatformChoice, options?: SourceCallOptions): Promise<ResolvedImage> {
    await this.#checkMarker(options);
    const index = await this.#readIndex(options);
    const resolution = new Resolution(this.name, choice, (descriptor) => this.#document(descriptor, options));
    const entry = this.#choose(index);
    return resolution.resolve(
      entry === undefined ? { content: index, digest: undefined } : await resolution.readManifest(entry),
    );
  }

  blob({ index, digest, sizeBytes }: LayerBlob, options?: SourceCallOptions): AsyncIterable<Uint8Array> {
    if (digest === undefined) {
      throw new UsageError("invalid-argument", `${this.name}: layer ${index} is of another source`);
    }
    const name = `${this.name}: blob ${digest}`;
    const stream = this.#store.read(blobPath(digest), options);
    return checkedStream(stream, { name, digest, sizeBytes }, this.#createHasher);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #checkMarker(options?: SourceCallOptions): Promise<void> {
    const bytes = await readStoreDocument(this.#store, "oci-layout", maxMarkerSizeBytes, options);
    if (bytes === undefined) {
      throw new FormatError("bad-magic", `${this.name} is no OCI layout: it has no file oci-layout`);
    }
    const version = JsonObject.parse(bytes, `${this.name}: oci-layout`).text("imageLayoutVersion");
    if (!/^1\.\d{1,8}\.\d{1,8}$/.test(version)) {
      throw new FormatError(
        "bad-version",
        `${this.name} is of layout version ${quoted(version)}; 1.x is read`,
      );
    }
  }

  async #readIndex(options?: SourceCallOptions): Promise<Index> {
    const bytes = await readStoreDocument(this.#store, "index.json", maxDocumentSizeBytes, options);
    const name = `${this.name}: index.json`;
    if (bytes === undefined) throw new FormatError("bad-field", `${name} is missing`);
    const content: Manifest | Index = parseManifest(bytes, undefined, name);
    if (content.kind !== "index") throw new FormatError("bad-field", `${name} is a manifest, and no index`);
    return content;
  }

  /** The entry with the tag; without a tag the index itself where all of it is one image. */
  #choose({ manifests }: Index): Descriptor | undefined {
    const tag = this.#tag;
    if (tag !== undefined) {
      const found = manifests.find(({ annotations }) => tagsOf(annotations).includes(tag));
      if (found !== undefined) return found;
      throw new UsageError(
        "invalid-argument",
        `${this.#store.name} has no image ${quoted(tag)}: ${this.#list(manifests)}`,
      );
    }
    if (manifests.length === 1) return manifests[0];
    const names = new Set(manifests.map(({ annotations }) => tagsOf(annotations)[0]));
    if (names.size > 1) {
      throw new UsageError(
        "invalid-argument",
        `${this.#store.name} holds several images: name one; ${this.#list(manifests)}`,
      );
    }
    return undefined;
  }

  #list(manifests: readonly Descriptor[]): string {
    const tags = [...new Set(manifests.flatMap(({ annotations }) => tagsOf(annotations).slice(0, 1)))];
    if (tags.length === 0) return "none of its images has a tag";
    const more = tags.length > maxListed ? `, and ${tags.length - maxListed} more` : "";
    return `there is ${tags.slice(0, maxListed).map(quoted).join(", ")}${more}`;
  }

  async #document(descriptor: Descriptor, options?: SourceCallOptions): Promise<Uint8Array> {
    const { digest, sizeBytes } = descriptor;
    const name = `${this.name}: blob ${digest}`;
    if ((await this.#store.sizeBytes(blobPath(digest))) === undefined) {
      throw new FormatError("bad-field", `${name} is missing`, { at: { path: blobPath(digest) } });
    }
    const stream = this.#store.read(blobPath(digest), options);
    return collectStream(
      checkedStream(stream, { name, digest, sizeBytes }, this.#createHasher),
      maxDocumentSizeBytes,
      name,
    );
  }
}

/** Safe, since a digest's characters were checked. */
function blobPath(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `blobs/${algorithm}/${hex}`;
}

/** The spec's tag first, then the full name as containerd and Docker add it. */
function tagsOf(annotations: ReadonlyMap<string, string>): string[] {
  const keys = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];
  return keys.flatMap((key) => annotations.get(key) ?? []);
}
