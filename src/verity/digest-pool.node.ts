import { chosenHashers, type HasherChoice } from "../crypto/hasher-choice.node.ts";
import { serveJobs } from "../crypto/worker-jobs.ts";
import type { WorkerPort } from "../crypto/worker-pool.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { openDeviceHandle } from "../device/open-device-handle.ts";
import { type BatchDigestsFactory, batchesOnThisThread } from "./batch-digests.ts";
import type { HasherFactory } from "./data-digests.ts";
import { type DigestAnswer, type DigestJob, DigestWorker } from "./digest-job.ts";
import { PooledDigests } from "./digest-pool.ts";
import { spawnDigestThread } from "./digest-thread.node.ts";

/** How threads are made. */
export interface DigestThreadOptions {
  /** Who computes SHA-256; the faster one on this machine unless given. */
  readonly hasher?: HasherChoice;
  /** Starts a thread; `spawnDigestThread` unless given. */
  readonly spawn?: (hasher: HasherChoice) => WorkerPort;
}

/** How a pool of threads is made. */
export interface ThreadedDigestsOptions extends DigestThreadOptions {
  /**
   * The calling thread is one of them, and held up for 20 ms at a time: for a
   * command, which has nothing else to do. Its work begins while the other
   * threads are still starting.
   */
  readonly includeThisThread?: boolean;
}

/**
 * Digests of data blocks by threads of `node:worker_threads`.
 *
 * @param threads how many, 1 to 256.
 * @throws {UsageError} `invalid-argument` for another number.
 */
export function startThreadedDigests(threads: number, options: ThreadedDigestsOptions = {}): PooledDigests {
  const { hasher = "auto", includeThisThread = false, spawn = spawnDigestThread } = options;
  const createHasher = chosenHashers(hasher);
  let own = includeThisThread;
  const next = (): WorkerPort => {
    if (!own) return spawn(hasher);
    own = false;
    return thisThread(createHasher);
  };
  return new PooledDigests(threads, next, createHasher);
}

/** Who hashes blocks that one thread makes: disposing ends the other threads. */
export interface BatchThreads extends AsyncDisposable {
  readonly batches: BatchDigestsFactory;
  readonly createHasher: HasherFactory;
}

/**
 * Hashing of blocks that the calling thread makes: by itself, and while it makes them by others.
 *
 * @param moreThreads 0 to 256 besides the calling one.
 * @throws {UsageError} `invalid-argument` for another number.
 */
export function startBatchThreads(moreThreads: number, options: DigestThreadOptions = {}): BatchThreads {
  const { hasher = "auto" } = options;
  const createHasher = chosenHashers(hasher);
  const own = batchesOnThisThread(createHasher);
  if (moreThreads === 0) return { batches: own, createHasher, [Symbol.asyncDispose]: async () => {} };
  const pool = startThreadedDigests(moreThreads, options);
  return { batches: pool.batches(own), createHasher, [Symbol.asyncDispose]: () => pool.close() };
}

/** A worker for a thread that has nothing else to do: files are read on the spot. */
export function threadDigestWorker(createHasher: HasherFactory): DigestWorker {
  return new DigestWorker(
    (handle) => openDeviceHandle(handle, (file) => FileDevice.reopen(file, { blocking: true })),
    createHasher,
  );
}

/** The calling thread as one of a pool's. Between two jobs it hears what the others have done. */
function thisThread(createHasher: HasherFactory): WorkerPort {
  const worker = threadDigestWorker(createHasher);
  let receive = (_job: unknown): void => {};
  let answer = (_result: unknown): void => {};
  const channel = {
    post: (result: unknown) => answer(result),
    listen: (onMessage: (message: unknown) => void) => {
      receive = onMessage;
    },
  };
  serveJobs<DigestJob, DigestAnswer>(channel, async (job) => {
    await new Promise((resolve) => setImmediate(resolve));
    return worker.answer(job);
  });
  return {
    post: (job) => receive(job),
    listen: (onMessage) => {
      answer = onMessage;
    },
    terminate: () => worker.release(),
  };
}
