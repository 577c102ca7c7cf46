/** A layer image in memory: for small ones, and for where there are no files. */
import { GrowingBytes } from "./growing-bytes.ts";
import type { LayerTarget } from "./layer-target.ts";

/** See the head of this file. */
export class MemoryTarget implements LayerTarget {
  readonly #image: GrowingBytes = new GrowingBytes();
  readonly #aside: GrowingBytes = new GrowingBytes();
  #sizeBytes = 0;

  /** The finished image: its own memory, not a copy. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#image.first(this.#sizeBytes);
  }

  write(offsetBytes: number, bytes: Uint8Array): void {
    this.#image.write(offsetBytes, bytes);
  }

  putAside(offsetBytes: number, bytes: Uint8Array): void {
    this.#aside.write(offsetBytes, bytes);
  }

  bringBack(offsetBytes: number, lengthBytes: number): void {
    this.#image.write(offsetBytes, this.#aside.first(lengthBytes));
  }

  end(sizeBytes: number): void {
    this.#image.grow(sizeBytes);
    this.#sizeBytes = sizeBytes;
  }
}
