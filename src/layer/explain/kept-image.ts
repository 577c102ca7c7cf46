/**
 * A file system's image as it is written, of which all is kept but the content
 * of files: what says where everything is, in memory that grows with the number
 * of entries and not with their sizes.
 */
import type { BlockDevice, IoOptions } from "../../device/block-device.ts";
import { invariant, StateError, UsageError } from "../../errors.ts";
import type { ImageOutput } from "../../ext4/image-output.ts";

const blockSize = 4096;

/** See the head of this file. Blocks of zeros are not kept either; content reads as an error. */
export class KeptImage implements ImageOutput, BlockDevice {
  readonly name: string;
  /** False while the content of a file is appended. */
  keeping = true;
  readonly #blocks: Map<number, Uint8Array> = new Map();
  /** Where content begins and ends, in bytes, rising. */
  readonly #content: { readonly start: number; end: number }[] = [];
  #sizeBytes = 0;
  #closed = false;

  /** @param name names the image in errors. */
  constructor(name: string) {
    this.name = name;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(bytes: Uint8Array): void {
    if (this.keeping) this.#keep(this.#sizeBytes, bytes);
    else this.#leaveOut(bytes.length);
    this.#sizeBytes += bytes.length;
  }

  appendRewritable(bytes: Uint8Array): void {
    this.append(bytes);
  }

  appendZeros(lengthBytes: number): void {
    this.#sizeBytes += lengthBytes;
  }

  rewrite(offsetBytes: number, bytes: Uint8Array): void {
    invariant(offsetBytes + bytes.length <= this.#sizeBytes, "only what was written is rewritten");
    this.#keep(offsetBytes, bytes);
  }

  /**
   * Reads what was kept.
   *
   * @throws {UsageError} `unsupported` for the content of a file; `out-of-bounds`.
   */
  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    if (this.#closed) throw new StateError("closed", `${this.name} is closed`);
    options?.signal?.throwIfAborted();
    const end = offsetBytes + into.length;
    if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0 || end > this.#sizeBytes) {
      throw new UsageError(
        "out-of-bounds",
        `${this.name}: bytes ${offsetBytes} to ${end} are not in the image`,
      );
    }
    if (this.#holdsContent(offsetBytes, end)) {
      throw new UsageError("unsupported", `${this.name}: the content of files was not kept`);
    }
    for (let at = offsetBytes; at < end; ) {
      const number = Math.floor(at / blockSize);
      const stop = Math.min(end, (number + 1) * blockSize);
      const target = into.subarray(at - offsetBytes, stop - offsetBytes);
      const block = this.#blocks.get(number);
      if (block) target.set(block.subarray(at - number * blockSize, stop - number * blockSize));
      else target.fill(0);
      at = stop;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#blocks.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #leaveOut(lengthBytes: number): void {
    const end = this.#sizeBytes + lengthBytes;
    const last = this.#content.at(-1);
    if (last?.end === this.#sizeBytes) last.end = end;
    else this.#content.push({ start: this.#sizeBytes, end });
  }

  #keep(offsetBytes: number, bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length; ) {
      const at = offsetBytes + taken;
      const number = Math.floor(at / blockSize);
      const start = at - number * blockSize;
      const part = bytes.subarray(taken, taken + blockSize - start);
      let block = this.#blocks.get(number);
      if (block === undefined) {
        block = new Uint8Array(blockSize);
        this.#blocks.set(number, block);
      }
      block.set(part, start);
      taken += part.length;
    }
  }

  #holdsContent(startBytes: number, endBytes: number): boolean {
    let low = 0;
    for (let high = this.#content.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#content[middle]?.end ?? 0) <= startBytes) low = middle + 1;
      else high = middle;
    }
    const next = this.#content[low];
    return next !== undefined && next.start < endBytes && startBytes < endBytes;
  }
}
