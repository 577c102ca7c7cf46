/** A stretch of a device to hash, as it travels to a worker, and the worker's answer. */
import type { BlockHasher } from "../crypto/block-hasher.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import type { JobResult } from "../crypto/worker-jobs.ts";
import type { BlockDevice } from "../device/block-device.ts";
import type { DeviceHandle } from "../device/device-handle.ts";
import {
  type DeviceError,
  type ErrorMessage,
  errorFromMessage,
  errorToMessage,
  type IntegrityError,
} from "../errors.ts";
import { BlockDigester } from "./block-digester.ts";
import type { UnreadBlock } from "./block-reads.ts";
import type { HasherFactory } from "./data-digests.ts";
import { saltPosition, type VerityParameters } from "./identity.ts";
import { transferOf } from "./job-buffers.ts";

/** Of a hasher of bytes that come with their jobs, which it may have to copy. */
const pieceSizeBytes = 262_144;

/** Where a worker finds the bytes: on a device that it opens itself, or in the message. */
export type DigestSource =
  | { readonly kind: "device"; readonly handle: DeviceHandle }
  /** The job's blocks alone; the buffer is the worker's until it answers, and comes back with the answer. */
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
  /** The bytes that came with the job. */
  readonly bytes?: Uint8Array;
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
  readonly #createHasher: HasherFactory;
  #request: number | undefined;
  #device: BlockDevice | undefined;
  #digester: BlockDigester | undefined;
  /** Of bytes that come with their jobs. */
  #hasher: BlockHasher | undefined;

  /** Hashers are made on the WASM core unless `createHasher` is given. */
  constructor(openDevice: DeviceOpener, createHasher: HasherFactory = createBlockHasher) {
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

  async #hashBytes(
    { parameters, count, mostBlocks }: DigestJob,
    bytes: Uint8Array,
  ): Promise<JobResult<DigestAnswer>> {
    const blockSize = parameters.dataBlockSize;
    this.#hasher ??= await this.#createHasher({
      algorithm: parameters.algorithm,
      salt: parameters.salt,
      saltPosition: saltPosition(parameters.hashType),
      capacityBytes: Math.max(blockSize, Math.min(pieceSizeBytes, mostBlocks * blockSize)),
    });
    const digests = this.#hasher.digestLent(bytes, blockSize, count).slice();
    return { result: { digests, unread: [], bytes }, transfer: [digests.buffer, ...transferOf(bytes)] };
  }

  /** Closes what the last request left open. */
  async release(): Promise<void> {
    this.#digester?.close();
    this.#digester = undefined;
    this.#hasher?.close();
    this.#hasher = undefined;
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
