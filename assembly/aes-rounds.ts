/**
 * AES-256 (FIPS 197) of several blocks at once, bitsliced: eight with SIMD,
 * four without. Slice i has bit i of all their bytes. With SIMD, byte j of a
 * slice is of byte j of the blocks, and its bit k of block k. Without, the
 * blocks are taken in halves: bit k of byte j is of byte j of the first half of
 * block k, and bit 4 + k of that of its second half.
 *
 * With SIMD there is no ShiftRows ("Fixslicing", Adomnicai and Peyrin, 2020):
 * after round r everything stands as ShiftRows r times over would have moved
 * it, the round keys are stored that way, and MixColumns looks for the other
 * bytes of a column where they are. Four in a row are none.
 *
 * The state goes from step to step through memory: 16 registers do not hold it
 * and the S-box's sums, and AssemblyScript hands on no tuples.
 */
import { inverseSubBytes, subBytes } from "./aes-boxes";
import { and, pattern, shiftLeft, shiftRight, xor } from "./bit-words";

/** Blocks that are worked on at once. */
export const groupBlocks: i32 = ASC_FEATURE_SIMD ? 8 : 4;
export const groupBytes: i32 = 16 * groupBlocks;
/** A schedule of 15 round keys, each in slices. */
export const scheduleBytes: i32 = ASC_FEATURE_SIMD ? 15 * 128 : 15 * 64;

const slices: usize = memory.data(128, 16);

/** Encrypts a group of blocks at `from` under the schedule at `keys`. */
export function encryptGroup(keys: usize, from: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) encrypt<v128>(keys, from, to);
  else encrypt<u64>(keys, from, to);
}

/** Decrypts a group of blocks. */
export function decryptGroup(keys: usize, from: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) decrypt<v128>(keys, from, to);
  else decrypt<u64>(keys, from, to);
}

/** The S-box on every byte of a group, with its constant left out. */
export function subGroup(from: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) {
    packBlocks<v128>(from, slices);
    subBytes<v128>(slices);
    unpackBlocks<v128>(slices, to);
  } else {
    packBlocks<u64>(from, slices);
    subBytes<u64>(slices);
    unpackBlocks<u64>(slices, to);
  }
}

/** The inverse of `subGroup`. */
export function inverseSubGroup(from: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) {
    packBlocks<v128>(from, slices);
    inverseSubBytes<v128>(slices);
    unpackBlocks<v128>(slices, to);
  } else {
    packBlocks<u64>(from, slices);
    inverseSubBytes<u64>(slices);
    unpackBlocks<u64>(slices, to);
  }
}

/** Slices a group of blocks. */
export function sliceGroup(from: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) packBlocks<v128>(from, to);
  else packBlocks<u64>(from, to);
}

function encrypt<T>(keys: usize, from: usize, to: usize): void {
  packBlocks<T>(from, slices);
  for (let i: usize = 0; i < 8; i++) {
    const at = i * sizeof<T>();
    store<T>(slices + at, xor<T>(load<T>(slices + at), load<T>(keys + at)));
  }
  for (let r = 0; r < 3; r++) {
    subBytes<T>(slices);
    mixColumns<T>(slices, keys + 8 * sizeof<T>(), 1);
    subBytes<T>(slices);
    mixColumns<T>(slices, keys + 16 * sizeof<T>(), 2);
    subBytes<T>(slices);
    mixColumns<T>(slices, keys + 24 * sizeof<T>(), 3);
    keys += 32 * sizeof<T>();
    subBytes<T>(slices);
    mixColumns<T>(slices, keys, 0);
  }
  subBytes<T>(slices);
  mixColumns<T>(slices, keys + 8 * sizeof<T>(), 1);
  subBytes<T>(slices);
  for (let i: usize = 0; i < 8; i++) {
    const at = i * sizeof<T>();
    store<T>(slices + at, lastRound<T>(load<T>(slices + at), load<T>(keys + 16 * sizeof<T>() + at)));
  }
  unpackBlocks<T>(slices, to);
}

