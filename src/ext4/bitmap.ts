/** Bits in bytes, the lowest first, as ext4's bitmaps have them: a block or an inode each, set where it is taken. */

/** True where a bit is set. */
export function isBitSet(bitmap: Uint8Array, bit: number): boolean {
  return ((bitmap[bit >>> 3] as number) & (1 << (bit & 7))) !== 0;
}

/** The first bit in `[from, end)` that is clear; `end` where there is none. */
export function nextClearBit(bitmap: Uint8Array, from: number, end: number): number {
  return nextBit(bitmap, from, end, 0xff);
}

/** The first bit in `[from, end)` that is set; `end` where there is none. */
export function nextSetBit(bitmap: Uint8Array, from: number, end: number): number {
  return nextBit(bitmap, from, end, 0);
}

/** Sets the bits of `[from, end)`, or clears them. */
export function fillBits(bitmap: Uint8Array, from: number, end: number, value: boolean): void {
  const firstWhole = Math.min((from + 7) & ~7, end);
  const endWhole = Math.max(end & ~7, firstWhole);
  for (let bit = from; bit < firstWhole; bit++) fillBit(bitmap, bit, value);
  bitmap.fill(value ? 0xff : 0, firstWhole >>> 3, endWhole >>> 3);
  for (let bit = endWhole; bit < end; bit++) fillBit(bitmap, bit, value);
}

/** How many bits of `[0, end)` are set. */
export function countSetBits(bitmap: Uint8Array, end: number): number {
  let count = 0;
  for (let at = 0; at < end; ) {
    const set = nextSetBit(bitmap, at, end);
    at = nextClearBit(bitmap, set, end);
    count += at - set;
  }
  return count;
}

/** The first bit that is not as in bytes of `skipped`, which are passed over whole. */
function nextBit(bitmap: Uint8Array, from: number, end: number, skipped: number): number {
  for (let bit = from; bit < end; ) {
    const rest = ((bitmap[bit >>> 3] as number) ^ skipped) >>> (bit & 7);
    if (rest !== 0) return Math.min(bit + 31 - Math.clz32(rest & -rest), end);
    bit = (bit | 7) + 1;
  }
  return end;
}

function fillBit(bitmap: Uint8Array, bit: number, value: boolean): void {
  const mask = 1 << (bit & 7);
  const byte = bitmap[bit >>> 3] as number;
  bitmap[bit >>> 3] = value ? byte | mask : byte & ~mask;
}
