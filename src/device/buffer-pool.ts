/** Private buffers that are used again: a fresh one costs more than a read from the page cache. */

import { transferBuffer } from "../bytes/transfer-buffer.ts";

/** Lends buffers, and keeps some of those that come back. */
export class BufferPool {
  readonly #maxKeptBytes: number;
  #keptBytes = 0;
  /** With the size that each came back with: who keeps a buffer that was lent can detach it here. */
  #kept: { readonly buffer: Uint8Array; readonly sizeBytes: number }[] = [];

  /** @param maxKeptBytes how much memory may lie idle here. */
  constructor(maxKeptBytes: number) {
    this.#maxKeptBytes = maxKeptBytes;
  }

  /** A buffer of exactly `sizeBytes`. It may hold the bytes of an earlier use. */
  take(sizeBytes: number): Uint8Array {
    const isLent = ({ buffer }: { buffer: Uint8Array }): boolean => buffer.length === sizeBytes;
    const index = sizeBytes === 0 ? -1 : this.#kept.findLastIndex(isLent);
    const [kept] = index === -1 ? [] : this.#kept.splice(index, 1);
    if (kept === undefined) return transferBuffer(sizeBytes);
    this.#keptBytes -= sizeBytes;
    return kept.buffer;
  }

  /** Takes back a buffer that nothing writes to any more; the oldest make room for it. */
  give(buffer: Uint8Array): void {
    if (buffer.length === 0 || buffer.length > this.#maxKeptBytes) return;
    this.#kept.push({ buffer, sizeBytes: buffer.length });
    this.#keptBytes += buffer.length;
    while (this.#keptBytes > this.#maxKeptBytes) this.#keptBytes -= this.#kept.shift()?.sizeBytes ?? 0;
  }

  /** Lets go of what it keeps. */
  clear(): void {
    this.#kept = [];
    this.#keptBytes = 0;
  }
}
