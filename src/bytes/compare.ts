/** Comparison without a data-dependent branch, and ordering as bytes. */

/**
 * True where both arrays hold the same bytes. Its time depends on the lengths
 * alone (as far as a JS engine allows that to be said), so it serves tags too.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalRanges(a, 0, b, 0, a.length);
}

/**
 * True where `lengthBytes` bytes of `a` from `startOfA` on are those of `b` from `startOfB` on,
 * in the same manner. Both ranges are the caller's to keep inside the arrays.
 */
export function equalRanges(
  a: Uint8Array,
  startOfA: number,
  b: Uint8Array,
  startOfB: number,
  lengthBytes: number,
): boolean {
  const words = lengthBytes >>> 2;
  const wordsOfA = words < leastWords ? undefined : wordsAt(a, startOfA, words);
  const wordsOfB = words < leastWords ? undefined : wordsAt(b, startOfB, words);
  let difference = 0;
  let compared = 0;
  if (wordsOfA !== undefined && wordsOfB !== undefined) {
    for (let i = 0; i < words; i++) difference |= (wordsOfA[i] as number) ^ (wordsOfB[i] as number);
    compared = 4 * words;
  }
  for (let i = compared; i < lengthBytes; i++) {
    difference |= (a[startOfA + i] as number) ^ (b[startOfB + i] as number);
  }
  return difference === 0;
}

/** Fewer are compared sooner than views of them are made. */
const leastWords = 64;

/** The bytes as words, where they lie as words do. */
function wordsAt(bytes: Uint8Array, start: number, words: number): Int32Array | undefined {
  const offset = bytes.byteOffset + start;
  return offset % 4 === 0 ? new Int32Array(bytes.buffer, offset, words) : undefined;
}

/** Negative, 0 or positive as `a` goes before `b`, is `b`, or goes behind it, by their bytes. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
