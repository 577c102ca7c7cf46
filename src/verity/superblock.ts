/**
 * The superblock: 512 bytes before the tree that say how it was built. The
 * kernel never reads it, and the root hash does not cover it: it is the
 * host's word, to be held against a pinned identity.
 *
 * On disk, little-endian (cryptsetup `lib/verity/verity.c`, `struct verity_sb`):
 *
 * | offset | size | field                                    |
 * | ------ | ---- | ---------------------------------------- |
 * | 0      | 8    | `"verity\0\0"`                           |
 * | 8      | 4    | version, 1                               |
 * | 12     | 4    | hash type, 0 or 1                        |
 * | 16     | 16   | UUID, in the order of its text           |
 * | 32     | 32   | hash name, lower case, zero padded       |
 * | 64     | 4    | data block size                          |
 * | 68     | 4    | hash block size                          |
 * | 72     | 8    | number of data blocks                    |
 * | 80     | 2    | salt size                                |
 * | 82     | 6    | zero                                     |
 * | 88     | 256  | salt, zero padded                        |
 * | 344    | 168  | zero                                     |
 *
 * Security: fields are checked in cryptsetup's order; unlike cryptsetup,
 * padding that is not zero is refused, so that every byte but the UUID's means
 * something.
 */

import {
  isZero,
  readU16Le,
  readU32Le,
  readU64Le,
  writeU16Le,
  writeU32Le,
  writeU64Le,
} from "../bytes/codec.ts";
import { equalBytes } from "../bytes/compare.ts";
import { copyOf } from "../bytes/copy.ts";
import { isHashAlgorithm } from "../crypto/algorithms.ts";
import { type HashAlgorithm, maxSaltSizeBytes } from "../crypto/block-hasher.ts";
import type { BlockDevice, IoOptions } from "../device/block-device.ts";
import {
  type ErrorLocation,
  FormatError,
  type FormatErrorCode,
  IntegrityError,
  UsageError,
} from "../errors.ts";
import { checkParameters, isBlockSize, type VerityParameters } from "./identity.ts";

/** Size of a superblock, in bytes. */
export const SUPERBLOCK_SIZE_BYTES = 512;

/** What a superblock says. */
export interface Superblock extends VerityParameters {
  /** 16 bytes in the order of the UUID's text. The one field that nothing depends on. */
  readonly uuid: Uint8Array;
  /** 0 where the superblock leaves the count open: veritysetup then takes the whole data device. */
  readonly dataBlocks: number;
}

const magic = Uint8Array.of(0x76, 0x65, 0x72, 0x69, 0x74, 0x79, 0, 0);
const uuidSizeBytes = 16;
const nameSizeBytes = 32;

/** Offsets of the fields, in bytes. */
const field = {
  magic: 0,
  version: 8,
  hashType: 12,
  uuid: 16,
  algorithm: 32,
  dataBlockSize: 64,
  hashBlockSize: 68,
  dataBlocks: 72,
  saltSize: 80,
  padding1: 82,
  salt: 88,
  padding2: 344,
} as const;

type FieldName = keyof typeof field;

/**
 * Parses a superblock of 512 bytes, which the host controls. What is returned
 * shares no memory with `bytes`.
 *
 * @param at where the bytes come from; `offsetBytes` is the superblock's own on its device.
 * @throws {FormatError} `truncated`, `bad-magic`, `bad-version`, `bad-field` or `bad-padding`,
 *   with the field and the offset of it in `at`.
 */
export function parseSuperblock(bytes: Uint8Array, at: ErrorLocation = {}): Superblock {
  const refuse = (code: FormatErrorCode, name: FieldName, why: string): never => {
    const offsetBytes = (at.offsetBytes ?? 0) + field[name];
    throw new FormatError(code, `verity superblock: ${why} (${name}, byte ${offsetBytes})`, {
      at: { ...at, field: name, offsetBytes },
    });
  };
  if (bytes.length !== SUPERBLOCK_SIZE_BYTES) {
    throw new FormatError("truncated", `a verity superblock has 512 bytes, not ${bytes.length}`, { at });
  }
  if (!equalBytes(bytes.subarray(0, magic.length), magic)) refuse("bad-magic", "magic", "no magic bytes");
  const version = readU32Le(bytes, field.version);
  if (version !== 1) refuse("bad-version", "version", `version ${version} instead of 1`);
  const hashType = readU32Le(bytes, field.hashType);
  if (hashType !== 0 && hashType !== 1) {
    return refuse("bad-field", "hashType", `hash type ${hashType} is neither 0 nor 1`);
  }
  const dataBlockSize = readU32Le(bytes, field.dataBlockSize);
  if (!isBlockSize(dataBlockSize)) refuse("bad-field", "dataBlockSize", `block size ${dataBlockSize}`);
  const hashBlockSize = readU32Le(bytes, field.hashBlockSize);
  if (!isBlockSize(hashBlockSize)) refuse("bad-field", "hashBlockSize", `block size ${hashBlockSize}`);
  const dataBlocks = Number(readU64Le(bytes, field.dataBlocks));
  if (!Number.isSafeInteger(dataBlocks)) refuse("bad-field", "dataBlocks", `${dataBlocks} blocks`);
  const algorithm = parseName(bytes, refuse);
  const saltSize = readU16Le(bytes, field.saltSize);
  if (saltSize > maxSaltSizeBytes) refuse("bad-field", "saltSize", `salt of ${saltSize} bytes`);
  if (!isZero(bytes.subarray(field.padding1, field.salt))) {
    refuse("bad-padding", "padding1", "padding is not zero");
  }
  if (!isZero(bytes.subarray(field.salt + saltSize, field.padding2))) {
    refuse("bad-padding", "salt", "padding after the salt is not zero");
  }
  if (!isZero(bytes.subarray(field.padding2))) refuse("bad-padding", "padding2", "padding is not zero");
  return {
    hashType,
    uuid: copyOf(bytes.subarray(field.uuid, field.uuid + uuidSizeBytes)),
    algorithm,
    dataBlockSize,
    hashBlockSize,
    dataBlocks,
    salt: copyOf(bytes.subarray(field.salt, field.salt + saltSize)),
  };
}

