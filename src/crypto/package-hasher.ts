/** Block hashing through `hash-wasm`, for the algorithms that the WASM core does not hold. */

import {
  createBLAKE2b,
  createBLAKE2s,
  createRIPEMD160,
  createSHA1,
  createSHA3,
  createSHA224,
  createSHA256,
  createSHA384,
  createSHA512,
  type IHasher,
} from "hash-wasm";
import { copyOf } from "../bytes/copy.ts";
import { transferBuffer } from "../bytes/transfer-buffer.ts";
import { wipe } from "../bytes/wipe.ts";
import { StateError, UsageError } from "../errors.ts";
import { digestSizeBytes } from "./algorithms.ts";
import {
  type BlockHasher,
  type BlockHasherOptions,
  checkBlocks,
  checkHasherOptions,
  digestByCopy,
  type HashAlgorithm,
} from "./block-hasher.ts";

const factories: Record<HashAlgorithm, () => Promise<IHasher>> = {
  sha1: createSHA1,
  sha224: createSHA224,
  sha256: createSHA256,
  sha384: createSHA384,
  sha512: createSHA512,
  "sha3-256": () => createSHA3(256),
  "blake2b-512": () => createBLAKE2b(512),
  "blake2s-256": () => createBLAKE2s(256),
  ripemd160: createRIPEMD160,
};

/** See `createBlockHasher`. */
export async function createPackageHasher(options: BlockHasherOptions): Promise<BlockHasher> {
  checkHasherOptions(options.salt, options.capacityBytes);
  const hasher = await factories[options.algorithm]();
  return new PackageHasher(options, hasher);
}

class PackageHasher implements BlockHasher {
  readonly algorithm: HashAlgorithm;
  readonly digestSizeBytes: number;
  readonly input: Uint8Array;
  readonly #hasher: IHasher;
  readonly #salt: Uint8Array;
  readonly #saltFirst: boolean;
  #output = new Uint8Array(0);
  #closed = false;

  constructor(options: BlockHasherOptions, hasher: IHasher) {
    this.algorithm = options.algorithm;
    this.digestSizeBytes = digestSizeBytes(options.algorithm);
    this.input = allocate(options.capacityBytes);
    this.#hasher = hasher;
    this.#salt = copyOf(options.salt);
    this.#saltFirst = options.saltPosition === "first";
  }

  digest(offsetBytes: number, blockSizeBytes: number, count: number): Uint8Array {
    if (this.#closed) throw new StateError("closed", "the hasher is closed: make a new one");
    checkBlocks(offsetBytes, blockSizeBytes, count, this.input.length);
    const size = this.digestSizeBytes * count;
    if (this.#output.length < size) this.#output = new Uint8Array(size);
    for (let i = 0; i < count; i++) {
      const start = offsetBytes + i * blockSizeBytes;
      const block = this.input.subarray(start, start + blockSizeBytes);
      this.#hasher.init();
      if (this.#saltFirst) this.#hasher.update(this.#salt);
      this.#hasher.update(block);
      if (!this.#saltFirst) this.#hasher.update(this.#salt);
      this.#output.set(this.#hasher.digest("binary"), i * this.digestSizeBytes);
    }
    return this.#output.subarray(0, size);
  }

  digestLent(bytes: Uint8Array, blockSizeBytes: number, count: number): Uint8Array {
    return digestByCopy(this, bytes, blockSizeBytes, count);
  }

  close(): void {
    this.#closed = true;
    wipe(this.input);
  }
}

function allocate(sizeBytes: number): Uint8Array {
  try {
    return transferBuffer(sizeBytes);
  } catch (cause) {
    throw new UsageError("unsupported", `no memory for a hasher of ${sizeBytes} bytes`, { cause });
  }
}
