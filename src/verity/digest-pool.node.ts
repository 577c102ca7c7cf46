import { spawnWorkerThread } from "../crypto/worker-thread.node.ts";
import { PooledDigests } from "./digest-pool.ts";

const script = new URL("./digest-worker.node.js", import.meta.url);

/**
 * Digests of data blocks by threads of `node:worker_threads`.
 *
 * @param workers how many, 1 to 256.
 * @throws {UsageError} `invalid-argument` for another number.
 */
export function startThreadedDigests(workers: number): PooledDigests {
  return new PooledDigests(workers, () => spawnWorkerThread(script));
}
