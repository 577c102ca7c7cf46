/// <reference lib="esnext.disposable" preserve="true" />

/**
 * Where images come from, behind one interface: a layout in a folder or in an
 * archive, what `docker save` writes, a registry.
 *
 * A source's word counts for nothing. Documents are bounded, parsed strictly, and
 * held against the digest they were asked for by; a blob's bytes are hashed as they
 * pass, and a blob that is not what its digest says fails at its end. So whoever
 * consumes a blob trusts nothing of it before the end was reached.
 */
import type { StreamHasherFactory } from "../crypto/stream-hasher.ts";
import type { ImageConfiguration } from "./configuration.ts";
import type { Digest } from "./digest.ts";
import type { PlatformChoice } from "./platform.ts";

/** What a call may be given. */
export interface SourceCallOptions {
  /** Aborts this call alone. */
  readonly signal?: AbortSignal;
}

/** What every source may be given. */
export interface SourceOptions {
  /** Who hashes; {@link createStreamHasher} unless given. */
  readonly createHasher?: StreamHasherFactory;
}

/** A layer's blob, as the manifest names it. */
export interface LayerBlob {
  /** From 0, the base. */
  readonly index: number;
  readonly mediaType: string;
  /** Of the blob as it is stored; `undefined` where the source has none: in `docker save`'s own form. */
  readonly digest: Digest | undefined;
  /** Of the blob as it is stored. */
  readonly sizeBytes: number;
  /** Of the uncompressed tar. */
  readonly diffId: Digest;
  /** Where the source keeps it, in the source's own words. */
  readonly location: string;
}

/** One image for one platform. */
export interface ResolvedImage {
  /** Names the image in messages. */
  readonly name: string;
  /** Of the manifest; `undefined` where there is none: in `docker save`'s own form. */
  readonly manifestDigest: Digest | undefined;
  /** Of the configuration: what Docker calls the image's id. */
  readonly configDigest: Digest;
  readonly configuration: ImageConfiguration;
  /** Base first: one for each diff-id of the configuration. */
  readonly layers: readonly LayerBlob[];
}

/** See the head of this file. */
export interface ImageSource extends AsyncDisposable {
  /** Names the source in messages; never a secret. */
  readonly name: string;
  /**
   * Finds the image, and reads its manifest and its configuration.
   *
   * @param choice which platform; without it an image for several is refused.
   * @throws {UsageError} `invalid-argument` where there is no such image or platform: the message
   *   says what there is.
   * @throws {FormatError} for malformed documents, for what is no container image, and for one with
   *   a layer that cannot be read: encrypted, or not distributed with the image.
   * @throws {IntegrityError} `digest-mismatch` for a document that is not what its digest says.
   * @throws {DeviceError} where the source cannot be read.
   */
  resolve(choice?: PlatformChoice, options?: SourceCallOptions): Promise<ResolvedImage>;
  /**
   * A layer's blob as it is stored. A chunk is valid until the next is asked for.
   *
   * @throws {IntegrityError} `digest-mismatch`, at the end.
   * @throws {DeviceError} where the source cannot be read.
   */
  blob(layer: LayerBlob, options?: SourceCallOptions): AsyncIterable<Uint8Array>;
  /** Lets go of what the source holds. */
  close(): Promise<void>;
}
