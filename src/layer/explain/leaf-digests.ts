/**
 * The digests of an image's blocks, taken as the image is written.
 *
 * ## Performance
 * Memory: 32 bytes a block, and 256 KiB.
 */
import type { BlockHasher } from "../../crypto/block-hasher.ts";
import { createBlockHasher } from "../../crypto/create-block-hasher.ts";
import { invariant } from "../../errors.ts";
import type { ImageOutput } from "../../ext4/image-output.ts";
import type { HasherFactory } from "../../verity/block-digester.ts";
import { layerVerityParameters } from "../verity-parameters.ts";

const blockSize = 4096;
const digestSize = 32;
const batchBlocks = 64;

/** See the head of this file. */
export class LeafDigests implements ImageOutput, Disposable {
  readonly #hasher: BlockHasher;
  readonly #zeroDigest: Uint8Array;
  #leaves: Uint8Array = new Uint8Array(batchBlocks * digestSize);
  #doneBlocks = 0;
  /** Bytes in the hasher's memory that are not hashed yet. */
  #waitingBytes = 0;

  private constructor(hasher: BlockHasher) {
    this.#hasher = hasher;
    hasher.input.fill(0, 0, blockSize);
    this.#zeroDigest = hasher.digest(0, blockSize, 1).slice();
  }

  /** @param createHasher makes the hasher; on the WASM core unless given. */
  static async create(createHasher: HasherFactory = createBlockHasher): Promise<LeafDigests> {
    const { algorithm, salt } = layerVerityParameters();
    const capacityBytes = batchBlocks * blockSize;
    return new LeafDigests(await createHasher({ algorithm, salt, saltPosition: "first", capacityBytes }));
  }

  append(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length; ) {
      const part = bytes.subarray(taken, taken + this.#hasher.input.length - this.#waitingBytes);
      this.#hasher.input.set(part, this.#waitingBytes);
      this.#waitingBytes += part.length;
      taken += part.length;
      if (this.#waitingBytes === this.#hasher.input.length) this.#hash(batchBlocks);
    }
  }

  appendRewritable(bytes: Uint8Array): void {
    this.append(bytes);
  }

  appendZeros(lengthBytes: number): void {
    let left = lengthBytes;
    const rest = (blockSize - (this.#waitingBytes % blockSize)) % blockSize;
    left -= this.#fill(Math.min(rest, left));
    if (left < blockSize) {
      this.#fill(left);
      return;
    }
    this.#hash(this.#waitingBytes / blockSize);
    const blocks = Math.floor(left / blockSize);
    this.#reserve(blocks);
    for (let end = this.#doneBlocks + blocks; this.#doneBlocks < end; this.#doneBlocks++) {
      this.#leaves.set(this.#zeroDigest, this.#doneBlocks * digestSize);
    }
    this.#fill(left - blocks * blockSize);
  }

  rewrite(offsetBytes: number, bytes: Uint8Array): void {
    invariant(this.#waitingBytes % blockSize === 0, "blocks are rewritten when they are whole");
    this.#hash(this.#waitingBytes / blockSize);
    for (let at = 0; at < bytes.length; at += blockSize) {
      this.#hasher.input.set(bytes.subarray(at, at + blockSize));
      const digest = this.#hasher.digest(0, blockSize, 1);
      this.#leaves.set(digest, ((offsetBytes + at) / blockSize) * digestSize);
    }
  }

  /** The digests of all blocks, in order; the image is whole by then. */
  finish(): Uint8Array {
    invariant(this.#waitingBytes % blockSize === 0, "an image has whole blocks");
    this.#hash(this.#waitingBytes / blockSize);
    return this.#leaves.slice(0, this.#doneBlocks * digestSize);
  }

  [Symbol.dispose](): void {
    this.#hasher.close();
  }

  /** Appends fewer zeros than a block has, from memory. */
  #fill(lengthBytes: number): number {
    this.append(zeros.subarray(0, lengthBytes));
    return lengthBytes;
  }

  #hash(blocks: number): void {
    if (blocks === 0) return;
    this.#reserve(blocks);
    this.#leaves.set(this.#hasher.digest(0, blockSize, blocks), this.#doneBlocks * digestSize);
    this.#doneBlocks += blocks;
    this.#waitingBytes = 0;
  }

  #reserve(blocks: number): void {
    const needed = (this.#doneBlocks + blocks) * digestSize;
    if (needed <= this.#leaves.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#leaves.length));
    grown.set(this.#leaves);
    this.#leaves = grown;
  }
}

const zeros: Readonly<Uint8Array> = new Uint8Array(blockSize);
