/** The bits of zstd's entropy-coded streams, which are read from their end (RFC 8878, 4.1). */

/**
 * Reads bits backward: the highest first. The stream's last byte holds a 1 above
 * its first bit. What lies before the beginning reads as zeros and makes `left`
 * negative: whoever reads looks at it.
 */
export class BackwardBits {
  /** How many bits there are to be read. */
  left: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;

  /**
   * @param bytes the stream lies from `start` to `end` in it, and is not empty.
   * @returns a reader whose `left` is negative where the last byte is zero, which no stream's is.
   */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    const last = end > start ? (bytes[end - 1] as number) : 0;
    this.left = last === 0 ? -1 : (end - start) * 8 - 1 - (Math.clz32(last) - 24);
  }

  /** The next `count` bits, at most 31, which stay there. */
  peek(count: number): number {
    const bit = this.left - count;
    if (bit >= 0) return this.#at(bit, count);
    return this.left <= 0 ? 0 : this.#at(0, this.left) << -bit;
  }

  /** The next `count` bits, at most 31. */
  read(count: number): number {
    const value = this.peek(count);
    this.left -= count;
    return value;
  }

  #at(bit: number, count: number): number {
    const bytes = this.#bytes;
    const at = this.#start + (bit >>> 3);
    const shift = bit & 7;
    if (at + 4 >= bytes.length) return this.#atEnd(at, shift, count);
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    let value = word >>> shift;
    if (count + shift > 32) value |= (bytes[at + 4] as number) << (32 - shift);
    return value & ((1 << count) - 1);
  }

  /** As far as the array goes: what is above is not asked for. */
  #atEnd(at: number, shift: number, count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      const bit = shift + i;
      value |= (((this.#bytes[at + (bit >> 3)] ?? 0) >> (bit & 7)) & 1) << i;
    }
    return value;
  }
}
