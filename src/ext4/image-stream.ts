/** The position in an image that is written front to back, and its limit. */
import { FormatError } from "../errors.ts";
import { COMPACT_BLOCK_BYTES } from "./compact-layout.ts";
import type { ImageOutput } from "./image-output.ts";

/** Counts what goes into an `ImageOutput`, and refuses what would pass the limit. */
export class ImageStream {
  readonly #output: ImageOutput;
  readonly #limitBytes: number;
  #positionBytes = 0;

  constructor(output: ImageOutput, limitBytes: number) {
    this.#output = output;
    this.#limitBytes = limitBytes;
  }

  /** Bytes appended so far. */
  get positionBytes(): number {
    return this.#positionBytes;
  }

  /** The block that the position is in. */
  get block(): number {
    return Math.floor(this.#positionBytes / COMPACT_BLOCK_BYTES);
  }

  /** Appends the blocks that are rewritten at the end; no limit holds for them. */
  reserve(blocks: number): void | Promise<void> {
    this.#positionBytes += blocks * COMPACT_BLOCK_BYTES;
    return this.#output.appendRewritable(new Uint8Array(blocks * COMPACT_BLOCK_BYTES));
  }

  /** @throws {FormatError} `disk-full` where the image would pass its limit. */
  append(bytes: Uint8Array): void | Promise<void> {
    this.#advance(bytes.length);
    return this.#output.append(bytes);
  }

  /** Whole blocks that `rewrite` may replace. @throws {FormatError} as `append`. */
  appendRewritable(blocks: Uint8Array): void | Promise<void> {
    this.#advance(blocks.length);
    return this.#output.appendRewritable(blocks);
  }

  /** @throws {FormatError} `disk-full` where the image would pass its limit. */
  appendZeros(lengthBytes: number): void | Promise<void> {
    this.#advance(lengthBytes);
    return this.#output.appendZeros(lengthBytes);
  }

  /** Zeros up to the next block. */
  padBlock(): void | Promise<void> {
    const over = this.#positionBytes % COMPACT_BLOCK_BYTES;
    return over === 0 ? undefined : this.appendZeros(COMPACT_BLOCK_BYTES - over);
  }

  /** Replaces blocks that were reserved, or appended as rewritable. */
  rewrite(block: number, bytes: Uint8Array): void | Promise<void> {
    return this.#output.rewrite(block * COMPACT_BLOCK_BYTES, bytes);
  }

  /** What a writer throws that comes to the limit. */
  full(): FormatError {
    return new FormatError("disk-full", `the disk exceeded its maximum size of ${this.#limitBytes} bytes`);
  }

  #advance(lengthBytes: number): void {
    if (this.#positionBytes + lengthBytes > this.#limitBytes) throw this.full();
    this.#positionBytes += lengthBytes;
  }
}
