/** What the options say of a tree, checked in veritysetup's order and refused in its words. */
import { fromHex } from "../bytes/hex.ts";
import { isHashAlgorithm } from "../crypto/algorithms.ts";
import { type HashAlgorithm, maxSaltSizeBytes } from "../crypto/block-hasher.ts";
import { type HashType, isBlockSize, type VerityParameters } from "../verity/identity.ts";
import type { VerityPlacement } from "../verity/placement.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import type { VerityOptions } from "./verity-options.ts";

/** veritysetup's defaults (`--help`, its last line). */
const defaultAlgorithm = "sha256";
const defaultBlockSize = 4096;
const defaultSaltSizeBytes = 32;
const defaultFecRoots = 2;

/** Everything but the hash algorithm, which veritysetup looks at only once it has the devices. */
export type PlainParameters = Omit<VerityParameters, "algorithm">;

/**
 * @param salt what stands for a salt that is not given.
 * @throws {CommandFailure} for a value that cannot be.
 */
export function plainParameters(options: VerityOptions, salt: () => Uint8Array): PlainParameters {
  const saltBytes = options.salt === undefined ? salt() : parseSalt(options.salt);
  return {
    salt: saltBytes,
    hashType: parseHashType(options.format),
    dataBlockSize: parseBlockSize("--data-block-size", options.dataBlockSize),
    hashBlockSize: parseBlockSize("--hash-block-size", options.hashBlockSize),
  };
}

/** A salt as veritysetup makes one where none is given. */
export function randomSalt(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(defaultSaltSizeBytes));
}

/** @throws {CommandFailure} for an offset that is no multiple of a sector. */
export function placementFrom(options: VerityOptions): VerityPlacement {
  const hashOffsetBytes = options.hashOffset ?? 0;
  if (!isSectorOffset(hashOffsetBytes)) {
    throw refusal("Unsupported VERITY hash offset.", "--hash-offset is a multiple of 512 bytes.");
  }
  return { hashOffsetBytes, superblock: options.superblock };
}

/** The algorithm, and its name as the caller wrote it: veritysetup takes and prints either case. */
export function algorithmFrom(options: VerityOptions): { algorithm: HashAlgorithm; text: string } {
  const text = options.hash ?? defaultAlgorithm;
  const algorithm = text.toLowerCase();
  if (!isHashAlgorithm(algorithm)) {
    throw refusal(
      `Hash algorithm ${text} not supported.`,
      "There are sha1, sha224, sha256, sha384, sha512, sha3-256, blake2b-512, blake2s-256 and ripemd160.",
    );
  }
  return { algorithm, text };
}

/** Where parity stands and how much there is; `undefined` without `--fec-device`. */
export interface FecOptions {
  readonly device: string;
  readonly offsetBytes: number;
  readonly roots: number;
}

/** @throws {CommandFailure} for an offset that is no multiple of a sector. */
export function fecFrom(options: VerityOptions): FecOptions | undefined {
  const offsetBytes = options.fecOffset ?? 0;
  if (!isSectorOffset(offsetBytes)) {
    throw refusal("Unsupported VERITY FEC offset.", "--fec-offset is a multiple of 512 bytes.");
  }
  if (options.fecDevice === undefined) return undefined;
  return { device: options.fecDevice, offsetBytes, roots: options.fecRoots ?? defaultFecRoots };
}

/** @throws {CommandFailure} where parity cannot be made with these numbers. */
export function checkFecParameters(fec: FecOptions, parameters: PlainParameters): void {
  if (parameters.dataBlockSize !== parameters.hashBlockSize) {
    throw refusal(
      "Block sizes must match for FEC.",
      `--data-block-size is ${parameters.dataBlockSize}, --hash-block-size ${parameters.hashBlockSize}.`,
    );
  }
  checkRoots(fec);
}

/** @throws {CommandFailure} for other numbers of roots than the kernel takes. */
export function checkRoots({ roots }: FecOptions): void {
  if (roots < 2 || roots > 24) {
    throw refusal("Invalid number of parity bytes.", "--fec-roots is 2 to 24.");
  }
}

function parseSalt(text: string): Uint8Array {
  if (text === "-") return new Uint8Array(0);
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw refusal(
      "Invalid salt string specified.",
      "--salt is an even number of hex digits, or - for no salt.",
    );
  }
  if (text.length > 2 * maxSaltSizeBytes) {
    throw refusal("Invalid salt string specified.", `--salt is at most ${maxSaltSizeBytes} bytes.`);
  }
  return fromHex(text, "salt");
}

function parseHashType(value = 1): HashType {
  if (value !== 0 && value !== 1) {
    throw refusal(
      `Unsupported VERITY hash type ${value}.`,
      "--format is 1 (normal) or 0 (original Chrome OS).",
    );
  }
  return value;
}

function parseBlockSize(option: string, value = defaultBlockSize): number {
  if (!isBlockSize(value)) {
    throw refusal("Unsupported VERITY block size.", `${option} is a power of two from 512 to 524288.`);
  }
  return value;
}

function isSectorOffset(bytes: number): boolean {
  return Number.isSafeInteger(bytes) && bytes % 512 === 0;
}

function refusal(message: string, advice: string): CommandFailure {
  return new CommandFailure(exitCodes.failure, `${message}\n${advice}`);
}
