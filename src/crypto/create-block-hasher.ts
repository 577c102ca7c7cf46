import { UsageError } from "../errors.ts";
import { isHashAlgorithm } from "./algorithms.ts";
import type { BlockHasher, BlockHasherOptions } from "./block-hasher.ts";
import { createSha256Hasher } from "./sha256-hasher.ts";

/**
 * Makes a hasher with memory of its own: SHA-256 on the WASM core, the other
 * algorithms by well-kept packages.
 *
 * @throws {UsageError} `unsupported` for an unknown algorithm; `invalid-argument`
 *   for a salt of more than 256 bytes or a capacity that is no positive integer.
 */
export async function createBlockHasher(options: BlockHasherOptions): Promise<BlockHasher> {
  if (options.algorithm === "sha256") return createSha256Hasher(options);
  if (!isHashAlgorithm(options.algorithm)) {
    throw new UsageError("unsupported", `no such hash algorithm: ${String(options.algorithm)}`);
  }
  // Loaded by who needs it: the package costs more time than all else together.
  const { createPackageHasher } = await import("./package-hasher.ts");
  return createPackageHasher(options);
}
