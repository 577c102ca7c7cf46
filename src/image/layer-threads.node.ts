/**
 * Layers made by threads, one layer a thread at a time. Each thread opens the
 * image's source itself: no blob passes from one to another. A large layer's
 * thread may have further ones of its own, which hash the blocks that it makes.
 */
import type { HasherChoice } from "../crypto/hasher-choice.node.ts";
import { WorkerPool } from "../crypto/worker-pool.ts";
import { spawnWorkerThread } from "../crypto/worker-thread.node.ts";
import type { Credential } from "../oci/credentials.ts";
import type { ImageLocation } from "../oci/image-location.node.ts";
import type { LayerBlob } from "../oci/image-source.ts";
import type {
  BuiltLayerFile,
  LayerAnswer,
  LayerFileTarget,
  LayerJob,
  LayerThreadData,
} from "./layer-job.node.ts";
import type { LayerHash, LayerMaker, LayerRequest } from "./layer-maker.ts";

const script = new URL("./layer-worker.node.js", import.meta.url);
/** How often progress is asked for, in ms. */
const progressIntervalMs = 100;

/** A maker that writes layers' images too. */
export interface LayerFileMaker extends LayerMaker {
  /**
   * Writes a layer's image to a file.
   *
   * @throws as `LayerMaker.hash`; `DeviceError` where the file cannot be written. Nothing is left at the
   *   path then; a thread that was stopped may leave a temporary file beside it.
   */
  build(layer: LayerBlob, target: LayerFileTarget, request: LayerRequest): Promise<BuiltLayerFile>;
}

/** How threads make layers. */
export interface LayerThreadsOptions {
  /** Plain HTTP for the registry; see `RegistryOptions`. */
  readonly insecure?: boolean;
  /** For the image's registry; cloned to the threads. */
  readonly credential?: Credential;
  /** Who computes SHA-256 of blocks; the faster one on this machine unless given. */
  readonly hasher?: HasherChoice;
}

/** See the head of this file. An aborted layer ends all: the threads are of no use afterwards. */
export class LayerThreads implements LayerFileMaker, AsyncDisposable {
  readonly #pool: WorkerPool<LayerJob, LayerAnswer>;
  readonly #progress: BigInt64Array<SharedArrayBuffer> = new BigInt64Array(new SharedArrayBuffer(8));
  #reportedBytes = 0n;

  /**
   * @param threads 1 to 256.
   * @param location of the image whose layers are made.
   * @throws {UsageError} `invalid-argument` for another number of threads.
   */
  constructor(threads: number, location: ImageLocation, options: LayerThreadsOptions = {}) {
    const data: LayerThreadData = {
      location,
      insecure: options.insecure ?? false,
      credential: options.credential,
      hasher: options.hasher ?? "auto",
      progress: this.#progress.buffer,
    };
    this.#pool = new WorkerPool(threads, () => spawnWorkerThread(script, data));
  }

  hash(layer: LayerBlob, request: LayerRequest): Promise<LayerHash> {
    return this.#run(layer, undefined, request);
  }

  build(layer: LayerBlob, target: LayerFileTarget, request: LayerRequest): Promise<BuiltLayerFile> {
    return this.#run(layer, target, request) as Promise<BuiltLayerFile>;
  }

  /** Ends the threads. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(
    layer: LayerBlob,
    target: LayerFileTarget | undefined,
    { signal, onProgress, ...request }: LayerRequest,
  ): Promise<LayerAnswer> {
    signal.throwIfAborted();
    const report = (): void => {
      const doneBytes = Atomics.load(this.#progress, 0);
      const more = Number(doneBytes - this.#reportedBytes);
      this.#reportedBytes = doneBytes;
      if (more > 0) onProgress?.(more);
    };
    // A thread at work hears nothing: ending it is all that stops it.
    const onAbort = (): void => void this.#pool.close();
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = setInterval(report, progressIntervalMs);
    try {
      return await this.#pool.run({ layer, target, ...request });
    } catch (error) {
      if (!signal.aborted) throw error;
      // Until it has ended, a thread may still write.
      await this.#pool.close();
      throw signal.reason;
    } finally {
      clearInterval(timer);
      signal.removeEventListener("abort", onAbort);
      report();
    }
  }
}
