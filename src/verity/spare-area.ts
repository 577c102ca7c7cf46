/**
 * The spare area of a hash block: what follows a digest up to the next slot,
 * and what follows the last used slot. veritysetup writes zeros there; other
 * bytes show a block that was built for another count, or by someone else.
 */
import type { TreeGeometry } from "./geometry.ts";

/** A part of the spare area that is not zero. */
export interface SpareArea {
  /** The slot after whose digest it lies. */
  readonly slot: number;
  /** Where it starts in the block. */
  readonly offsetBytes: number;
}

/**
 * The first part of a hash block's spare area that is not zero.
 *
 * @param block one hash block, the host's bytes.
 * @param usedSlots how many of its slots hold a digest (`TreeGeometry.usedSlots`).
 */
export function findSpare(
  geometry: TreeGeometry,
  block: Uint8Array,
  usedSlots: number,
): SpareArea | undefined {
  const { slotSizeBytes, digestSizeBytes } = geometry;
  if (slotSizeBytes > digestSizeBytes) {
    for (let slot = 0; slot < usedSlots; slot++) {
      const offsetBytes = slot * slotSizeBytes + digestSizeBytes;
      if (!isZeroBetween(block, offsetBytes, (slot + 1) * slotSizeBytes)) return { slot, offsetBytes };
    }
  }
  const offsetBytes = usedSlots * slotSizeBytes;
  return isZeroBetween(block, offsetBytes, block.length) ? undefined : { slot: usedSlots - 1, offsetBytes };
}

function isZeroBetween(block: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (block[i] !== 0) return false;
  return true;
}
