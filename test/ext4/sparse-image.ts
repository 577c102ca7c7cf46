/** An image in memory that keeps only blocks that are not zero: tests write tens of gigabytes of zeros. */
import { createHash } from "node:crypto";
import { isZero } from "../../src/bytes/codec.ts";
import type { ImageOutput } from "../../src/ext4/image-output.ts";

const blockBytes = 4096;

/** Holds the writer to the contract: appended in order, and only what was given as rewritable is rewritten. */
export class SparseImage implements ImageOutput {
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #rewritable = new Set<number>();
  sizeBytes = 0;
  rewrites = 0;

  append(bytes: Uint8Array): void {
    this.#write(this.sizeBytes, bytes);
    this.sizeBytes += bytes.length;
  }

  appendZeros(lengthBytes: number): void {
    if (!Number.isSafeInteger(lengthBytes) || lengthBytes < 0) throw new Error(`${lengthBytes} zeros`);
    this.sizeBytes += lengthBytes;
  }

  appendRewritable(bytes: Uint8Array): void {
    if (this.sizeBytes % blockBytes !== 0 || bytes.length % blockBytes !== 0)
      throw new Error("part of a block");
    for (let at = 0; at < bytes.length; at += blockBytes) {
      this.#rewritable.add((this.sizeBytes + at) / blockBytes);
    }
    this.append(bytes);
  }

  rewrite(offsetBytes: number, bytes: Uint8Array): void {
    if (bytes.length % blockBytes !== 0) throw new Error("part of a block");
    this.rewrites++;
    for (let at = 0; at < bytes.length; at += blockBytes) {
      const index = (offsetBytes + at) / blockBytes;
      if (!this.#rewritable.has(index)) throw new Error(`block ${index} was final`);
      this.#blocks.delete(index);
    }
    this.#write(offsetBytes, bytes);
  }

  /** A block; one of zeros where nothing was kept. */
  block(index: number): Uint8Array {
    return this.#blocks.get(index) ?? new Uint8Array(blockBytes);
  }

  get blocks(): number {
    return this.sizeBytes / blockBytes;
  }

  /** The whole image, of what fits into memory. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.sizeBytes);
    for (const [index, block] of this.#blocks) bytes.set(block, index * blockBytes);
    return bytes;
  }

  /** A digest of the blocks that are not zero, each behind its number. */
  sparseSha256(): string {
    const hash = createHash("sha256");
    for (const [index, block] of [...this.#blocks].sort(([a], [b]) => a - b)) {
      if (!isZero(block)) hash.update(`${index}:`).update(block);
    }
    return hash.digest("hex");
  }

  sha256(): string {
    const hash = createHash("sha256");
    const zeros = new Uint8Array(256 * blockBytes);
    let waiting = 0;
    const flush = (): void => {
      for (; waiting > 0; waiting -= Math.min(waiting, 256)) {
        hash.update(zeros.subarray(0, Math.min(waiting, 256) * blockBytes));
      }
    };
    for (let index = 0; index < this.blocks; index++) {
      const block = this.#blocks.get(index);
      if (block === undefined) waiting++;
      else {
        flush();
        hash.update(block);
      }
    }
    flush();
    return hash.digest("hex");
  }

  #write(offsetBytes: number, bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) {
      const index = Math.floor((offsetBytes + done) / blockBytes);
      const start = (offsetBytes + done) % blockBytes;
      const piece = bytes.subarray(done, done + blockBytes - start);
      done += piece.length;
      let block = this.#blocks.get(index);
      if (block === undefined) {
        if (isZero(piece)) continue;
        block = new Uint8Array(blockBytes);
        this.#blocks.set(index, block);
      }
      block.set(piece, start);
    }
  }
}
