/** A stretch of a device to hash, as it travels to a worker, and the worker's answer. */
import type { JobResult } from "../crypto/worker-jobs.ts";
import type { BlockDevice } from "../device/block-device.ts";
import type { DeviceHandle } from "../device/device-handle.ts";
import { MemoryDevice } from "../device/memory-device.ts";
import {
  type DeviceError,
  type ErrorMessage,
  errorFromMessage,
  errorToMessage,
  type IntegrityError,
} from "../errors.ts";
import { BlockDigester, type HasherFactory } from "./block-digester.ts";
import type { UnreadBlock } from "./block-reads.ts";
import type { VerityParameters } from "./identity.ts";

/** Where a worker finds the bytes: on a device that it opens itself, or in the message. */
export type DigestSource =
  | { readonly kind: "device"; readonly handle: DeviceHandle }
  /** The job's blocks alone; the buffer is the worker's until it answers. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/** What a worker is told: which blocks of which device, and how to hash them. */
export interface DigestJob {
  /** Jobs of one request share device and parameters: a worker keeps them open from one to the next. */
  readonly request: number;
  readonly source: DigestSource;
  readonly parameters: VerityParameters;
  /** On the source's device; 0 for bytes. */
  readonly firstBlock: number;
  readonly count: number;
  /** The longest job of the request, in blocks. */
  readonly mostBlocks: number;
  readonly onReadError: "reject" | "report";
}

/** What it answers: packed digests, and the blocks it could not read, counted from the job's first. */
export interface DigestAnswer {
  readonly digests: Uint8Array;
  readonly unread: readonly { readonly block: number; readonly cause: ErrorMessage }[];
}

/** Opens a device that the pool's owner described. */
export type DeviceOpener = (handle: DeviceHandle) => Promise<BlockDevice>;

/** `UnreadBlock`s as the worker sent them. */
export function unreadBlocks(answer: DigestAnswer, firstBlock: number): UnreadBlock[] {
  return answer.unread.map(({ block, cause }) => ({
    block: firstBlock + block,
    cause: errorFromMessage(cause) as DeviceError | IntegrityError,
  }));
}

/** Does jobs, one at a time, and keeps device and hasher open between those of one request. */
export class DigestWorker {
  readonly #openDevice: DeviceOpener;
  readonly #createHasher: HasherFactory | undefined;
  #request: number | undefined;
  #device: BlockDevice | undefined;
  #digester: BlockDigester | undefined;

  /** Hashers are made on the WASM core unless `createHasher` is given. */
  constructor(openDevice: DeviceOpener, createHasher?: HasherFactory) {
    this.#openDevice = openDevice;
    this.#createHasher = createHasher;
  }

  /** The digests of a job's blocks. Throws what reading them throws. */
  async answer(job: DigestJob): Promise<JobResult<DigestAnswer>> {
    if (job.request !== this.#request) await this.release();
    this.#request = job.request;
    if (job.source.kind === "bytes") return await this.#hashBytes(job, job.source.bytes);
    this.#device ??= await this.#openDevice(job.source.handle);
    this.#digester ??= await BlockDigester.open(
      this.#device,
      job.parameters,
      job.mostBlocks,
      this.#createHasher,
    );
    return await collect(this.#digester, job);
  }

  async #hashBytes(job: DigestJob, bytes: Uint8Array): Promise<JobResult<DigestAnswer>> {
    const device = new MemoryDevice(bytes);
    const digester = await BlockDigester.open(device, job.parameters, job.count, this.#createHasher);
    try {
      return await collect(digester, job);
    } finally {
      digester.close();
    }
  }

  /** Closes what the last request left open. */
  async release(): Promise<void> {
    this.#digester?.close();
    this.#digester = undefined;
    const device = this.#device;
    this.#device = undefined;
    await device?.close();
  }
}

async function collect(digester: BlockDigester, job: DigestJob): Promise<JobResult<DigestAnswer>> {
  const { firstBlock, count, onReadError } = job;
  let digests = new Uint8Array(0);
  const unread: { block: number; cause: ErrorMessage }[] = [];
  for await (const batch of digester.digests(firstBlock, count, { onReadError })) {
    const size = batch.digests.length / batch.count;
    if (digests.length === 0) digests = new Uint8Array(count * size);
    digests.set(batch.digests, (batch.firstBlock - firstBlock) * size);
    for (const { block, cause } of batch.unread) {
      unread.push({ block: block - firstBlock, cause: errorToMessage(cause) });
    }
  }
  return { result: { digests, unread }, transfer: [digests.buffer] };
}
