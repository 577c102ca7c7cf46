/** `--threads`: who hashes the data. */
import { availableParallelism } from "node:os";
import { startThreadedDigests } from "../verity/digest-pool.node.ts";
import type { PooledDigests } from "../verity/digest-pool.ts";
import type { VerityOptions } from "./verity-options.ts";

/** Below this a device is hashed before the first thread has started. */
const worthThreadsBytes = 33_554_432;
/** The most that a pool takes. */
const maxThreads = 256;

/**
 * Starts the threads that the options ask for: one a core unless they say
 * otherwise. `undefined` where this thread does the work. The caller closes it.
 *
 * @param sizeBytes how much is to be hashed.
 */
export function startDigestThreads({ threads }: VerityOptions, sizeBytes: number): PooledDigests | undefined {
  const count = threads ?? (sizeBytes < worthThreadsBytes ? 1 : Math.min(availableParallelism(), maxThreads));
  return count === 1 ? undefined : startThreadedDigests(count);
}
