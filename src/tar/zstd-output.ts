/**
 * What a zstd frame decompresses to, as far back as its window reaches.
 *
 * Memory grows with what was decompressed, up to the window and 4 MiB; it is
 * kept for the next frame.
 */
import { checkBlock } from "./malformed-block.ts";
import { MAX_BLOCK_SIZE_BYTES } from "./zstd-frame.ts";

/** How much is written behind a full window before what is out of reach makes room. */
const slackSizeBytes = 4 << 20;

const firstSizeBytes = 2 * MAX_BLOCK_SIZE_BYTES;

/** Takes literals and matches, and hands out one block after the other. */
export class ZstdOutput {
  #bytes: Uint8Array = new Uint8Array(firstSizeBytes);
  #windowSizeBytes = 0;
  #blockStart = 0;
  #blockLimit = 0;
  #end = 0;

  /** Forgets what came before: a frame refers to nothing but itself. */
  beginFrame(windowSizeBytes: number): void {
    this.#windowSizeBytes = windowSizeBytes;
    this.#end = 0;
  }

  /** Makes room for a block of at most `limitBytes`. */
  beginBlock(limitBytes: number): void {
    const wanted = this.#end + limitBytes;
    if (wanted > this.#bytes.length) {
      if (this.#end > this.#windowSizeBytes + slackSizeBytes - MAX_BLOCK_SIZE_BYTES) {
        this.#bytes.copyWithin(0, this.#end - this.#windowSizeBytes, this.#end);
        this.#end = this.#windowSizeBytes;
      } else {
        const larger = new Uint8Array(
          Math.max(wanted, Math.min(2 * this.#bytes.length, this.#windowSizeBytes + slackSizeBytes)),
        );
        larger.set(this.#bytes.subarray(0, this.#end));
        this.#bytes = larger;
      }
    }
    this.#blockStart = this.#end;
    this.#blockLimit = this.#end + limitBytes;
  }

  /** The block that was written: a view, valid until the next one begins. */
  endBlock(): Uint8Array {
    return this.#bytes.subarray(this.#blockStart, this.#end);
  }

  /** Literals, from `start` to `stop`. */
  append(literals: Uint8Array, start: number, stop: number): void {
    const end = this.#end + stop - start;
    checkBlock(end <= this.#blockLimit, "more data than fits a block");
    if (stop - start > 32) this.#bytes.set(literals.subarray(start, stop), this.#end);
    else for (let from = start, to = this.#end; from < stop; ) this.#bytes[to++] = literals[from++] as number;
    this.#end = end;
  }

  /** So many times the same byte. */
  fill(byte: number, lengthBytes: number): void {
    checkBlock(this.#end + lengthBytes <= this.#blockLimit, "more data than fits a block");
    this.#bytes.fill(byte, this.#end, this.#end + lengthBytes);
    this.#end += lengthBytes;
  }

  /** A match: as many bytes as stand `offsetBytes` before, which may overlap what they make. */
  repeat(offsetBytes: number, lengthBytes: number): void {
    const bytes = this.#bytes;
    const start = this.#end;
    const end = start + lengthBytes;
    checkBlock(end <= this.#blockLimit, "more data than fits a block");
    checkBlock(offsetBytes <= Math.min(start, this.#windowSizeBytes), "a match before the beginning");
    if (offsetBytes >= lengthBytes && lengthBytes > 32) {
      bytes.copyWithin(start, start - offsetBytes, end - offsetBytes);
    } else {
      for (let at = start; at < end; at++) bytes[at] = bytes[at - offsetBytes] as number;
    }
    this.#end = end;
  }
}
