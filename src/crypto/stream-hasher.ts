/** Digests of streams: one message, fed in pieces, by the algorithms that name blobs. */
import { createSHA256, createSHA512 } from "hash-wasm";

/** Algorithms that a stream is named by (OCI image-spec, descriptor.md, "Registered Algorithms"). */
export type StreamAlgorithm = "sha256" | "sha512";

/** One message's digest in the making. */
export interface StreamHasher {
  /** Takes the message's next bytes, and keeps nothing of them. */
  update(bytes: Uint8Array): void;
  /** The digest of all that was taken. Called once, after which the hasher is of no use. */
  digest(): Uint8Array;
}

/** How a stream hasher is made: {@link createStreamHasher}, or one that is faster where it runs. */
export type StreamHasherFactory = (algorithm: StreamAlgorithm) => Promise<StreamHasher>;

/** A stream hasher for any runtime, in WebAssembly. */
export async function createStreamHasher(algorithm: StreamAlgorithm): Promise<StreamHasher> {
  const hasher = await (algorithm === "sha256" ? createSHA256() : createSHA512());
  return {
    update: (bytes) => void hasher.update(bytes),
    digest: () => hasher.digest("binary"),
  };
}
