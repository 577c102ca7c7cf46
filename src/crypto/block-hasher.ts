/**
 * Hashing blocks in batches: H(salt ‖ block) or H(block ‖ salt), the digest
 * that dm-verity gives every block of data and of its tree.
 */

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
   *
   * @returns `count × digestSizeBytes` bytes: a view that holds until the next call.
   * @throws {UsageError} `out-of-bounds` when the blocks are not inside `input`.
   * @throws {StateError} `closed` after `close`.
   */
  digest(offsetBytes: number, blockSizeBytes: number, count: number): Uint8Array;
  /** Wipes the memory and lets it go. Closing twice is no error. */
  close(): void;
}
