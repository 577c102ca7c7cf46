/**
 * Digests of data blocks by a pool of workers. A device that workers can open
 * themselves (a file, shared memory, HTTP) is read there, each stretch by the
 * worker that hashes it; any other is read here, into buffers that move to a
 * worker and back.
 *
 * ## Performance
 * A job is 16 MiB, or less where the device is small, so that the messages
 * cost less than a hundredth. Memory: a few MiB a worker, and the buffers for
 * a device that is read here; never in proportion to the device.
 */
import { copyOf } from "../bytes/copy.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import { type JobOptions, WorkerPool, type WorkerPort } from "../crypto/worker-pool.ts";
import type { DeviceHandle } from "../device/device-handle.ts";
import { deviceHandle } from "../device/direct.ts";
import type { BatchDigestsFactory } from "./batch-digests.ts";
import { readBlocks, readRun, type UnreadBlock } from "./block-reads.ts";
import type { DataDigests, DigestBatch, DigestRequest, HasherFactory } from "./data-digests.ts";
import { type DigestAnswer, type DigestJob, unreadBlocks } from "./digest-job.ts";
import type { VerityParameters } from "./identity.ts";
import { JobBuffers, transferOf } from "./job-buffers.ts";
import { type HashedBytes, PooledBatches } from "./pooled-batches.ts";

const jobSizeBytes = 16 * 2 ** 20;
/** Of bytes that this thread reads: four a worker are held at once. */
const carriedJobSizeBytes = 2 * 2 ** 20;
/** Of bytes that are made here: enough to be worth a message. */
const madeJobSizeBytes = 2 ** 20;
/**
 * A worker has so many of them at the most: whoever makes them hears of those that are done only
 * after a while, and would hash the next itself while the worker has nothing to do.
 */
const madeJobsPerWorker = 8;
/** A multiple of every block size; smaller jobs cost more in messages than they save. */
const leastJobSizeBytes = 2 ** 20;
/** Jobs that each worker should get of a small device, and of what is left of a large one. */
const jobsPerWorker = 4;

/** See the head of this file. Its owner closes it. */
export class PooledDigests implements DataDigests, AsyncDisposable {
  readonly createHasher: HasherFactory;
  readonly #pool: WorkerPool<DigestJob, DigestAnswer>;
  #requests = 0;

  /**
   * @param workers 1 to 256 threads, each started by one call of `spawn`.
   * @param createHasher makes hashers for the owner's thread; on the WASM core unless given.
   * @throws {UsageError} `invalid-argument` for another number of workers.
   */
  constructor(workers: number, spawn: () => WorkerPort, createHasher: HasherFactory = createBlockHasher) {
    this.createHasher = createHasher;
    this.#pool = new WorkerPool(workers, spawn);
  }

  /** Jobs done so far, by worker. */
  get shares(): readonly number[] {
    return this.#pool.shares;
  }

  async *digests(request: DigestRequest): AsyncGenerator<DigestBatch> {
    const handle = deviceHandle(request.device);
    const plan = this.#plan(request, handle);
    const stop = new AbortController();
    const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal;
    const send = handle
      ? this.#deviceSender(request, plan, handle, signal)
      : this.#byteSender(request, plan, signal);
    const underWay: Promise<Outcome>[] = [];
    let next = 0;
    const fill = (): void => {
      while (next < request.dataBlocks && underWay.length < this.#pool.depth + 1) {
        const count = this.#jobBlocks(plan, request.dataBlocks - next);
        underWay.push(settled(send(next, count)));
        next += count;
      }
    };
    try {
      fill();
      for (let outcome = underWay.shift(); outcome; outcome = underWay.shift()) {
        const settledOutcome = await outcome;
        request.signal?.throwIfAborted();
        if ("error" in settledOutcome) throw settledOutcome.error;
        fill();
        yield settledOutcome.batch;
      }
    } finally {
      stop.abort();
      await Promise.all(underWay);
    }
  }

