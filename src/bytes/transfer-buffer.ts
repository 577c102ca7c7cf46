/** Where in a page of 4096 bytes the memory for transfers begins. */

/** The unit in which the trouble repeats. */
const pageSizeBytes = 4096;
/** As far as can be from the places where runtimes and operating systems put what is large. */
export const transferOffsetBytes: number = pageSizeBytes / 2;
/** Copies of less than that are not made by `rep movsb`. */
const leastSizeBytes = pageSizeBytes / 2;

/**
 * Zeros to read a file or another device into. They begin in the middle of a
 * page, with nothing else in their `buffer`.
 *
 * A large array of the runtime's starts 16 bytes into a page, a file's bytes in
 * the page cache start with one. Copies between them by `rep movsb`, the
 * kernel's and the C library's way, run at a quarter to a tenth of their speed
 * on AMD processors, whose trouble is a target a few bytes above the source
 * modulo 4096 (glibc bug 30994).
 */
export function transferBuffer(sizeBytes: number): Uint8Array<ArrayBuffer> {
  if (sizeBytes < leastSizeBytes) return new Uint8Array(sizeBytes);
  return new Uint8Array(new ArrayBuffer(transferOffsetBytes + sizeBytes), transferOffsetBytes, sizeBytes);
}