function decrypt<T>(keys: usize, from: usize, to: usize): void {
  packBlocks<T>(from, slices);
  keys += 12 * 8 * sizeof<T>();
  for (let i: usize = 0; i < 8; i++) {
    const at = i * sizeof<T>();
    store<T>(slices + at, undoLastRound<T>(load<T>(slices + at), load<T>(keys + 16 * sizeof<T>() + at)));
  }
  inverseSubBytes<T>(slices);
  inverseMixColumns<T>(slices, keys + 8 * sizeof<T>(), 1);
  inverseSubBytes<T>(slices);
  for (let r = 0; r < 3; r++) {
    inverseMixColumns<T>(slices, keys, 0);
    inverseSubBytes<T>(slices);
    keys -= 32 * sizeof<T>();
    inverseMixColumns<T>(slices, keys + 24 * sizeof<T>(), 3);
    inverseSubBytes<T>(slices);
    inverseMixColumns<T>(slices, keys + 16 * sizeof<T>(), 2);
    inverseSubBytes<T>(slices);
    inverseMixColumns<T>(slices, keys + 8 * sizeof<T>(), 1);
    inverseSubBytes<T>(slices);
  }
  for (let i: usize = 0; i < 8; i++) {
    const at = i * sizeof<T>();
    store<T>(slices + at, xor<T>(load<T>(slices + at), load<T>(keys + at)));
  }
  unpackBlocks<T>(slices, to);
}

/** MixColumns, after the ShiftRows that is left out with SIMD, of a round that is `phase` modulo 4; and its key. */
@inline
function mixColumns<T>(q: usize, key: usize, phase: i32): void {
  mixAndAdd<T>(
    q,
    key,
    phase,
    shiftRows<T>(load<T>(q, 0 * sizeof<T>())),
    shiftRows<T>(load<T>(q, 1 * sizeof<T>())),
    shiftRows<T>(load<T>(q, 2 * sizeof<T>())),
    shiftRows<T>(load<T>(q, 3 * sizeof<T>())),
    shiftRows<T>(load<T>(q, 4 * sizeof<T>())),
    shiftRows<T>(load<T>(q, 5 * sizeof<T>())),
    shiftRows<T>(load<T>(q, 6 * sizeof<T>())),
    shiftRows<T>(load<T>(q, 7 * sizeof<T>())),
  );
}

/** 2a ⊕ 3a' ⊕ a'' ⊕ a''' = 2(a ⊕ a') ⊕ a' ⊕ (a ⊕ a')''; primes are steps down the column. */
@inline
function mixAndAdd<T>(
  q: usize,
  key: usize,
  phase: i32,
  a0: T,
  a1: T,
  a2: T,
  a3: T,
  a4: T,
  a5: T,
  a6: T,
  a7: T,
): void {
  const b7 = next<T>(a7, phase);
  const c7 = xor<T>(a7, b7);
  const b0 = next<T>(a0, phase);
  const c0 = xor<T>(a0, b0);
  putSum<T>(q, key, 0, xor<T>(b0, c7), overNext<T>(c0, phase));
  const b1 = next<T>(a1, phase);
  const c1 = xor<T>(a1, b1);
  putSum<T>(q, key, 1, xor<T>(xor<T>(b1, c0), c7), overNext<T>(c1, phase));
  const b2 = next<T>(a2, phase);
  const c2 = xor<T>(a2, b2);
  putSum<T>(q, key, 2, xor<T>(b2, c1), overNext<T>(c2, phase));
  const b3 = next<T>(a3, phase);
  const c3 = xor<T>(a3, b3);
  putSum<T>(q, key, 3, xor<T>(xor<T>(b3, c2), c7), overNext<T>(c3, phase));
  const b4 = next<T>(a4, phase);
  const c4 = xor<T>(a4, b4);
  putSum<T>(q, key, 4, xor<T>(xor<T>(b4, c3), c7), overNext<T>(c4, phase));
  const b5 = next<T>(a5, phase);
  const c5 = xor<T>(a5, b5);
  putSum<T>(q, key, 5, xor<T>(b5, c4), overNext<T>(c5, phase));
  const b6 = next<T>(a6, phase);
  const c6 = xor<T>(a6, b6);
  putSum<T>(q, key, 6, xor<T>(b6, c5), overNext<T>(c6, phase));
  putSum<T>(q, key, 7, xor<T>(b7, c6), overNext<T>(c7, phase));
}

@inline
function putSum<T>(q: usize, key: usize, i: usize, x: T, y: T): void {
  store<T>(q + i * sizeof<T>(), xor<T>(xor<T>(x, y), load<T>(key + i * sizeof<T>())));
}

