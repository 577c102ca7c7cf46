/**
 * An image in a registry. Its documents and layers are named by digests, which
 * are checked; a tag is the registry's word, and who wants more gives a digest.
 */
import { createStreamHasher, type StreamHasherFactory } from "../crypto/stream-hasher.ts";
import { DeviceError, IntegrityError, UsageError } from "../errors.ts";
import { checkedStream, collectStream, tooLarge } from "./checked-stream.ts";
import type { Descriptor } from "./descriptor.ts";
import { type Digest, digestParts, formatDigest, isDigest } from "./digest.ts";
import type { HttpAnswer } from "./http-exchange.ts";
import type {
  ImageSource,
  LayerBlob,
  ResolvedImage,
  SourceCallOptions,
  SourceOptions,
} from "./image-source.ts";
import { maxDocumentSizeBytes, parseManifest } from "./manifest.ts";
import { documentKind, manifestMediaTypes } from "./media-types.ts";
import type { PlatformChoice } from "./platform.ts";
import { formatReference, type RegistryReference } from "./reference.ts";
import { RegistryClient, type RegistryOptions } from "./registry-client.ts";
import { type ReadDocument, Resolution } from "./resolution.ts";

/** How often a blob that broke off is taken up again where it did. */
const maxResumptions = 5;

/** See the head of this file. Blobs may be read side by side. */
export class RegistrySource implements ImageSource {
  readonly name: string;
  readonly #reference: RegistryReference;
  readonly #client: RegistryClient;
  readonly #createHasher: StreamHasherFactory;

  constructor(reference: RegistryReference, options: RegistryOptions & SourceOptions = {}) {
    this.name = formatReference(reference);
    this.#reference = reference;
    this.#client = new RegistryClient(reference, options);
    this.#createHasher = options.createHasher ?? createStreamHasher;
  }

  async resolve(choice?: PlatformChoice, { signal }: SourceCallOptions = {}): Promise<ResolvedImage> {
    const resolution = new Resolution(this.name, choice, (descriptor) => this.#document(descriptor, signal));
    return resolution.resolve(await this.#top(signal));
  }

  blob({ index, digest, sizeBytes }: LayerBlob, options: SourceCallOptions = {}): AsyncIterable<Uint8Array> {
    if (digest === undefined) {
      throw new UsageError("invalid-argument", `${this.name}: layer ${index} is of another source`);
    }
    const name = `${this.name}: blob ${digest}`;
    const stream = this.#download(digest, sizeBytes, options.signal);
    return checkedStream(stream, { name, digest, sizeBytes }, this.#createHasher);
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  /** The document that the reference leads to. */
  async #top(signal: AbortSignal | undefined): Promise<ReadDocument> {
    const { digest, tag } = this.#reference;
    const answer = await this.#client.get({
      path: `manifests/${digest ?? tag ?? "latest"}`,
      accept: manifestMediaTypes,
      signal,
    });
    const name = `${this.name}: manifest`;
    const bytes = await this.#collect(answer, name);
    const said = answer.headers.get("Docker-Content-Digest") ?? "";
    const found = await this.#digestOf(bytes, digest ?? (isDigest(said) ? said : undefined));
    for (const claimed of [digest, isDigest(said) ? said : undefined]) {
      if (
        claimed !== undefined &&
        digestParts(claimed).algorithm === digestParts(found).algorithm &&
        claimed !== found
      ) {
        throw new IntegrityError(
          "digest-mismatch",
          `${name} is ${found}, not ${claimed}: it was damaged or replaced`,
        );
      }
    }
    const mediaType = answer.headers.get("Content-Type") ?? undefined;
    return { content: parseManifest(bytes, mediaType, `${name} ${found}`), digest: found };
  }

  async #document(descriptor: Descriptor, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { digest, sizeBytes, mediaType } = descriptor;
    const isManifest = documentKind(mediaType) !== "other";
    const answer = await this.#client.get({
      path: `${isManifest ? "manifests" : "blobs"}/${digest}`,
      ...(isManifest && { accept: [mediaType] }),
      signal,
    });
    const name = `${this.name}: ${isManifest ? "manifest" : "blob"} ${digest}`;
    const stream = checkedStream(answer.chunks(), { name, digest, sizeBytes }, this.#createHasher);
    return collectStream(stream, maxDocumentSizeBytes, name);
  }

  async #collect(answer: HttpAnswer, name: string): Promise<Uint8Array> {
    if (Number(answer.headers.get("Content-Length") ?? 0) > maxDocumentSizeBytes) {
      answer.cancel();
      throw tooLarge(name, maxDocumentSizeBytes);
    }
    return collectStream(answer.chunks(), maxDocumentSizeBytes, name);
  }

  async #digestOf(bytes: Uint8Array, like: Digest | undefined): Promise<Digest> {
    const algorithm = like === undefined ? "sha256" : digestParts(like).algorithm;
    const hasher = await this.#createHasher(algorithm);
    hasher.update(bytes);
    return formatDigest(algorithm, hasher.digest());
  }

  /** A blob's bytes, taken up again where the connection breaks off. What they are is checked above. */
  async *#download(
    digest: Digest,
    sizeBytes: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let doneBytes = 0;
    for (let resumption = 0; ; resumption++) {
      try {
        for await (const chunk of this.#from(digest, doneBytes, signal)) {
          doneBytes += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        const broke =
          error instanceof DeviceError && (error.code === "short-read" || error.code === "device-timeout");
        if (!broke || resumption >= maxResumptions || doneBytes > sizeBytes) throw error;
        await this.#client.exchange.retryDelay(resumption + 1, signal);
      }
    }
  }

  async *#from(
    digest: Digest,
    firstByte: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const path = `blobs/${digest}`;
    const answer = await this.#client.get({ path, signal, ...(firstByte > 0 && { firstByte }) });
    let skipBytes = answer.status === 206 ? 0 : firstByte;
    if (answer.status === 206) checkRange(answer, firstByte);
    for await (const chunk of answer.chunks()) {
      // A server that knows no ranges begins again.
      const skipped = Math.min(skipBytes, chunk.length);
      skipBytes -= skipped;
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
  }
}

function checkRange(answer: HttpAnswer, firstByte: number): void {
  const [, first] = /^bytes (\d{1,16})-/.exec(answer.headers.get("Content-Range") ?? "") ?? [];
  if (Number(first) === firstByte) return;
  answer.cancel();
  throw new DeviceError(
    "bad-response",
    `${answer.name}: byte ${firstByte} and on were asked for, and others came`,
    { at: { device: answer.name, offsetBytes: firstByte } },
  );
}
