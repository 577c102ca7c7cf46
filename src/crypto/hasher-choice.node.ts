/** Choosing between the WASM core and `node:crypto` for SHA-256 over a whole device. */
import type { BlockHasher, BlockHasherOptions } from "./block-hasher.ts";
import { createBlockHasher } from "./create-block-hasher.ts";
import { NativeSha256Hasher } from "./native-hasher.node.ts";

/** `"auto"` takes whichever is faster on this machine. */
export type HasherChoice = "auto" | "wasm" | "native";

/** A trial: four runs of sixteen blocks, half a millisecond together. */
const trialBlocks = 16;
const trialBlockSize = 4096;
const trialRuns = 4;

/**
 * Makes a hasher by choice. Algorithms other than SHA-256 have one only.
 *
 * For `"auto"` both hash a few blocks. The WASM core has not been optimized by
 * then and runs at two thirds of its speed; where it is the better one, on a
 * processor without SHA instructions, it wins all the same.
 *
 * @throws {UsageError} as `createBlockHasher`.
 */
export async function createChosenHasher(
  options: BlockHasherOptions,
  choice: HasherChoice,
): Promise<BlockHasher> {
  if (options.algorithm !== "sha256" || choice === "wasm") return createBlockHasher(options);
  if (choice === "native" || (await nativeIsFaster())) return new NativeSha256Hasher(options);
  return createBlockHasher(options);
}

async function nativeIsFaster(): Promise<boolean> {
  const capacityBytes = trialBlocks * trialBlockSize;
  const options = {
    algorithm: "sha256",
    salt: new Uint8Array(32),
    saltPosition: "first",
    capacityBytes,
  } as const;
  const wasm = await createBlockHasher(options);
  const native = new NativeSha256Hasher(options);
  const best = (hasher: BlockHasher): number =>
    Math.min(...Array.from({ length: trialRuns }, () => trialMs(hasher)));
  try {
    return best(native) < best(wasm);
  } finally {
    wasm.close();
    native.close();
  }
}

function trialMs(hasher: BlockHasher): number {
  const startMs = performance.now();
  hasher.digest(0, trialBlockSize, trialBlocks);
  return performance.now() - startMs;
}
