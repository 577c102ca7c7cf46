/** A device in memory. */
import { UsageError } from "../errors.ts";
import type { IoOptions, WritableBlockDevice } from "./block-device.ts";
import { closedError } from "./calls-under-way.ts";
import type { MemoryDeviceHandle } from "./device-handle.ts";
import { DirectDevice } from "./direct.ts";
import { checkRange } from "./range-check.ts";

/** How to make a `MemoryDevice`. */
export interface MemoryDeviceOptions {
  /** Names the device in errors; `"memory"` by default. */
  readonly name?: string;
  /** With a size: take shared memory, which worker threads can read too. */
  readonly shared?: boolean;
}

/**
 * A device in memory. Its reads and writes are done before the call returns
 * its promise, so that overlapping calls take effect in the order of the calls.
 */
export class MemoryDevice extends DirectDevice implements WritableBlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  #bytes: Uint8Array | undefined;

  /**
   * @param content the device's bytes, **not copied**: the device reads and writes
   *   this very memory, and what its owner changes there shows in later reads.
   *   Or a size in bytes, for a device of zeros.
   * @throws {UsageError} `invalid-argument` for a size that is none or cannot be had;
   *   `unsupported` where shared memory is asked for and the page may not have it.
   */
  constructor(content: Uint8Array | number, { name = "memory", shared = false }: MemoryDeviceOptions = {}) {
    const { read, write } = MemoryDevice.prototype;
    super({ read, write, atOnce: true });
    this.#bytes = typeof content === "number" ? allocate(content, shared) : content;
    this.name = name;
    this.sizeBytes = this.#bytes.length;
  }

  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    const lengthBytes = into.length;
    into.set(this.#range(offsetBytes, lengthBytes, options));
  }

  async write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    this.#range(offsetBytes, from.length, options).set(from);
  }

  async discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void> {
    this.#range(offsetBytes, lengthBytes, options).fill(0);
  }

  async flush(options?: IoOptions): Promise<void> {
    this.#range(0, 0, options);
  }

  async close(): Promise<void> {
    this.#bytes = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override handle(): MemoryDeviceHandle | undefined {
    const bytes = this.#bytes;
    const shared = typeof SharedArrayBuffer !== "undefined" && bytes?.buffer instanceof SharedArrayBuffer;
    return bytes && shared ? { kind: "memory", name: this.name, bytes } : undefined;
  }

  #range(offsetBytes: number, lengthBytes: number, options: IoOptions | undefined): Uint8Array {
    if (this.#bytes === undefined) throw closedError(this.name);
    checkRange(this, offsetBytes, lengthBytes);
    options?.signal?.throwIfAborted();
    return this.#bytes.subarray(offsetBytes, offsetBytes + lengthBytes);
  }
}

function allocate(sizeBytes: number, shared: boolean): Uint8Array {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new UsageError("invalid-argument", `a memory device cannot have ${sizeBytes} bytes`);
  }
  if (shared && typeof SharedArrayBuffer === "undefined") {
    throw new UsageError(
      "unsupported",
      "shared memory is not to be had here: a page must be cross-origin isolated for it",
    );
  }
  try {
    return new Uint8Array(shared ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes));
  } catch (cause) {
    throw new UsageError("invalid-argument", `there is no memory for a device of ${sizeBytes} bytes`, {
      cause,
    });
  }
}
