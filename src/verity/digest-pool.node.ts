import type { HasherChoice } from "../crypto/hasher-choice.node.ts";
import { spawnWorkerThread } from "../crypto/worker-thread.node.ts";
import { PooledDigests } from "./digest-pool.ts";

const script = new URL("./digest-worker.node.js", import.meta.url);

/**
 * Digests of data blocks by threads of `node:worker_threads`.
 *
 * @param workers how many, 1 to 256.
 * @param hasher who computes SHA-256 in them; the faster one on this machine unless given.
 * @throws {UsageError} `invalid-argument` for another number.
 */
export function startThreadedDigests(workers: number, hasher: HasherChoice = "auto"): PooledDigests {
  return new PooledDigests(workers, () => spawnWorkerThread(script, hasher));
}
