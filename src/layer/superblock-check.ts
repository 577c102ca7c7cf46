/**
 * Holds the verity superblock of an image against what a policy's root hash can
 * mean. The root hash does not cover it, and a reader that goes by it lets the
 * host choose salt, algorithm and sizes; here nothing is taken from it. It must
 * be, byte for byte, the one that a layer of this size has; the UUID alone is free.
 */
import { isZero } from "../bytes/codec.ts";
import { toHex } from "../bytes/hex.ts";
import { type ErrorLocation, FormatError, StorageError } from "../errors.ts";
import {
  parseSuperblock,
  SUPERBLOCK_SIZE_BYTES,
  type Superblock,
  serializeSuperblock,
} from "../verity/superblock.ts";
import { layerSuperblock } from "./verity-parameters.ts";

/** What came of looking at a superblock. */
export interface SuperblockFindings {
  /** As it was read; absent where it cannot be parsed. */
  readonly superblock?: Superblock;
  /** All that is wrong with it. */
  readonly problems: readonly StorageError[];
}

/**
 * Looks at the block of 4096 bytes that a layer's superblock fills.
 *
 * @param block the host's bytes, in private memory.
 * @param dataBlocks of the file system that the image holds.
 * @param at where `block` stands.
 */
export function checkLayerSuperblock(
  block: Uint8Array,
  dataBlocks: number,
  at: ErrorLocation & { readonly offsetBytes: number },
): SuperblockFindings {
  const bytes = block.subarray(0, SUPERBLOCK_SIZE_BYTES);
  const problems: StorageError[] = [];
  let superblock: Superblock | undefined;
  try {
    superblock = parseSuperblock(bytes, at);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    problems.push(error);
  }
  if (superblock !== undefined) problems.push(...mismatches(superblock, bytes, dataBlocks, at));
  if (!isZero(block.subarray(SUPERBLOCK_SIZE_BYTES))) {
    const offsetBytes = at.offsetBytes + SUPERBLOCK_SIZE_BYTES;
    const message = `the rest of the verity superblock's block is not zero (from byte ${offsetBytes} on)`;
    problems.push(new FormatError("bad-padding", message, { at: { ...at, field: "padding", offsetBytes } }));
  }
  return superblock === undefined ? { problems } : { superblock, problems };
}

function mismatches(
  superblock: Superblock,
  bytes: Uint8Array,
  dataBlocks: number,
  at: ErrorLocation,
): FormatError[] {
  const expected = layerSuperblock(dataBlocks, superblock.uuid);
  const found: FormatError[] = [];
  const refuse = (field: string, why: string): void => {
    found.push(
      new FormatError("bad-field", `verity superblock: ${why} (${field})`, { at: { ...at, field } }),
    );
  };
  for (const name of ["hashType", "algorithm", "dataBlockSize", "hashBlockSize"] as const) {
    if (superblock[name] === expected[name]) continue;
    refuse(name, `${name} is ${superblock[name]}, a layer's is ${expected[name]}`);
  }
  if (superblock.dataBlocks !== dataBlocks) {
    refuse("dataBlocks", `says ${superblock.dataBlocks} data blocks, the file system has ${dataBlocks}`);
  }
  const { salt } = superblock;
  if (salt.length !== expected.salt.length || !isZero(salt)) {
    refuse("salt", `the salt is ${salt.length} bytes (${toHex(salt)}), a layer's is 32 zero bytes`);
  }
  const written = serializeSuperblock(expected);
  // Such as the algorithm's name in capitals, which a parser takes and nobody wrote.
  if (found.length === 0 && bytes.some((byte, i) => byte !== written[i])) {
    refuse("algorithm", "its bytes are not those that a layer's has");
  }
  return found;
}
