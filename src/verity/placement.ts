/**
 * Where the hash area stands on its device. The kernel is told the first hash
 * block; userspace derives it from a byte offset, and so do we, as
 * cryptsetup's `VERITY_hash_offset_block` does.
 */
import { UsageError } from "../errors.ts";
import { SUPERBLOCK_SIZE_BYTES } from "./superblock.ts";

/** Where the hash area starts, as the caller says. */
export interface VerityPlacement {
  /** A multiple of 512: the superblock's offset, or without one the tree's (see `firstHashBlock`). */
  readonly hashOffsetBytes: number;
  /** Whether a superblock stands at `hashOffsetBytes`. */
  readonly superblock: boolean;
}

/** A superblock at the start of the hash device. */
export const defaultPlacement: VerityPlacement = { hashOffsetBytes: 0, superblock: true };

/**
 * Index of the first hash block on the hash device, in hash blocks. After a
 * superblock it is the next block boundary; without one an offset that is no
 * multiple of the block size is rounded DOWN, as veritysetup does: the tree
 * then starts before the offset.
 *
 * @throws {UsageError} `invalid-argument` for an offset that is no multiple of 512.
 */
export function firstHashBlock(placement: VerityPlacement, hashBlockSize: number): number {
  const { hashOffsetBytes, superblock } = placement;
  if (!Number.isSafeInteger(hashOffsetBytes) || hashOffsetBytes < 0 || hashOffsetBytes % 512 !== 0) {
    throw new UsageError("invalid-argument", `hash offset ${hashOffsetBytes} is no multiple of 512`, {
      at: { field: "hashOffsetBytes" },
    });
  }
  return superblock
    ? Math.ceil((hashOffsetBytes + SUPERBLOCK_SIZE_BYTES) / hashBlockSize)
    : Math.floor(hashOffsetBytes / hashBlockSize);
}
