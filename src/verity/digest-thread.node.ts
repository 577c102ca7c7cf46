/** The threads of a pool that digests: apart from the pool, since a command starts one before it has loaded that. */
import type { HasherChoice } from "../crypto/hasher-choice.node.ts";
import type { WorkerPort } from "../crypto/worker-pool.ts";
import { spawnWorkerThread } from "../crypto/worker-thread.node.ts";

const script = new URL("./digest-worker.node.js", import.meta.url);

/** Starts a thread that answers `DigestJob`s. @param hasher who computes SHA-256 in it. */
export function spawnDigestThread(hasher: HasherChoice): WorkerPort {
  return spawnWorkerThread(script, hasher);
}
