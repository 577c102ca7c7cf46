/** What is to be explained, and who hashes for it. */
import type { StreamHasherFactory } from "../../crypto/stream-hasher.ts";
import type { BlockDevice } from "../../device/block-device.ts";
import type { TarSource } from "../../tar/tar-stream.ts";
import type { DataDigests, HasherFactory } from "../../verity/data-digests.ts";

/** A layer's archive. */
export interface TarInput {
  readonly kind: "tar";
  /** Names the archive in what is said of it. */
  readonly name: string;
  /** The archive from its start, uncompressed; called once for each set of options that is tried. */
  readonly open: () => TarSource;
  /** SHA-256 of the archive as it is stored, where that is compressed: asked for only where nothing else fits. */
  readonly storedDigest?: () => Promise<Uint8Array>;
}

/** A layer's image, or the file system of one. */
export interface ImageInput {
  readonly kind: "image";
  readonly name: string;
  /** Stays open; nothing is written to it. */
  readonly device: BlockDevice;
}

/** One of the two. */
export type LayerInput = TarInput | ImageInput;

/** Who hashes; portable code on this thread unless given. */
export interface ExplainEngine {
  readonly createHasher?: HasherFactory;
  readonly createStreamHasher?: StreamHasherFactory;
  /** Of images. */
  readonly digests?: DataDigests;
}
