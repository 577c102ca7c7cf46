/**
 * The digests of an image's blocks, taken as the image is written.
 *
 * ## Performance
 * Memory: that of a `LeafTable`, and 256 KiB.
 */
import type { BlockHasher } from "../../crypto/block-hasher.ts";
import { createBlockHasher } from "../../crypto/create-block-hasher.ts";
import { invariant } from "../../errors.ts";
import type { ImageOutput } from "../../ext4/image-output.ts";
import type { HasherFactory } from "../../verity/data-digests.ts";
import { layerVerityParameters } from "../verity-parameters.ts";
import { LeafTable } from "./leaf-table.ts";

const blockSize = 4096;
const batchBlocks = 64;

/** See the head of this file. */
export class LeafDigests implements ImageOutput, Disposable {
  readonly #hasher: BlockHasher;
  readonly #leaves: LeafTable = new LeafTable();
  /** Bytes in the hasher's memory that are not hashed yet. */
  #waitingBytes = 0;

  private constructor(hasher: BlockHasher) {
    this.#hasher = hasher;
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
    this.#leaves.pushZeros(blocks);
    this.#fill(left - blocks * blockSize);
  }

  rewrite(offsetBytes: number, bytes: Uint8Array): void {
    invariant(this.#waitingBytes % blockSize === 0, "blocks are rewritten when they are whole");
    this.#hash(this.#waitingBytes / blockSize);
    for (let at = 0; at < bytes.length; at += blockSize) {
      this.#hasher.input.set(bytes.subarray(at, at + blockSize));
      this.#leaves.set((offsetBytes + at) / blockSize, this.#hasher.digest(0, blockSize, 1));
    }
  }

  /** The digests of all blocks, in order; the image is whole by then. */
  finish(): LeafTable {
    invariant(this.#waitingBytes % blockSize === 0, "an image has whole blocks");
    this.#hash(this.#waitingBytes / blockSize);
    return this.#leaves;
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
    this.#leaves.push(this.#hasher.digest(0, blockSize, blocks));
    this.#waitingBytes = 0;
  }
}

const zeros: Readonly<Uint8Array> = new Uint8Array(blockSize);
