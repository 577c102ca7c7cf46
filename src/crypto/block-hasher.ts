/**
 * Hashing blocks in batches: H(salt ‖ block) or H(block ‖ salt), the digest
 * that dm-verity gives every block of data and of its tree.
 */

import { UsageError } from "../errors.ts";

/** The hash algorithms that `veritysetup` takes, by the names it stores. */
export type HashAlgorithm =
  | "sha1"
  | "sha224"
  | "sha256"
  | "sha384"
  | "sha512"
  | "sha3-256"
  | "blake2b-512"
  | "blake2s-256"
  | "ripemd160";

/** How to make a hasher. The salt is public: it stands in the superblock. */
export interface BlockHasherOptions {
  readonly algorithm: HashAlgorithm;
  /** 0 to 256 bytes. */
  readonly salt: Uint8Array;
  /** `"first"` is dm-verity's hash type 1, `"last"` its type 0. */
  readonly saltPosition: "first" | "last";
  /** How many bytes `input` holds; at least one block. */
  readonly capacityBytes: number;
}

/**
 * Hashes blocks that lie in its own memory. For SHA-256 that memory is the
 * WASM core's: a device reads into `input` and the bytes are hashed where they
 * lie, out of the host's reach. One hasher has one owner; its calls are synchronous.
 */
export interface BlockHasher {
  readonly algorithm: HashAlgorithm;
  readonly digestSizeBytes: number;
  /** `capacityBytes` bytes; fixed for the hasher's life, never detached. */
  readonly input: Uint8Array;
  /**
   * Digests of `count` blocks that lie one after the other at `offsetBytes` of `input`.
   * Any size of block and any offset will do. The rest of `input` is not touched: a read may be
   * under way there.
   *
   * @returns `count × digestSizeBytes` bytes: a view that holds until the next call.
   * @throws {UsageError} `out-of-bounds` when the blocks are not inside `input`.
   * @throws {StateError} `closed` after `close`.
   */
  digest(offsetBytes: number, blockSizeBytes: number, count: number): Uint8Array;
  /**
   * Digests of `count` blocks that lie one after the other in memory of the caller, who lends it with
   * its whole `buffer`: until the call returns the hasher may write to `bytes`, which are then as they
   * were, and what lies before them in the buffer is anything afterwards. Uses `input` too.
   *
   * @returns `count × digestSizeBytes` bytes: a view that holds until the next call.
   * @throws {UsageError} `out-of-bounds` when the blocks are not inside `bytes`, or one is larger than `input`.
   * @throws {StateError} `closed` after `close`.
   */
  digestLent(bytes: Uint8Array, blockSizeBytes: number, count: number): Uint8Array;
  /** Wipes the memory and lets it go. Closing twice is no error. */
  close(): void;
}

/** Of lent bytes that are copied before they are hashed: less than the processor's cache holds. */
const copiedPieceSizeBytes = 262_144;

/** The longest salt, in bytes: what a superblock has room for. */
export const maxSaltSizeBytes = 256;

/**
 * Checks the arguments of `BlockHasher.digest`.
 *
 * @throws {UsageError} `out-of-bounds` when the blocks are not inside the hasher's input.
 */
export function checkBlocks(
  offsetBytes: number,
  blockSizeBytes: number,
  count: number,
  capacityBytes: number,
): void {
  // Blocks without bytes are messages too, but there is no end to how many would fit.
  const end = offsetBytes + Math.max(blockSizeBytes, 1) * count;
  const whole =
    Number.isSafeInteger(offsetBytes) && Number.isSafeInteger(blockSizeBytes) && Number.isSafeInteger(count);
  if (whole && offsetBytes >= 0 && blockSizeBytes >= 0 && count >= 0 && end <= capacityBytes) return;
  const message = `${count} blocks of ${blockSizeBytes} bytes at ${offsetBytes} are not inside ${capacityBytes} bytes`;
  throw new UsageError("out-of-bounds", message);
}

/**
 * Checks what a hasher is made from, the algorithm's name aside.
 *
 * @throws {UsageError} `invalid-argument` for a salt of more than 256 bytes or
 *   a capacity that is no positive integer.
 */
export function checkHasherOptions(salt: Uint8Array, capacityBytes: number): void {
  if (salt.length > maxSaltSizeBytes) {
    throw new UsageError("invalid-argument", `a salt has at most 256 bytes, not ${salt.length}`);
  }
  if (!Number.isSafeInteger(capacityBytes) || capacityBytes < 1) {
    throw new UsageError("invalid-argument", `a hasher cannot hold ${capacityBytes} bytes`);
  }
}

/**
 * `BlockHasher.digestLent` by way of the hasher's own memory: piece by piece, each hashed while the
 * processor's cache still holds it.
 *
 * @throws as `digestLent`.
 */
export function digestByCopy(
  hasher: Pick<BlockHasher, "digest" | "digestSizeBytes" | "input">,
  bytes: Uint8Array,
  blockSizeBytes: number,
  count: number,
): Uint8Array {
  checkBlocks(0, blockSizeBytes, count, bytes.length);
  const { input, digestSizeBytes } = hasher;
  const pieceBytes = Math.min(input.length, copiedPieceSizeBytes);
  const blocksPerPiece = Math.max(1, Math.floor(pieceBytes / Math.max(1, blockSizeBytes)));
  const digests = new Uint8Array(count * digestSizeBytes);
  for (let done = 0; done < count; done += blocksPerPiece) {
    const blocks = Math.min(blocksPerPiece, count - done);
    checkBlocks(0, blockSizeBytes, blocks, input.length);
    input.set(bytes.subarray(done * blockSizeBytes, (done + blocks) * blockSizeBytes));
    digests.set(hasher.digest(0, blockSizeBytes, blocks), done * digestSizeBytes);
  }
  return digests;
}
