/** What the tests of the SHA-256 core share: bytes to hash, and noble's answer. */
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../../src/bytes/hex.ts";
import type { BlockHasher } from "../../src/crypto/block-hasher.ts";

export const coreKinds = ["simd", "scalar"] as const;
export const saltPositions = ["first", "last"] as const;
export type SaltPosition = (typeof saltPositions)[number];

/** Bytes that differ everywhere, the same on every run. */
export function pattern(size: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

/** The digest by `@noble/hashes`. */
export function reference(salt: Uint8Array, position: SaltPosition, block: Uint8Array): string {
  const hash = sha256.create();
  if (position === "first") hash.update(salt).update(block);
  else hash.update(block).update(salt);
  return toHex(hash.digest());
}

/** Blocks as a hasher is asked for them, copied out of its input. */
export function blocksOf(
  hasher: BlockHasher,
  offsetBytes: number,
  size: number,
  count: number,
): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    hasher.input.slice(offsetBytes + i * size, offsetBytes + (i + 1) * size),
  );
}

/** The hasher's digests of the same blocks, in hex. */
export function digestsOf(hasher: BlockHasher, offsetBytes: number, size: number, count: number): string[] {
  const digests = hasher.digest(offsetBytes, size, count);
  if (digests.length !== count * hasher.digestSizeBytes) throw new RangeError(`${digests.length} bytes`);
  return Array.from({ length: count }, (_, i) =>
    toHex(digests.subarray(i * hasher.digestSizeBytes, (i + 1) * hasher.digestSizeBytes)),
  );
}
