/** Many small byte strings in few allocations: an array of its own would cost each more than its bytes. */
import { InvariantError } from "../errors.ts";

const chunkBytes = 2 ** 18;
/** References count in words, so that 32 bits of them reach 16 GiB. */
const wordBytes = 4;

/** Takes byte strings and gives references to them. Nothing is ever freed. */
export class ByteArena {
  readonly #chunks: Uint8Array[] = [];
  #used = chunkBytes;

  /** Room for so many bytes, zero at first. The reference is a positive integer below 2^32. */
  allocate(lengthBytes: number): number {
    if (lengthBytes > chunkBytes - wordBytes) throw new InvariantError(`${lengthBytes} bytes are not small`);
    if (this.#chunks.length === 0 || this.#used + lengthBytes > chunkBytes) {
      this.#chunks.push(new Uint8Array(chunkBytes));
      // Reference 0 is nobody's.
      this.#used = this.#chunks.length === 1 ? wordBytes : 0;
    }
    const offset = (this.#chunks.length - 1) * chunkBytes + this.#used;
    this.#used += Math.ceil(lengthBytes / wordBytes) * wordBytes;
    return offset / wordBytes;
  }

  /** Stores a copy. */
  add(bytes: Uint8Array): number {
    const reference = this.allocate(bytes.length);
    this.at(reference, bytes.length).set(bytes);
    return reference;
  }

  /** One of the bytes behind a reference, without the cost of a view. */
  byte(reference: number, index: number): number {
    const offset = reference * wordBytes;
    return this.#chunks[Math.floor(offset / chunkBytes)]?.[(offset % chunkBytes) + index] as number;
  }

  /** The bytes behind a reference: a view. */
  at(reference: number, lengthBytes: number): Uint8Array {
    const offset = reference * wordBytes;
    const chunk = this.#chunks[Math.floor(offset / chunkBytes)];
    if (chunk === undefined) throw new InvariantError(`no chunk for reference ${reference}`);
    const start = offset % chunkBytes;
    return chunk.subarray(start, start + lengthBytes);
  }
}
