/** Threads by `node:worker_threads`, for Node, Bun and Deno. */
import { parentPort, Worker, workerData } from "node:worker_threads";
import { invariant } from "../errors.ts";
import type { JobChannel } from "./worker-jobs.ts";
import type { WorkerPort } from "./worker-pool.ts";

/**
 * Starts the module at `script` as a thread. It keeps the process alive until its pool is closed.
 *
 * @param data is cloned to the thread, which finds it by `workerThreadData`.
 */
export function spawnWorkerThread(script: URL, data?: unknown): WorkerPort {
  const worker = new Worker(script, { workerData: data });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (onMessage, onFailure) => {
      worker.on("message", onMessage);
      worker.on("messageerror", onFailure);
      worker.on("error", onFailure);
      worker.on("exit", (code) => onFailure(new Error(`the thread ended with code ${code}`)));
    },
    terminate: async () => {
      worker.removeAllListeners();
      await worker.terminate();
    },
  };
}

/** The channel to the pool, from inside a thread that `spawnWorkerThread` started. */
export function workerThreadChannel(): JobChannel {
  const port = parentPort;
  invariant(port !== null, "this module is a worker's: it is started by a pool");
  return {
    post: (message, transfer) => port.postMessage(message, transfer),
    listen: (onMessage) => port.on("message", onMessage),
  };
}

/** What `spawnWorkerThread` was given for this thread. */
export function workerThreadData(): unknown {
  return workerData;
}
