/** Threads by the browser's module workers. */
import type { JobChannel } from "./worker-jobs.ts";
import type { WorkerPort } from "./worker-pool.ts";

/** What a pool needs of a `Worker`, so that the types ask nobody for the `dom` library. */
export interface ModuleWorker {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: ModuleWorkerEvent) => void): void;
  terminate(): void;
}

/** A `MessageEvent` or an `ErrorEvent`. */
export interface ModuleWorkerEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly error?: unknown;
  readonly message?: string;
}

/**
 * Wraps a module worker as a pool's port. The caller makes it, in the form
 * `new Worker(new URL("…", import.meta.url), { type: "module" })` that bundlers look for.
 */
export function webWorkerPort(worker: ModuleWorker): WorkerPort {
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    listen: (onMessage, onFailure) => {
      worker.addEventListener("message", (event) => onMessage(event.data));
      worker.addEventListener("messageerror", onFailure);
      worker.addEventListener("error", (event) => onFailure(event.error ?? new Error(event.message)));
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
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: "message", listener: (event: ModuleWorkerEvent) => void): void;
}
