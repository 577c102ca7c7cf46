/**
 * The archive as a stream: chunks as they come, taken in pieces as they are
 * asked for. Nothing is copied but a block that two chunks share.
 */
import { UsageError } from "../errors.ts";
import { BLOCK_SIZE_BYTES } from "./header.ts";

/** Where an archive's bytes come from. A chunk must keep what it holds until the next one is asked for. */
export type TarSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

type ChunkIterator = AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

const empty: Readonly<Uint8Array> = new Uint8Array();

/**
 * Pulls from a source, one call at a time. What it hands out is valid until the next call. There is
 * a promise only where a chunk has to be awaited: an archive has thousands of headers in a chunk.
 */
export class TarStream {
  /** How much was taken or skipped so far. */
  offsetBytes = 0;
  readonly #iterator: ChunkIterator;
  readonly #block: Uint8Array = new Uint8Array(BLOCK_SIZE_BYTES);
  #chunk: Uint8Array = empty;
  #at = 0;
  #ended = false;

  constructor(source: TarSource) {
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** At most `limitBytes` (at least 1) of what is at hand: none where the next chunk has to be awaited first. */
  takeAtHand(limitBytes: number): Uint8Array {
    const end = Math.min(this.#chunk.length, this.#at + limitBytes);
    const bytes = this.#chunk.subarray(this.#at, end);
    this.#at = end;
    this.offsetBytes += bytes.length;
    return bytes;
  }

  /** At least one byte and at most `limitBytes`; none at the end. */
  take(limitBytes: number): Uint8Array | Promise<Uint8Array> {
    if (this.#at < this.#chunk.length) return this.takeAtHand(limitBytes);
    return this.#pull().then(() => this.takeAtHand(limitBytes));
  }

  /** The next 512 bytes, or fewer where the stream ends before. */
  takeBlock(): Uint8Array | Promise<Uint8Array> {
    const whole = this.takeAtHand(BLOCK_SIZE_BYTES);
    return whole.length === BLOCK_SIZE_BYTES ? whole : this.#joinBlock(whole);
  }

  async #joinBlock(whole: Uint8Array): Promise<Uint8Array> {
    this.#block.set(whole);
    let filled = whole.length;
    while (filled < BLOCK_SIZE_BYTES) {
      const piece = await this.take(BLOCK_SIZE_BYTES - filled);
      if (piece.length === 0) break;
      if (piece.length === BLOCK_SIZE_BYTES) return piece;
      this.#block.set(piece, filled);
      filled += piece.length;
    }
    return this.#block.subarray(0, filled);
  }

  /** Skips so many bytes; says how many of them the stream did not have. */
  skip(lengthBytes: number): number | Promise<number> {
    const atHand = Math.min(lengthBytes, this.#chunk.length - this.#at);
    this.#at += atHand;
    this.offsetBytes += atHand;
    return atHand === lengthBytes ? 0 : this.#skipOn(lengthBytes - atHand);
  }

  async #skipOn(lengthBytes: number): Promise<number> {
    let left = lengthBytes;
    while (left > 0) {
      const skipped = (await this.take(left)).length;
      if (skipped === 0) break;
      left -= skipped;
    }
    return left;
  }

  /** Lets the source go, which may not have ended. */
  async close(): Promise<void> {
    this.#chunk = empty;
    this.#at = 0;
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }

  /** Awaits a chunk that holds something. A source that failed or ended is not asked again. */
  async #pull(): Promise<void> {
    this.#chunk = empty;
    this.#at = 0;
    while (!this.#ended && this.#chunk.length === 0) {
      this.#ended = true;
      const result = await this.#iterator.next();
      if (result.done) return;
      this.#ended = false;
      if (!(result.value instanceof Uint8Array)) {
        throw new UsageError("invalid-argument", "a tar's source gave a chunk that is no Uint8Array");
      }
      const { buffer, byteOffset, length } = result.value;
      // A Node Buffer's `slice` is a view, and what is cut from a chunk is cut by its methods.
      this.#chunk = new Uint8Array(buffer, byteOffset, length);
    }
  }
}
