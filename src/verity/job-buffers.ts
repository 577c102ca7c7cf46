/** Memory for bytes that go to workers, or are made for them. */
import { transferBuffer } from "../bytes/transfer-buffer.ts";

/** Buffers for bytes that go to workers: shared and used again where the runtime has shared memory. */
export class JobBuffers {
  readonly #sizeBytes: number;
  readonly #shared = typeof SharedArrayBuffer === "function";
  readonly #free: Uint8Array[] = [];

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  take(): Uint8Array {
    const free = this.#free.pop();
    if (free) return free;
    return this.#shared
      ? new Uint8Array(new SharedArrayBuffer(this.#sizeBytes))
      : transferBuffer(this.#sizeBytes);
  }

  give(buffer: Uint8Array): void {
    if (this.#shared) this.#free.push(buffer);
  }
}

/** What of a buffer moves to the worker instead of being shared. */
export function transferOf(bytes: Uint8Array): ArrayBuffer[] {
  return bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}
