/**
 * GHASH (SP 800-38D, section 6.4), the universal hash of GCM, of one message:
 *
 *     Y = (Y ⊕ block) · H    in GF(2^128)
 *
 * Multiplication without carries is done by multiplication with them, of
 * numbers with three bits in four zero: there the carries find room (Pornin,
 * BearSSL's `ctmul64`). No table, no branch; `ghash-lanes.ts` is faster where
 * there are several messages.
 */

/** The high half of a product is the low half of the product of the operands, their bits reversed. */
@inline
function reverseBits(x: u64): u64 {
  x = ((x >> 1) & 0x5555555555555555) | ((x & 0x5555555555555555) << 1);
  x = ((x >> 2) & 0x3333333333333333) | ((x & 0x3333333333333333) << 2);
  x = ((x >> 4) & 0x0f0f0f0f0f0f0f0f) | ((x & 0x0f0f0f0f0f0f0f0f) << 4);
  return bswap<u64>(x);
}

/** The low 64 bits of x · y without carries. */
function multiplyLow(x: u64, y: u64): u64 {
  const x0 = x & 0x1111111111111111;
  const x1 = x & 0x2222222222222222;
  const x2 = x & 0x4444444444444444;
  const x3 = x & 0x8888888888888888;
  const y0 = y & 0x1111111111111111;
  const y1 = y & 0x2222222222222222;
  const y2 = y & 0x4444444444444444;
  const y3 = y & 0x8888888888888888;
  const z0 = (x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1);
  const z1 = (x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2);
  const z2 = (x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3);
  const z3 = (x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0);
  return (
    (z0 & 0x1111111111111111) | (z1 & 0x2222222222222222) | (z2 & 0x4444444444444444) | (z3 & 0x8888888888888888)
  );
}

/** Takes `blocks` × 16 bytes at `from` into the 16 bytes at `sum`, which is the hash so far; `h` has H. */
export function ghashAbsorb(sum: usize, h: usize, from: usize, blocks: i32): void {
  let y1 = bswap<u64>(load<u64>(sum));
  let y0 = bswap<u64>(load<u64>(sum, 8));
  const h1 = bswap<u64>(load<u64>(h));
  const h0 = bswap<u64>(load<u64>(h, 8));
  const h0r = reverseBits(h0);
  const h1r = reverseBits(h1);
  for (; blocks > 0; blocks--) {
    y1 ^= bswap<u64>(load<u64>(from));
    y0 ^= bswap<u64>(load<u64>(from, 8));
    from += 16;
    const y0r = reverseBits(y0);
    const y1r = reverseBits(y1);
    const z0 = multiplyLow(y0, h0);
    const z1 = multiplyLow(y1, h1);
    const z2 = multiplyLow(y0 ^ y1, h0 ^ h1) ^ z0 ^ z1;
    const z0r = multiplyLow(y0r, h0r);
    const z1r = multiplyLow(y1r, h1r);
    const z2r = multiplyLow(y0r ^ y1r, h0r ^ h1r) ^ z0r ^ z1r;
    let v1 = (reverseBits(z0r) >> 1) ^ z2;
    let v2 = z1 ^ (reverseBits(z2r) >> 1);
    let v3 = reverseBits(z1r) >> 1;
    v3 = (v3 << 1) | (v2 >> 63);
    v2 = (v2 << 1) | (v1 >> 63);
    v1 = (v1 << 1) | (z0 >> 63);
    const v0 = z0 << 1;
    v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7);
    v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57);
    v3 ^= v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7);
    v2 ^= (v1 << 63) ^ (v1 << 62) ^ (v1 << 57);
    y0 = v2;
    y1 = v3;
  }
  store<u64>(sum, bswap<u64>(y1));
  store<u64>(sum, bswap<u64>(y0), 8);
}
