/**
 * SHA-256 of blocks by `node:crypto`: faster than the WASM core where the
 * processor has SHA instructions, which WebAssembly cannot use, and about half
 * as fast where it has not.
 *
 * ## Performance
 * One call a block, on bytes that are not moved: the salt is written beside the
 * block, over its neighbour in the same call, and that is put back afterwards.
 * Copying the block to the salt instead costs a quarter of the whole time, and a
 * digest that comes as an array instead of a string costs a sixth. A block
 * without such a neighbour is copied: what stands there may be another read's,
 * which is under way.
 */
import { Buffer } from "node:buffer";
import crypto from "node:crypto";
import { transferOffsetBytes } from "../bytes/transfer-buffer.ts";
import { wipe } from "../bytes/wipe.ts";
import { StateError } from "../errors.ts";
import {
  type BlockHasher,
  type BlockHasherOptions,
  checkBlocks,
  checkHasherOptions,
  digestByCopy,
} from "./block-hasher.ts";

const digestSize = 32;
/** Enough for two salts. */
const inputOffset = transferOffsetBytes;
/** More than the blocks that are hashed at a time; blocks at odd places would add up. */
const mostMessages = 4096;

/** See the head of this file; its algorithm is SHA-256. */
export class NativeSha256Hasher implements BlockHasher {
  readonly algorithm = "sha256";
  readonly digestSizeBytes: number = digestSize;
  readonly input: Uint8Array;
  /** The salt, as much room for what it is written over, and far behind them `input`. */
  readonly #memory: Uint8Array;
  readonly #saltSize: number;
  readonly #saltFirst: boolean;
  /** The salted blocks of one size, by where in `input` they stand; made once, for the collector's sake. */
  readonly #messages = new Map<number, Uint8Array>();
  #messageSize = 0;
  /** Room for a salted block that has no neighbour, with the salt in its place. */
  #apart: Uint8Array = new Uint8Array(0);
  #output: Buffer = Buffer.alloc(0);
  #closed = false;

  /**
   * @throws {UsageError} `invalid-argument` for a salt of more than 256 bytes or
   *   a capacity that is no positive integer.
   */
  constructor({ salt, saltPosition, capacityBytes }: Omit<BlockHasherOptions, "algorithm">) {
    checkHasherOptions(salt, capacityBytes);
    this.#memory = new Uint8Array(inputOffset + capacityBytes);
    this.#memory.set(salt);
    this.input = this.#memory.subarray(inputOffset, inputOffset + capacityBytes);
    this.#saltSize = salt.length;
    this.#saltFirst = saltPosition === "first";
  }

  digest(offsetBytes: number, blockSizeBytes: number, count: number): Uint8Array {
    if (this.#closed) throw new StateError("closed", "the hasher is closed: make a new one");
    checkBlocks(offsetBytes, blockSizeBytes, count, this.input.length);
    return this.#digest(this.#memory, this.input.byteOffset + offsetBytes, blockSizeBytes, count);
  }

  /** Where they lie, if there is room for the salt before them, as there is in a `transferBuffer`. */
  digestLent(bytes: Uint8Array, blockSizeBytes: number, count: number): Uint8Array {
    const { buffer, byteOffset, length } = bytes;
    if (byteOffset < 2 * this.#saltSize) return digestByCopy(this, bytes, blockSizeBytes, count);
    if (this.#closed) throw new StateError("closed", "the hasher is closed: make a new one");
    checkBlocks(0, blockSizeBytes, count, length);
    const memory = new Uint8Array(buffer, 0, byteOffset + length);
    memory.set(this.#memory.subarray(0, this.#saltSize));
    return this.#digest(memory, byteOffset, blockSizeBytes, count);
  }

  /** Of blocks from `start` on in memory that begins with the salt and as much room. */
  #digest(memory: Uint8Array, start: number, blockSizeBytes: number, count: number): Uint8Array {
    const size = digestSize * count;
    if (this.#output.length < size) this.#output = Buffer.alloc(size);
    const saltSize = this.#saltSize;
    const saltOffset = this.#saltFirst ? -saltSize : blockSizeBytes;
    const end = start + count * blockSizeBytes;
    // Word by word where all of it is aligned: a call of the runtime's for so few bytes costs more.
    const unitShift = ((start | blockSizeBytes | saltSize) & 3) === 0 ? 2 : 0;
    const units = unitShift === 0 ? memory : new Uint32Array(memory.buffer, 0, memory.length >>> unitShift);
    const saltUnits = saltSize >> unitShift;
    // Written in one call: one for each digest would cost more than to join them.
    let digests = "";
    let block = start;
    for (let i = 0; i < count; i++, block += blockSizeBytes) {
      const beside = block + saltOffset;
      if (beside < start || beside + saltSize > end) {
        digests += sha256(this.#copied(memory, block, blockSizeBytes));
        continue;
      }
      const at = beside >>> unitShift;
      for (let unit = 0; unit < saltUnits; unit++) {
        units[saltUnits + unit] = units[at + unit] as number;
        units[at + unit] = units[unit] as number;
      }
      digests += sha256(this.#message(memory, Math.min(block, beside), saltSize + blockSizeBytes));
      for (let unit = 0; unit < saltUnits; unit++) units[at + unit] = units[saltUnits + unit] as number;
    }
    this.#output.write(digests, 0, "binary");
    return new Uint8Array(this.#output.buffer, this.#output.byteOffset, size);
  }

  close(): void {
    this.#closed = true;
    wipe(this.#memory);
    wipe(this.#apart);
  }

  /** The block at `start` and the salt, beside each other in memory of their own. */
  #copied(memory: Uint8Array, start: number, blockSizeBytes: number): Uint8Array {
    const sizeBytes = this.#saltSize + blockSizeBytes;
    if (this.#apart.length !== sizeBytes) {
      this.#apart = new Uint8Array(sizeBytes);
      this.#apart.set(this.#memory.subarray(0, this.#saltSize), this.#saltFirst ? 0 : blockSizeBytes);
    }
    const block = memory.subarray(start, start + blockSizeBytes);
    this.#apart.set(block, this.#saltFirst ? this.#saltSize : 0);
    return this.#apart;
  }

  /** `sizeBytes` bytes at `start`: the block and the salt beside it. */
  #message(memory: Uint8Array, start: number, sizeBytes: number): Uint8Array {
    if (memory !== this.#memory) return new Uint8Array(memory.buffer, start, sizeBytes);
    if (this.#messageSize !== sizeBytes || this.#messages.size >= mostMessages) this.#messages.clear();
    this.#messageSize = sizeBytes;
    let message = this.#messages.get(start);
    if (message === undefined) {
      message = new Uint8Array(this.#memory.buffer, start, sizeBytes);
      this.#messages.set(start, message);
    }
    return message;
  }
}

/** In one call where the runtime has it: Node does from 20.12 on, others not all. A byte a character. */
const sha256: (message: Uint8Array) => string =
  typeof crypto.hash === "function"
    ? (message) => crypto.hash("sha256", message, "binary")
    : (message) => crypto.createHash("sha256").update(message).digest("binary");
