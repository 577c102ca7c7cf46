/** Digests of streams by `node:crypto`, which uses the processor's SHA instructions. */
import { createHash } from "node:crypto";
import { copyOf } from "../bytes/copy.ts";
import type { StreamAlgorithm, StreamHasher } from "./stream-hasher.ts";

/** A stream hasher that can be asked on the way. */
export interface NativeStreamHasher extends StreamHasher {
  /** The digest of what was taken so far; more may follow. */
  digestSoFar(): Uint8Array;
}

/** A `StreamHasherFactory` for Node: several times as fast as the portable one. */
export async function createNativeStreamHasher(algorithm: StreamAlgorithm): Promise<NativeStreamHasher> {
  const hash = createHash(algorithm);
  return {
    update: (bytes) => void hash.update(bytes),
    digestSoFar: () => copyOf(hash.copy().digest()),
    digest: () => copyOf(hash.digest()),
  };
}
