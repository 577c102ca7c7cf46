/** Choosing between the WASM core and `node:crypto` for SHA-256 over a whole device. */
import type { BlockHasher, BlockHasherOptions } from "./block-hasher.ts";
import { createBlockHasher } from "./create-block-hasher.ts";
import { NativeSha256Hasher } from "./native-hasher.node.ts";

/** `"auto"` takes whichever is faster on this machine. */
export type HasherChoice = "auto" | "wasm" | "native";

/** A trial: as many runs over as many bytes, half a millisecond together; the best counts. */
const trialBytes = 65_536;
const trialRuns = 8;
/**
 * No WASM core is as fast as that: 1.0 GB/s, where the best that was seen had
 * 0.92. Then it need not be compiled, which takes longer than the trial.
 */
const surelyNativeMs = 0.065;
/** Blocks of the usual size for the WASM core, which hashes four at a time. */
const wasmTrialBlockSize = 4096;

/**
 * Makes a hasher by choice. Algorithms other than SHA-256 have one only.
 *
 * For `"auto"` both hash a little. The WASM core has not been optimized by
 * then and runs at two thirds of its speed; where it is the better one, on a
 * processor without SHA instructions, it wins all the same. `node:crypto` is
 * tried on one long message: the script around each of its calls has not been
 * compiled by then, and would weigh as much as the hashing.
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

/**
 * A factory that makes its choice once, when its first hasher is made.
 *
 * @throws nothing; its hashers as `createChosenHasher`.
 */
export function chosenHashers(choice: HasherChoice): (options: BlockHasherOptions) => Promise<BlockHasher> {
  let settled: Promise<HasherChoice> | undefined;
  return async (options) => {
    if (choice !== "auto" || options.algorithm !== "sha256") return createChosenHasher(options, choice);
    settled ??= nativeIsFaster().then((native) => (native ? "native" : "wasm"));
    return createChosenHasher(options, await settled);
  };
}

async function nativeIsFaster(): Promise<boolean> {
  const options = {
    algorithm: "sha256",
    salt: new Uint8Array(32),
    saltPosition: "first",
    capacityBytes: trialBytes,
  } as const;
  const native = new NativeSha256Hasher(options);
  const nativeMs = bestMs(native, trialBytes);
  if (nativeMs < surelyNativeMs) {
    native.close();
    return true;
  }
  const wasm = await createBlockHasher(options);
  try {
    return nativeMs < bestMs(wasm, wasmTrialBlockSize);
  } finally {
    wasm.close();
    native.close();
  }
}

function bestMs(hasher: BlockHasher, blockSizeBytes: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < trialRuns; run++) {
    const startMs = performance.now();
    hasher.digest(0, blockSizeBytes, trialBytes / blockSizeBytes);
    best = Math.min(best, performance.now() - startMs);
  }
  return best;
}
