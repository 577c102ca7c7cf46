/** XXH64, the checksum that zstd frames end with. It tells damage, not forgery. */
import { createXXHash64 } from "hash-wasm";
import type { StreamHasher } from "./stream-hasher.ts";

/** One message's XXH64 with seed 0; the digest has 8 bytes, the most significant first. */
export async function createXxHash64(): Promise<StreamHasher> {
  const hasher = await createXXHash64();
  return {
    update: (bytes) => void hasher.update(bytes),
    digest: () => hasher.digest("binary"),
  };
}
