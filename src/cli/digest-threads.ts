/** `--threads` and `--hasher`: who hashes the data. */
import { availableParallelism } from "node:os";
import { createChosenHasher } from "../crypto/hasher-choice.node.ts";
import { digestsOnThisThread } from "../verity/block-digester.ts";
import type { DataDigests } from "../verity/data-digests.ts";
import { startThreadedDigests } from "../verity/digest-pool.node.ts";
import type { VerityOptions } from "./verity-options.ts";

/** Below this a device is hashed before the first thread has started. */
const worthThreadsBytes = 33_554_432;
/** The most that a pool takes. */
const maxThreads = 256;

/** Who hashes: disposing ends the threads. */
export interface DigestThreads extends AsyncDisposable {
  readonly digests: DataDigests;
  readonly count: number;
}

/**
 * Starts the threads that the options ask for: one a core unless they say
 * otherwise. A single one is this thread itself.
 *
 * @param sizeBytes how much is to be hashed.
 */
export function startDigestThreads(
  { threads, hasher = "auto" }: Pick<VerityOptions, "threads" | "hasher">,
  sizeBytes: number,
): DigestThreads {
  const count = threads ?? (sizeBytes < worthThreadsBytes ? 1 : Math.min(availableParallelism(), maxThreads));
  if (count > 1) {
    const digests = startThreadedDigests(count, { hasher, includeThisThread: true });
    return { digests, count, [Symbol.asyncDispose]: () => digests.close() };
  }
  const digests = digestsOnThisThread((options) => createChosenHasher(options, hasher));
  return { digests, count, [Symbol.asyncDispose]: async () => {} };
}
