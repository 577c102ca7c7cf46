/**
 * What pins a verified device. The root hash alone does not: an interior tree
 * block offered as a small data device has the same root hash, and salt,
 * algorithm and sizes stand in a superblock that the host wrote.
 *
 * Source: kernel `Documentation/admin-guide/device-mapper/verity.rst`.
 */
import { copyOf } from "../bytes/copy.ts";
import { digestSizeBytes, isHashAlgorithm } from "../crypto/algorithms.ts";
import { type HashAlgorithm, maxSaltSizeBytes } from "../crypto/block-hasher.ts";
import { UsageError } from "../errors.ts";

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

const minBlockSize = 512;
const maxBlockSize = 524_288;

/** True for a power of two from 512 to 524288: what cryptsetup's `VERITY_BLOCK_SIZE_OK` takes. */
export function isBlockSize(sizeBytes: number): boolean {
  return (
    Number.isInteger(sizeBytes) &&
    sizeBytes >= minBlockSize &&
    sizeBytes <= maxBlockSize &&
    (sizeBytes & (sizeBytes - 1)) === 0
  );
}

/**
 * Checks parameters that the caller gave.
 *
 * @throws {UsageError} `invalid-argument` (`unsupported` for the algorithm), the field in `at`.
 */
export function checkParameters(parameters: VerityParameters): void {
  const { hashType, algorithm, salt, dataBlockSize, hashBlockSize } = parameters;
  if (hashType !== 0 && hashType !== 1) refuse("hashType", `${hashType} is neither 0 nor 1`);
  if (!isHashAlgorithm(algorithm)) {
    throw new UsageError("unsupported", `no such hash algorithm: ${String(algorithm)}`, {
      at: { field: "algorithm" },
    });
  }
  if (!(salt instanceof Uint8Array) || salt.length > maxSaltSizeBytes) {
    refuse("salt", `must be 0 to ${maxSaltSizeBytes} bytes`);
  }
  if (!isBlockSize(dataBlockSize)) refuse("dataBlockSize", sizeRule(dataBlockSize));
  if (!isBlockSize(hashBlockSize)) refuse("hashBlockSize", sizeRule(hashBlockSize));
}

/**
 * Checks an identity that the caller gave.
 *
 * @throws {UsageError} as `checkParameters`, and for a block count that is no positive
 *   safe integer or a root hash whose length is not the digest's.
 */
export function checkIdentity(identity: VerityIdentity): void {
  checkParameters(identity);
  const { dataBlocks, rootHash, algorithm } = identity;
  if (!Number.isSafeInteger(dataBlocks) || dataBlocks < 1) {
    refuse("dataBlocks", `${dataBlocks} is no positive integer`);
  }
  const size = digestSizeBytes(algorithm);
  if (!(rootHash instanceof Uint8Array) || rootHash.length !== size) {
    refuse("rootHash", `must be ${size} bytes for ${algorithm}`);
  }
}

/** Where the hasher puts the salt for a hash type. */
export function saltPosition(hashType: HashType): "first" | "last" {
  return hashType === 1 ? "first" : "last";
}

function sizeRule(sizeBytes: number): string {
  return `${sizeBytes} is no power of two from ${minBlockSize} to ${maxBlockSize}`;
}

function refuse(field: string, why: string): never {
  throw new UsageError("invalid-argument", `verity ${field}: ${why}`, { at: { field } });
}

/** A copy that no later write of the caller's changes. */
export function copyIdentity(identity: VerityIdentity): VerityIdentity {
  return { ...identity, salt: copyOf(identity.salt), rootHash: copyOf(identity.rootHash) };
}