/** The hash name up to its first NUL, in either case as cryptsetup takes it. */
function parseName(
  bytes: Uint8Array,
  refuse: (code: FormatErrorCode, name: FieldName, why: string) => never,
): HashAlgorithm {
  const padded = bytes.subarray(field.algorithm, field.algorithm + nameSizeBytes);
  const nul = padded.indexOf(0);
  const length = nul === -1 ? nameSizeBytes : nul;
  const name = String.fromCharCode(...padded.subarray(0, length)).toLowerCase();
  if (!isHashAlgorithm(name)) return refuse("bad-field", "algorithm", "unknown hash algorithm");
  if (!isZero(padded.subarray(length))) {
    refuse("bad-padding", "algorithm", "padding after the hash name is not zero");
  }
  return name;
}

/**
 * The 512 bytes of a superblock, as veritysetup writes them.
 *
 * @throws {UsageError} `invalid-argument` for a field that cannot be stored.
 */
export function serializeSuperblock(superblock: Superblock): Uint8Array {
  checkParameters(superblock);
  const { uuid, dataBlocks } = superblock;
  if (uuid.length !== uuidSizeBytes) {
    throw new UsageError("invalid-argument", `a UUID has 16 bytes, not ${uuid.length}`, {
      at: { field: "uuid" },
    });
  }
  if (!Number.isSafeInteger(dataBlocks) || dataBlocks < 0) {
    throw new UsageError("invalid-argument", `dataBlocks: ${dataBlocks} is no count`, {
      at: { field: "dataBlocks" },
    });
  }
  const bytes = new Uint8Array(SUPERBLOCK_SIZE_BYTES);
  bytes.set(magic, field.magic);
  writeU32Le(bytes, field.version, 1);
  writeU32Le(bytes, field.hashType, superblock.hashType);
  bytes.set(uuid, field.uuid);
  bytes.set(new TextEncoder().encode(superblock.algorithm), field.algorithm);
  writeU32Le(bytes, field.dataBlockSize, superblock.dataBlockSize);
  writeU32Le(bytes, field.hashBlockSize, superblock.hashBlockSize);
  writeU64Le(bytes, field.dataBlocks, dataBlocks);
  writeU16Le(bytes, field.saltSize, superblock.salt.length);
  bytes.set(superblock.salt, field.salt);
  return bytes;
}

/**
 * Fetches a superblock once, into private memory, and parses that copy.
 *
 * @param offsetBytes a multiple of 512, chosen by the caller.
 * @throws {UsageError} `invalid-argument` for an offset that is no multiple of 512.
 * @throws {FormatError} as `parseSuperblock`; `truncated` where the device ends before it.
 * @throws {DeviceError} when the device's read fails.
 */
export async function readSuperblock(
  device: BlockDevice,
  offsetBytes: number,
  options: IoOptions = {},
): Promise<Superblock> {
  if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0 || offsetBytes % SUPERBLOCK_SIZE_BYTES !== 0) {
    throw new UsageError("invalid-argument", `hash offset ${offsetBytes} is no multiple of 512`, {
      at: { field: "hashOffsetBytes" },
    });
  }
  const at = { device: device.name, offsetBytes };
  if (device.sizeBytes - offsetBytes < SUPERBLOCK_SIZE_BYTES) {
    throw new FormatError("truncated", `${device.name} ends before a superblock at ${offsetBytes}`, { at });
  }
  const bytes = new Uint8Array(SUPERBLOCK_SIZE_BYTES);
  await device.read(offsetBytes, bytes, options);
  return parseSuperblock(bytes, at);
}

/**
 * Holds a superblock against the identity that the caller trusts.
 *
 * @param expected parameters and block count as pinned.
 * @throws {IntegrityError} `identity-mismatch`, the first differing field in `at`.
 */
export function matchSuperblock(
  superblock: Superblock,
  expected: VerityParameters & { readonly dataBlocks: number },
  at: ErrorLocation = {},
): void {
  for (const name of ["hashType", "algorithm", "dataBlockSize", "hashBlockSize", "dataBlocks"] as const) {
    if (superblock[name] === expected[name]) continue;
    const message = `the superblock says ${name} ${superblock[name]}, the identity ${expected[name]}: refuse it`;
    throw new IntegrityError("identity-mismatch", message, { at: { ...at, field: name } });
  }
  if (!equalBytes(superblock.salt, expected.salt)) {
    throw new IntegrityError("identity-mismatch", "the superblock's salt is not the identity's: refuse it", {
      at: { ...at, field: "salt" },
    });
  }
}