/** The key of a round and the inverse of its MixColumns, which is MixColumns after a ⊕ 4(a ⊕ a''). */
@inline
function inverseMixColumns<T>(q: usize, key: usize, phase: i32): void {
  const a0 = xor<T>(load<T>(q, 0 * sizeof<T>()), load<T>(key, 0 * sizeof<T>()));
  const a1 = xor<T>(load<T>(q, 1 * sizeof<T>()), load<T>(key, 1 * sizeof<T>()));
  const a2 = xor<T>(load<T>(q, 2 * sizeof<T>()), load<T>(key, 2 * sizeof<T>()));
  const a3 = xor<T>(load<T>(q, 3 * sizeof<T>()), load<T>(key, 3 * sizeof<T>()));
  const a4 = xor<T>(load<T>(q, 4 * sizeof<T>()), load<T>(key, 4 * sizeof<T>()));
  const a5 = xor<T>(load<T>(q, 5 * sizeof<T>()), load<T>(key, 5 * sizeof<T>()));
  const a6 = xor<T>(load<T>(q, 6 * sizeof<T>()), load<T>(key, 6 * sizeof<T>()));
  const a7 = xor<T>(load<T>(q, 7 * sizeof<T>()), load<T>(key, 7 * sizeof<T>()));
  const t0 = xor<T>(a0, overNext<T>(a0, phase));
  const t1 = xor<T>(a1, overNext<T>(a1, phase));
  const t2 = xor<T>(a2, overNext<T>(a2, phase));
  const t3 = xor<T>(a3, overNext<T>(a3, phase));
  const t4 = xor<T>(a4, overNext<T>(a4, phase));
  const t5 = xor<T>(a5, overNext<T>(a5, phase));
  const t6 = xor<T>(a6, overNext<T>(a6, phase));
  const t7 = xor<T>(a7, overNext<T>(a7, phase));
  const t67 = xor<T>(t6, t7);
  const s0 = xor<T>(a0, t6);
  const s1 = xor<T>(a1, t67);
  const s2 = xor<T>(a2, xor<T>(t0, t7));
  const s3 = xor<T>(a3, xor<T>(t1, t6));
  const s4 = xor<T>(a4, xor<T>(t2, t67));
  const s5 = xor<T>(a5, xor<T>(t3, t7));
  const s6 = xor<T>(a6, t4);
  const s7 = xor<T>(a7, t5);
  mixOnly<T>(q, phase, s0, s1, s2, s3, s4, s5, s6, s7);
}

/** As `mixAndAdd`, with no key and an inverse ShiftRows, which with SIMD is none, behind it. */
@inline
function mixOnly<T>(q: usize, phase: i32, a0: T, a1: T, a2: T, a3: T, a4: T, a5: T, a6: T, a7: T): void {
  const b7 = next<T>(a7, phase);
  const c7 = xor<T>(a7, b7);
  const b0 = next<T>(a0, phase);
  const c0 = xor<T>(a0, b0);
  putUnshifted<T>(q, 0, xor<T>(xor<T>(b0, c7), overNext<T>(c0, phase)));
  const b1 = next<T>(a1, phase);
  const c1 = xor<T>(a1, b1);
  putUnshifted<T>(q, 1, xor<T>(xor<T>(xor<T>(b1, c0), c7), overNext<T>(c1, phase)));
  const b2 = next<T>(a2, phase);
  const c2 = xor<T>(a2, b2);
  putUnshifted<T>(q, 2, xor<T>(xor<T>(b2, c1), overNext<T>(c2, phase)));
  const b3 = next<T>(a3, phase);
  const c3 = xor<T>(a3, b3);
  putUnshifted<T>(q, 3, xor<T>(xor<T>(xor<T>(b3, c2), c7), overNext<T>(c3, phase)));
  const b4 = next<T>(a4, phase);
  const c4 = xor<T>(a4, b4);
  putUnshifted<T>(q, 4, xor<T>(xor<T>(xor<T>(b4, c3), c7), overNext<T>(c4, phase)));
  const b5 = next<T>(a5, phase);
  const c5 = xor<T>(a5, b5);
  putUnshifted<T>(q, 5, xor<T>(xor<T>(b5, c4), overNext<T>(c5, phase)));
  const b6 = next<T>(a6, phase);
  const c6 = xor<T>(a6, b6);
  putUnshifted<T>(q, 6, xor<T>(xor<T>(b6, c5), overNext<T>(c6, phase)));
  putUnshifted<T>(q, 7, xor<T>(xor<T>(b7, c6), overNext<T>(c7, phase)));
}

@inline
function putUnshifted<T>(q: usize, i: usize, x: T): void {
  store<T>(q + i * sizeof<T>(), unshiftRows<T>(x));
}

