/** Threads by the browser's module workers. */
import type { JobChannel } from "./worker-jobs.ts";
import type { WorkerPort } from "./worker-pool.ts";

/**
 * Wraps a module worker as a pool's port. The caller makes it, in the form
 * `new Worker(new URL("…", import.meta.url), { type: "module" })` that bundlers look for.
 */
export function webWorkerPort(worker: Worker): WorkerPort {
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    listen: (onMessage, onFailure) => {
      worker.onmessage = (event) => onMessage(event.data);
      worker.onmessageerror = onFailure;
      worker.onerror = (event) => onFailure(event.error ?? new Error(event.message));
    },
    terminate: async () => worker.terminate(),
  };
}

/** The channel to the pool, from inside a module worker. */
export function webWorkerChannel(): JobChannel {
  const scope = globalThis as unknown as DedicatedWorkerScope;
  return {
    post: (message, transfer) => scope.postMessage(message, [...transfer]),
    listen: (onMessage) => scope.addEventListener("message", (event) => onMessage(event.data)),
  };
}

/** What this file needs of a worker's global scope; the `dom` library types only a window's. */
interface DedicatedWorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}