  /**
   * Hashes batches that are made here: by a worker, to which they move and back, or while all of
   * them have their hands full by `own`, on this thread. Without `own` the caller then waits.
   */
  batches(own?: BatchDigestsFactory): BatchDigestsFactory {
    return async (parameters) => {
      const blockSize = parameters.dataBlockSize;
      const blocksPerJob = Math.max(1, madeJobSizeBytes / blockSize);
      const plan = { request: this.#requests++, blocksPerJob, leastBlocks: blocksPerJob };
      return new PooledBatches({
        batchSizeBytes: plan.blocksPerJob * blockSize,
        depth: this.#pool.size * madeJobsPerWorker,
        hash: (bytes, count) => {
          const blocks = bytes.subarray(0, count * blockSize);
          return this.#carry(plan, parameters, blocks, count, { mostUnderWay: madeJobsPerWorker });
        },
        own: await own?.(parameters),
      });
    };
  }

  /** Ends the workers. Closing twice is no error. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #plan({ dataBlocks, parameters }: DigestRequest, handle: DeviceHandle | undefined): JobPlan {
    const blockSize = parameters.dataBlockSize;
    const fairBytes = (dataBlocks * blockSize) / (this.#pool.size * jobsPerWorker);
    const most = handle ? jobSizeBytes : carriedJobSizeBytes;
    const jobBytes = Math.min(most, Math.max(leastJobSizeBytes, fairBytes));
    const leastBlocks = leastJobSizeBytes / blockSize;
    const blocksPerJob = Math.floor(jobBytes / leastJobSizeBytes) * leastBlocks;
    return { request: this.#requests++, blocksPerJob, leastBlocks };
  }

  /** The next job's share of what is left: towards the end less, so that no worker ends long before the last. */
  #jobBlocks({ blocksPerJob, leastBlocks }: JobPlan, left: number): number {
    const share = Math.ceil(left / (this.#pool.size * jobsPerWorker) / leastBlocks) * leastBlocks;
    return Math.min(left, blocksPerJob, share);
  }

  /** Has workers read the device themselves. */
  #deviceSender(request: DigestRequest, plan: JobPlan, handle: DeviceHandle, signal: AbortSignal): Sender {
    const { parameters, onReadError = "reject" } = request;
    const job = {
      request: plan.request,
      source: { kind: "device", handle },
      mostBlocks: plan.blocksPerJob,
    } as const;
    return async (firstBlock, count) => {
      const message = { ...job, parameters: plainParameters(parameters), firstBlock, count, onReadError };
      const answer = await this.#pool.run(message, { signal });
      return { firstBlock, count, digests: answer.digests, unread: unreadBlocks(answer, firstBlock) };
    };
  }

  /** Reads the device on this thread and sends the bytes along. */
  #byteSender(request: DigestRequest, plan: JobPlan, signal: AbortSignal): Sender {
    const { device, parameters, onReadError = "reject" } = request;
    const blockSize = parameters.dataBlockSize;
    const buffers = new JobBuffers(plan.blocksPerJob * blockSize);
    return async (firstBlock, count) => {
      let buffer = buffers.take();
      try {
        const bytes = buffer.subarray(0, count * blockSize);
        let unread: readonly UnreadBlock[] = [];
        if (onReadError === "report") unread = await readBlocks(device, firstBlock, blockSize, bytes, signal);
        else await readRun(device, firstBlock, blockSize, bytes, signal);
        const { digests, bytes: back } = await this.#carry(plan, parameters, bytes, count, { signal });
        buffer = back;
        return { firstBlock, count, digests, unread };
      } finally {
        buffers.give(buffer);
      }
    };
  }

  /** Has a worker hash `count` blocks that lie in one of the buffers. */
  async #carry(
    plan: JobPlan,
    parameters: VerityParameters,
    bytes: Uint8Array,
    count: number,
    options: Omit<JobOptions, "transfer">,
  ): Promise<HashedBytes> {
    const job: DigestJob = {
      request: plan.request,
      source: { kind: "bytes", bytes },
      parameters: plainParameters(parameters),
      firstBlock: 0,
      count,
      mostBlocks: plan.blocksPerJob,
      onReadError: "reject",
    };
    const answer = await this.#pool.run(job, { ...options, transfer: transferOf(bytes) });
    return { digests: answer.digests, bytes: answer.bytes ?? bytes };
  }
}

interface JobPlan {
  readonly request: number;
  readonly blocksPerJob: number;
  /** A job has a multiple of them, but for the last. */
  readonly leastBlocks: number;
}

type Sender = (firstBlock: number, count: number) => Promise<DigestBatch>;

type Outcome = { readonly batch: DigestBatch } | { readonly error: unknown };

/** An outcome instead of a rejection: a job ahead may fail long before anyone waits for it. */
async function settled(batch: Promise<DigestBatch>): Promise<Outcome> {
  try {
    return { batch: await batch };
  } catch (error) {
    return { error };
  }
}

/** The parameters alone: an identity's salt may be a view of a large buffer, which would be copied whole. */
function plainParameters(parameters: VerityParameters): VerityParameters {
  const { hashType, algorithm, dataBlockSize, hashBlockSize } = parameters;
  return { hashType, algorithm, dataBlockSize, hashBlockSize, salt: copyOf(parameters.salt) };
}
