/** Many small byte strings in few allocations: an array of its own would cost each more than its bytes. */
import { InvariantError } from "../errors.ts";

const chunkBytes = 2 ** 18;
/** References count in words, so that 32 bits of them reach 16 GiB. */
const wordBytes = 4;
const chunkWords = chunkBytes / wordBytes;

/** The same memory, by words and by bytes. */
interface Chunk {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Takes byte strings and gives references to them. Nothing is ever freed. */
export class ByteArena {
  readonly #chunks: Chunk[] = [];
  #used = chunkBytes;

  /** Room for so many bytes, zero at first. The reference is a positive integer below 2^32. */
  allocate(lengthBytes: number): number {
    if (lengthBytes > chunkBytes - wordBytes) throw new InvariantError(`${lengthBytes} bytes are not small`);
    if (this.#chunks.length === 0 || this.#used + lengthBytes > chunkBytes) {
      const bytes = new Uint8Array(chunkBytes);
      this.#chunks.push({ bytes, words: new Uint32Array(bytes.buffer) });
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
    const { bytes } = this.#chunk(reference);
    return bytes[(reference % chunkWords) * wordBytes + index] as number;
  }

  /** One of the words of 32 bits behind a reference. */
  word(reference: number, index: number): number {
    return this.#chunk(reference).words[(reference % chunkWords) + index] as number;
  }

  /** Sets such a word. */
  setWord(reference: number, index: number, value: number): void {
    this.#chunk(reference).words[(reference % chunkWords) + index] = value;
  }

  /** The bytes behind a reference: a view. */
  at(reference: number, lengthBytes: number): Uint8Array {
    const start = (reference % chunkWords) * wordBytes;
    return this.#chunk(reference).bytes.subarray(start, start + lengthBytes);
  }

  #chunk(reference: number): Chunk {
    const chunk = this.#chunks[Math.floor(reference / chunkWords)];
    if (chunk === undefined) throw new InvariantError(`no chunk for reference ${reference}`);
    return chunk;
  }
}