/** For every byte the next one of its column: row + 1, column + phase. */
@inline
function next<T>(x: T, phase: i32): T {
  if (isVector<T>()) {
    if (phase == 0) return i8x16.swizzle(x, i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
    else if (phase == 1) return i8x16.swizzle(x, i8x16(5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0));
    else if (phase == 2) return i8x16.swizzle(x, i8x16(9, 10, 11, 8, 13, 14, 15, 12, 1, 2, 3, 0, 5, 6, 7, 4));
    else return i8x16.swizzle(x, i8x16(13, 14, 15, 12, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8));
  } else {
    return (((x >> 8) & 0x00ffffff00ffffff) | ((x << 24) & 0xff000000ff000000)) as T;
  }
}

/** For every byte the one after the next: `next` twice over. */
@inline
function overNext<T>(x: T, phase: i32): T {
  if (isVector<T>()) {
    if (phase & 1) return i8x16.swizzle(x, i8x16(10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5));
    else return i8x16.swizzle(x, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  } else {
    return (((x >> 16) & 0x0000ffff0000ffff) | ((x << 16) & 0xffff0000ffff0000)) as T;
  }
}

/** ShiftRows where it is not left out. Row i is byte i of each half; a column's two are its nibbles. */
@inline
function shiftRows<T>(x: T): T {
  if (isVector<T>()) return x;
  else {
    const row02 =
      (x & 0x000000ff000000ff) | ((x & 0x00f0000000f00000) >> 4) | ((x & 0x000f0000000f0000) << 4);
    const row1 = ((x >> 32) & 0x0000ff00) | ((x & 0x0000f000) << 28) | ((x & 0x00000f00) << 36);
    const row3 = ((x & 0xff000000) << 32) | ((x >> 36) & 0x0f000000) | ((x >> 28) & 0xf0000000);
    return (row02 | row1 | row3) as T;
  }
}

@inline
function unshiftRows<T>(x: T): T {
  if (isVector<T>()) return x;
  else {
    const row02 =
      (x & 0x000000ff000000ff) | ((x & 0x00f0000000f00000) >> 4) | ((x & 0x000f0000000f0000) << 4);
    const row1 = ((x & 0x0000ff00) << 32) | ((x >> 36) & 0x00000f00) | ((x >> 28) & 0x0000f000);
    const row3 = ((x >> 32) & 0xff000000) | ((x & 0xf0000000) << 28) | ((x & 0x0f000000) << 36);
    return (row02 | row1 | row3) as T;
  }
}

/** ShiftRows twice over, its own inverse: what fourteen leave of themselves. */
@inline
function shiftTwice(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12, 5, 14, 7));
}

@inline
function lastRound<T>(x: T, key: T): T {
  if (isVector<T>()) return shiftTwice(xor<T>(x, key));
  else return xor<T>(shiftRows<T>(x), key);
}

@inline
function undoLastRound<T>(x: T, key: T): T {
  if (isVector<T>()) return xor<T>(shiftTwice(x), key);
  else return unshiftRows<T>(xor<T>(x, key));
}

/** Where word k of the blocks stands: a block, or without SIMD the halves of blocks, all first ones before the second. */
@inline
function blockWord<T>(blocks: usize, k: usize): usize {
  if (isVector<T>()) return blocks + 16 * k;
  else return blocks + 16 * (k & 3) + 8 * (k >> 2);
}

function packBlocks<T>(blocks: usize, q: usize): void {
  for (let k: usize = 0; k < 8; k++) store<T>(q + k * sizeof<T>(), load<T>(blockWord<T>(blocks, k)));
  transpose<T>(q);
}

function unpackBlocks<T>(q: usize, blocks: usize): void {
  transpose<T>(q);
  for (let k: usize = 0; k < 8; k++) store<T>(blockWord<T>(blocks, k), load<T>(q + k * sizeof<T>()));
}

/** Bit b of every byte of word k changes places with bit k of the same byte of word b. */
function transpose<T>(q: usize): void {
  for (let i: usize = 0; i < 8; i += 2) swapBits<T>(q, i, i + 1, 0x5555555555555555, 1);
  for (let i: usize = 0; i < 2; i++) {
    swapBits<T>(q, i, i + 2, 0x3333333333333333, 2);
    swapBits<T>(q, i + 4, i + 6, 0x3333333333333333, 2);
  }
  for (let i: usize = 0; i < 4; i++) swapBits<T>(q, i, i + 4, 0x0f0f0f0f0f0f0f0f, 4);
}

@inline
function swapBits<T>(q: usize, i: usize, j: usize, mask: u64, shift: i32): void {
  const a = load<T>(q + i * sizeof<T>());
  const b = load<T>(q + j * sizeof<T>());
  const both = and<T>(xor<T>(shiftRight<T>(a, shift), b), pattern<T>(mask));
  store<T>(q + j * sizeof<T>(), xor<T>(b, both));
  store<T>(q + i * sizeof<T>(), xor<T>(a, shiftLeft<T>(both, shift)));
}
