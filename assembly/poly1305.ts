/**
 * Poly1305 (RFC 8439, section 2.5) of 16-byte blocks, in radix 2^32:
 *
 *     h ← (h + block + 2^128) · r mod 2^130 − 5
 *
 * h is four words of 32 bits and a few bits more, each in 64: a word and a
 * block's word added stay below 2^34, r is clamped below 2^28 a word, and so
 * four products fit into 64 bits. A state is all that one message needs:
 *
 *     h0 h1 h2 h3 h4   r0 r1 r2 r3   r1·5/4 r2·5/4 r3·5/4     u64 each, from byte 0 on
 *     pad                                                      16 bytes from byte 96 on
 */

export const polyStateBytes: usize = 112;
const padOffset: usize = 96;
export const wordMask: u64 = 0xffffffff;

/** Begins a message under the one-time key of 32 bytes at `key`. */
export function polyStart(state: usize, key: usize): void {
  for (let i: usize = 0; i < 40; i += 8) store<u64>(state + i, 0);
  for (let i: usize = 0; i < 4; i++) {
    const clamp: u32 = i == 0 ? 0x0fffffff : 0x0ffffffc;
    const r = (load<u32>(key + 4 * i) & clamp) as u64;
    store<u64>(state + 40 + 8 * i, r);
    if (i > 0) store<u64>(state + 64 + 8 * i, r + (r >> 2));
  }
  store<u64>(state + padOffset, load<u64>(key, 16));
  store<u64>(state + padOffset, load<u64>(key, 24), 8);
}

/** Takes `blocks` × 16 bytes at `message` in. */
export function polyAbsorb(state: usize, message: usize, blocks: i32): void {
  let h0 = load<u64>(state);
  let h1 = load<u64>(state, 8);
  let h2 = load<u64>(state, 16);
  let h3 = load<u64>(state, 24);
  let h4 = load<u64>(state, 32);
  const r0 = load<u64>(state, 40);
  const r1 = load<u64>(state, 48);
  const r2 = load<u64>(state, 56);
  const r3 = load<u64>(state, 64);
  const s1 = load<u64>(state, 72);
  const s2 = load<u64>(state, 80);
  const s3 = load<u64>(state, 88);
  for (; blocks > 0; blocks--) {
    h0 += load<u32>(message) as u64;
    h1 += load<u32>(message, 4) as u64;
    h2 += load<u32>(message, 8) as u64;
    h3 += load<u32>(message, 12) as u64;
    h4 += 1;
    const d0 = h0 * r0 + h1 * s3 + h2 * s2 + h3 * s1;
    const d1 = h0 * r1 + h1 * r0 + h2 * s3 + h3 * s2 + h4 * s1 + (d0 >> 32);
    const d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s3 + h4 * s2 + (d1 >> 32);
    const d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s3 + (d2 >> 32);
    const d4 = h4 * r0 + (d3 >> 32);
    h0 = (d0 & wordMask) + (d4 >> 2) * 5;
    h1 = d1 & wordMask;
    h2 = d2 & wordMask;
    h3 = d3 & wordMask;
    h4 = d4 & 3;
    message += 16;
  }
  store<u64>(state, h0);
  store<u64>(state, h1, 8);
  store<u64>(state, h2, 16);
  store<u64>(state, h3, 24);
  store<u64>(state, h4, 32);
}

/** Writes the tag of what was taken in, 16 bytes at `tag`: h mod 2^130 − 5, plus the pad, mod 2^128. */
export function polyFinish(state: usize, tag: usize): void {
  let h0 = load<u64>(state);
  let h1 = load<u64>(state, 8) + (h0 >> 32);
  let h2 = load<u64>(state, 16) + (h1 >> 32);
  let h3 = load<u64>(state, 24) + (h2 >> 32);
  let h4 = load<u64>(state, 32) + (h3 >> 32);
  h0 = (h0 & wordMask) + (h4 >> 2) * 5;
  h4 &= 3;
  h1 = (h1 & wordMask) + (h0 >> 32);
  h2 = (h2 & wordMask) + (h1 >> 32);
  h3 = (h3 & wordMask) + (h2 >> 32);
  h4 += h3 >> 32;
  // h + 5 reaches 2^130 where h is 2^130 - 5 or more: then h mod 2^130 - 5 is h + 5 without that bit.
  let carry = (h0 & wordMask) + 5;
  carry = (h1 & wordMask) + (carry >> 32);
  carry = (h2 & wordMask) + (carry >> 32);
  carry = (h3 & wordMask) + (carry >> 32);
  const five = ((h4 + (carry >> 32)) >> 2) * 5;
  let sum = (h0 & wordMask) + five + (load<u32>(state + padOffset) as u64);
  store<u32>(tag, sum as u32);
  sum = (h1 & wordMask) + (load<u32>(state + padOffset, 4) as u64) + (sum >> 32);
  store<u32>(tag, sum as u32, 4);
  sum = (h2 & wordMask) + (load<u32>(state + padOffset, 8) as u64) + (sum >> 32);
  store<u32>(tag, sum as u32, 8);
  sum = (h3 & wordMask) + (load<u32>(state + padOffset, 12) as u64) + (sum >> 32);
  store<u32>(tag, sum as u32, 12);
}
