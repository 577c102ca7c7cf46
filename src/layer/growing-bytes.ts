/** Bytes in memory that grow as they are written, zero where they are not. */
export class GrowingBytes {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** Puts bytes at an offset, perhaps far behind the end. */
  write(offsetBytes: number, bytes: Uint8Array): void {
    this.grow(offsetBytes + bytes.length);
    this.#bytes.set(bytes, offsetBytes);
  }

  /** Makes room, of zeros, for so many bytes at the least. */
  grow(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(sizeBytes, 2 * this.#bytes.length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  /** So many bytes from the start: a view, of no use after the next call. */
  first(sizeBytes: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, sizeBytes);
  }
}
