/**
 * What pins a verified device. The root hash alone does not: an interior tree
 * block offered as a small data device has the same root hash, and salt,
 * algorithm and sizes stand in a superblock that the host wrote.
 *
 * Source: kernel `Documentation/admin-guide/device-mapper/verity.rst`.
 */
import type { HashAlgorithm } from "../crypto/block-hasher.ts";

/** 1 is `H(salt ‖ block)`, 0 ("Chrome OS") is `H(block ‖ salt)` with packed digests. */
export type HashType = 0 | 1;

/** How a tree is built: everything but its size and its root. Sizes in bytes. */
export interface VerityParameters {
  readonly hashType: HashType;
  readonly algorithm: HashAlgorithm;
  /** 0 to 256 bytes. */
  readonly salt: Uint8Array;
  /** A power of two, 512 to 524288. */
  readonly dataBlockSize: number;
  /** A power of two, 512 to 524288. */
  readonly hashBlockSize: number;
}

/** A device's full identity: two devices with equal identities hold equal data. */
export interface VerityIdentity extends VerityParameters {
  readonly dataBlocks: number;
  readonly rootHash: Uint8Array;
}
