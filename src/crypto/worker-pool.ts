/// <reference lib="esnext.disposable" preserve="true" />

/**
 * A pool of worker threads for work over whole devices. What a job is, the
 * pool does not know: it hands each to the worker with the fewest under way,
 * keeps every worker supplied with a second job so that none waits for a
 * message, and gives results back as promises.
 *
 * ## Performance
 * A message costs 50 to 80 µs (a thread is woken), so a job should be worth a
 * MiB of hashing or more.
 */
import { type ErrorMessage, errorFromMessage, StateError, UsageError } from "../errors.ts";

/** A worker thread, seen from the side that gives it work. */
export interface WorkerPort {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Called once, before the first post. `onFailure` means that the thread is gone. */
  listen(onMessage: (message: unknown) => void, onFailure: (reason: unknown) => void): void;
  terminate(): Promise<void>;
}

/** What travels to a worker. */
export interface JobMessage<Job> {
  readonly id: number;
  readonly job: Job;
}

/** What comes back from it. */
export type ResultMessage<Result> =
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly error: ErrorMessage };

interface PendingJob<Job, Result> {
  readonly message: JobMessage<Job>;
  readonly transfer: readonly ArrayBuffer[];
  readonly signal: AbortSignal | undefined;
  readonly mostUnderWay: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

interface PoolWorker<Job, Result> {
  readonly port: WorkerPort;
  readonly underWay: Map<number, PendingJob<Job, Result>>;
  finished: number;
}

/** How a job is given to a worker. */
export interface JobOptions {
  /** What moves there instead of being copied. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly signal?: AbortSignal | undefined;
  /**
   * How many jobs a worker then has at the most: by default one at work and one in the thread's own
   * queue. More are for an owner whose thread is long busy between two messages.
   */
  readonly mostUnderWay?: number;
}

/** Unless a job allows more: one at work, one in the queue. */
const jobsPerWorker = 2;

/** See the head of this file. Not re-entrant: one owner gives it work and closes it. */
export class WorkerPool<Job, Result> implements AsyncDisposable {
  readonly #workers: PoolWorker<Job, Result>[];
  readonly #waiting: PendingJob<Job, Result>[] = [];
  #nextId = 0;
  #failure: StateError | undefined;

  /**
   * Starts `workers` threads, each by one call of `spawn`.
   *
   * @throws {UsageError} `invalid-argument` where `workers` is no integer from 1 to 256.
   */
  constructor(workers: number, spawn: () => WorkerPort) {
    if (!Number.isInteger(workers) || workers < 1 || workers > 256) {
      throw new UsageError("invalid-argument", `a pool has 1 to 256 workers, not ${workers}`);
    }
    this.#workers = Array.from({ length: workers }, () => this.#start(spawn()));
  }

  /** How many workers there are. */
  get size(): number {
    return this.#workers.length;
  }

  /** How many jobs can be given so that no worker has to wait for the next. */
  get depth(): number {
    return this.#workers.length * jobsPerWorker;
  }

  /** Jobs finished so far, by worker. */
  get shares(): readonly number[] {
    return this.#workers.map((worker) => worker.finished);
  }

  /**
   * Has one worker do `job`.
   *
   * An aborted job rejects at once if no worker has it yet, else when the
   * worker is done with it, so that its buffers are nobody's by then.
   *
   * @throws what the job threw, a `StorageError` as the same class;
   *   {@link StateError} `closed` after `close`, `poisoned` when a thread died.
   */
  run(job: Job, options: JobOptions = {}): Promise<Result> {
    const { transfer = [], signal, mostUnderWay = jobsPerWorker } = options;
    if (this.#failure) return Promise.reject(this.#failure);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const message = { id: this.#nextId++, job };
      this.#waiting.push({ message, transfer, signal, mostUnderWay, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends all threads; jobs that are not finished reject. Closing twice is no error. */
  async close(): Promise<void> {
    this.#fail(new StateError("closed", "the worker pool is closed"));
    await Promise.all(this.#workers.map((worker) => worker.port.terminate()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #start(port: WorkerPort): PoolWorker<Job, Result> {
    const worker: PoolWorker<Job, Result> = { port, underWay: new Map(), finished: 0 };
    port.listen(
      (message) => this.#settle(worker, message as ResultMessage<Result>),
      (cause) => this.#fail(new StateError("poisoned", "a worker thread of the pool died", { cause })),
    );
    return worker;
  }

  #settle(worker: PoolWorker<Job, Result>, message: ResultMessage<Result>): void {
    const pending = worker.underWay.get(message.id);
    if (!pending) return;
    worker.underWay.delete(message.id);
    worker.finished++;
    if (pending.signal?.aborted) pending.reject(pending.signal.reason);
    else if ("error" in message) pending.reject(errorFromMessage(message.error));
    else pending.resolve(message.result);
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#leastLoaded();
      const pending = this.#waiting[0] as PendingJob<Job, Result>;
      if (worker.underWay.size >= pending.mostUnderWay) return;
      this.#waiting.shift();
      if (pending.signal?.aborted) {
        pending.reject(pending.signal.reason);
        continue;
      }
      worker.underWay.set(pending.message.id, pending);
      worker.port.post(pending.message, pending.transfer);
    }
  }

  #leastLoaded(): PoolWorker<Job, Result> {
    return this.#workers.reduce((best, worker) =>
      worker.underWay.size < best.underWay.size ? worker : best,
    );
  }

  #fail(reason: StateError): void {
    this.#failure ??= reason;
    const lost = [
      ...this.#waiting.splice(0),
      ...this.#workers.flatMap((worker) => [...worker.underWay.values()]),
    ];
    for (const worker of this.#workers) worker.underWay.clear();
    for (const pending of lost) pending.reject(this.#failure);
  }
}
