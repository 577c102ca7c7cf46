/**
 * SHA-256 (FIPS 180-4) of blocks in the WASM core's memory, salted or keyed:
 *
 *     H(salt ‖ block)    H(block ‖ salt)    HMAC(K, block) = H(K⊕opad ‖ H(K⊕ipad ‖ block))
 *
 * HMAC (RFC 2104) is two salted passes: the padded key is a leading salt of
 * one compression block, and the second pass hashes the digests of the first.
 *
 * Known limits: WASM promises no constant time. The core has no branch and no
 * table lookup that depends on data, and engines of today keep it so; copies
 * of a key in the engine's registers and stack are out of reach of `close`.
 */
import { wipe } from "../bytes/wipe.ts";
import {
  type BlockHasher,
  type BlockHasherOptions,
  checkBlocks,
  checkHasherOptions,
  digestByCopy,
} from "./block-hasher.ts";
import { Core, type CoreKind } from "./core.ts";

const digestSize = 32;
/** Blocks of a core call: enough for the peak speed, few enough for a small output region. */
const blocksPerCall = 4096;
const outputBytes = blocksPerCall * digestSize;
/** Size of the compression function's block, to which HMAC pads a key. */
const keyBlockSize = 64;
const ipad = 0x36;
const opad = 0x5c;

/** How to make a keyed hasher. */
export interface HmacHasherOptions {
  /** Any length; longer than 64 bytes it is hashed first, as RFC 2104 says. It is copied into the core's memory. */
  readonly key: Uint8Array;
  /** How many bytes `input` holds. */
  readonly capacityBytes: number;
}

/**
 * SHA-256 with a salt, on the core. `kind` forces one of the core's modules.
 *
 * @throws {UsageError} as `createBlockHasher`.
 */
export async function createSha256Hasher(
  options: Omit<BlockHasherOptions, "algorithm">,
  kind: CoreKind = "auto",
): Promise<BlockHasher> {
  const { salt, saltPosition, capacityBytes } = options;
  checkHasherOptions(salt, capacityBytes);
  const core = await createCore(capacityBytes, kind);
  setSalt(core, salt, saltPosition === "first");
  return new Sha256Hasher(core, capacityBytes);
}

/**
 * HMAC-SHA-256 of many blocks under one key. The key lies in the core's memory
 * alone and is wiped on `close`.
 *
 * @throws {UsageError} `invalid-argument` for a capacity that is no positive integer.
 */
export async function createHmacSha256Hasher(
  { key, capacityBytes }: HmacHasherOptions,
  kind: CoreKind = "auto",
): Promise<BlockHasher> {
  checkHasherOptions(new Uint8Array(0), capacityBytes);
  const core = await createCore(Math.max(capacityBytes, key.length) + keyBlockSize, kind);
  return new HmacSha256Hasher(core, capacityBytes, key);
}

function createCore(capacityBytes: number, kind: CoreKind): Promise<Core> {
  return Core.create(outputBytes + capacityBytes, kind);
}

function setSalt(core: Core, salt: Uint8Array, first: boolean): void {
  core.bytes.set(salt, core.exports.saltAddress());
  core.exports.setSalt(salt.length, Number(first));
}

/** The owner's region: digests, then the input. */
class Sha256Hasher implements BlockHasher {
  readonly algorithm = "sha256";
  readonly digestSizeBytes = digestSize;
  readonly input: Uint8Array;
  protected readonly core: Core;
  protected readonly outputAddress: number;

  constructor(core: Core, capacityBytes: number) {
    this.core = core;
    this.outputAddress = core.base;
    this.input = core.bytes.subarray(core.base + outputBytes, core.base + outputBytes + capacityBytes);
  }

  digest(offsetBytes: number, blockSizeBytes: number, count: number): Uint8Array {
    this.core.checkOpen();
    checkBlocks(offsetBytes, blockSizeBytes, count, this.input.length);
    if (count <= blocksPerCall) return this.digestBatch(offsetBytes, blockSizeBytes, count);
    const digests = new Uint8Array(count * digestSize);
    for (let done = 0; done < count; done += blocksPerCall) {
      const blocks = Math.min(blocksPerCall, count - done);
      const batch = this.digestBatch(offsetBytes + done * blockSizeBytes, blockSizeBytes, blocks);
      digests.set(batch, done * digestSize);
    }
    return digests;
  }

  digestLent(bytes: Uint8Array, blockSizeBytes: number, count: number): Uint8Array {
    return digestByCopy(this, bytes, blockSizeBytes, count);
  }

  close(): void {
    this.core.close();
  }

  protected digestBatch(offsetBytes: number, blockSize: number, count: number): Uint8Array {
    const address = this.input.byteOffset + offsetBytes;
    this.core.exports.digestBlocks(address, blockSize, blockSize, count, this.outputAddress);
    return this.core.bytes.subarray(this.outputAddress, this.outputAddress + count * digestSize);
  }
}

class HmacSha256Hasher extends Sha256Hasher {
  /** The key, padded to one block: in the core's memory, behind the input. */
  readonly #key: Uint8Array;
  readonly #padded: Uint8Array;

  constructor(core: Core, capacityBytes: number, key: Uint8Array) {
    super(core, capacityBytes);
    const end = core.bytes.length;
    this.#key = core.bytes.subarray(end - keyBlockSize, end);
    this.#padded = core.bytes.subarray(core.exports.saltAddress(), core.exports.saltAddress() + keyBlockSize);
    if (key.length <= keyBlockSize) {
      this.#key.set(key);
      return;
    }
    const start = this.input.byteOffset;
    core.bytes.set(key, start);
    core.exports.setSalt(0, 1);
    core.exports.digestBlocks(start, key.length, key.length, 1, this.outputAddress);
    this.#key.set(core.bytes.subarray(this.outputAddress, this.outputAddress + digestSize));
    wipe(core.bytes.subarray(start, start + key.length));
  }

  protected override digestBatch(offsetBytes: number, blockSize: number, count: number): Uint8Array {
    this.#setKey(ipad);
    super.digestBatch(offsetBytes, blockSize, count);
    this.#setKey(opad);
    this.core.exports.digestBlocks(this.outputAddress, digestSize, digestSize, count, this.outputAddress);
    return this.core.bytes.subarray(this.outputAddress, this.outputAddress + count * digestSize);
  }

  #setKey(pad: number): void {
    for (let i = 0; i < keyBlockSize; i++) this.#padded[i] = (this.#key[i] as number) ^ pad;
    this.core.exports.setSalt(keyBlockSize, 1);
  }
}
