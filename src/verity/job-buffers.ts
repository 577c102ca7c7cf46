/** Memory for bytes that go to workers, or are made for them. */
import { transferBuffer } from "../bytes/transfer-buffer.ts";

/**
 * Buffers for bytes that move to workers and come back with the answers. They
 * are not shared: engines copy to and from shared memory word by word, which
 * takes both sides twice as long.
 */
export class JobBuffers {
  readonly #sizeBytes: number;
  readonly #free: ArrayBufferLike[] = [];

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  /** A buffer of the size that was asked for, with anything in it. */
  take(): Uint8Array {
    const free = this.#free.pop();
    if (free === undefined) return transferBuffer(this.#sizeBytes);
    return new Uint8Array(free, free.byteLength - this.#sizeBytes, this.#sizeBytes);
  }

  /** Takes back a buffer, or a part of one; one that has moved away is no longer there. */
  give({ buffer }: Uint8Array): void {
    if (buffer.byteLength > 0) this.#free.push(buffer);
  }
}

/** What of a buffer moves to another thread. */
export function transferOf(bytes: Uint8Array): ArrayBuffer[] {
  return bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [];
}
