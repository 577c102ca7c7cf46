import type { BlockHasher, BlockHasherOptions } from "./block-hasher.ts";
import { createPackageHasher } from "./package-hasher.ts";

/**
 * Makes a hasher with memory of its own.
 *
 * @throws {UsageError} `unsupported` for an unknown algorithm; `invalid-argument`
 *   for a salt of more than 256 bytes or a capacity that is no positive integer.
 */
export async function createBlockHasher(options: BlockHasherOptions): Promise<BlockHasher> {
  return createPackageHasher(options);
}
