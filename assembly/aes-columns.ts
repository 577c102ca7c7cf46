/**
 * ShiftRows and MixColumns of AES (FIPS 197, sections 5.1.2 and 5.1.3) and
 * their inverses, on slices; see `aes-slices.ts`.
 *
 * With SIMD there is no ShiftRows ("Fixslicing", Adomnicai and Peyrin, 2020):
 * after round r everything stands as ShiftRows r times over would have moved
 * it, the round keys are stored that way, and MixColumns looks for the other
 * bytes of a column where they are. Four in a row are none; r modulo 4 is the
 * round's phase.
 */
import { xor } from "./bit-words";

/**
 * MixColumns of these slices after ShiftRows, and the round's key, to `q`. A byte becomes
 * 2a ⊕ 3a' ⊕ a'' ⊕ a''' = 2(a ⊕ a') ⊕ a' ⊕ (a ⊕ a')''; primes are steps down the column.
 */
@inline
export function mixColumns<T>(
  q: usize,
  key: usize,
  phase: i32,
  s0: T,
  s1: T,
  s2: T,
  s3: T,
  s4: T,
  s5: T,
  s6: T,
  s7: T,
): void {
  const a0 = shiftRows<T>(s0);
  const a1 = shiftRows<T>(s1);
  const a2 = shiftRows<T>(s2);
  const a3 = shiftRows<T>(s3);
  const a4 = shiftRows<T>(s4);
  const a5 = shiftRows<T>(s5);
  const a6 = shiftRows<T>(s6);
  const a7 = shiftRows<T>(s7);
  const b0 = next<T>(a0, phase);
  const c0 = xor<T>(a0, b0);
  const b1 = next<T>(a1, phase);
  const c1 = xor<T>(a1, b1);
  const b2 = next<T>(a2, phase);
  const c2 = xor<T>(a2, b2);
  const b3 = next<T>(a3, phase);
  const c3 = xor<T>(a3, b3);
  const b4 = next<T>(a4, phase);
  const c4 = xor<T>(a4, b4);
  const b5 = next<T>(a5, phase);
  const c5 = xor<T>(a5, b5);
  const b6 = next<T>(a6, phase);
  const c6 = xor<T>(a6, b6);
  const b7 = next<T>(a7, phase);
  const c7 = xor<T>(a7, b7);
  putSum<T>(q, key, 0, xor<T>(b0, c7), overNext<T>(c0, phase));
  putSum<T>(q, key, 1, xor<T>(xor<T>(b1, c0), c7), overNext<T>(c1, phase));
  putSum<T>(q, key, 2, xor<T>(b2, c1), overNext<T>(c2, phase));
  putSum<T>(q, key, 3, xor<T>(xor<T>(b3, c2), c7), overNext<T>(c3, phase));
  putSum<T>(q, key, 4, xor<T>(xor<T>(b4, c3), c7), overNext<T>(c4, phase));
  putSum<T>(q, key, 5, xor<T>(b5, c4), overNext<T>(c5, phase));
  putSum<T>(q, key, 6, xor<T>(b6, c5), overNext<T>(c6, phase));
  putSum<T>(q, key, 7, xor<T>(b7, c6), overNext<T>(c7, phase));
}

@inline
function putSum<T>(q: usize, key: usize, i: usize, x: T, y: T): void {
  store<T>(q + i * sizeof<T>(), xor<T>(xor<T>(x, y), load<T>(key + i * sizeof<T>())));
}

/** The key, and the inverses of MixColumns, which is MixColumns after a ⊕ 4(a ⊕ a''), and of ShiftRows, to `q`. */
@inline
export function unmixColumns<T>(
  q: usize,
  key: usize,
  phase: i32,
  s0: T,
  s1: T,
  s2: T,
  s3: T,
  s4: T,
  s5: T,
  s6: T,
  s7: T,
): void {
  const a0 = xor<T>(s0, load<T>(key, 0 * sizeof<T>()));
  const a1 = xor<T>(s1, load<T>(key, 1 * sizeof<T>()));
  const a2 = xor<T>(s2, load<T>(key, 2 * sizeof<T>()));
  const a3 = xor<T>(s3, load<T>(key, 3 * sizeof<T>()));
  const a4 = xor<T>(s4, load<T>(key, 4 * sizeof<T>()));
  const a5 = xor<T>(s5, load<T>(key, 5 * sizeof<T>()));
  const a6 = xor<T>(s6, load<T>(key, 6 * sizeof<T>()));
  const a7 = xor<T>(s7, load<T>(key, 7 * sizeof<T>()));
  const t0 = xor<T>(a0, overNext<T>(a0, phase));
  const t1 = xor<T>(a1, overNext<T>(a1, phase));
  const t2 = xor<T>(a2, overNext<T>(a2, phase));
  const t3 = xor<T>(a3, overNext<T>(a3, phase));
  const t4 = xor<T>(a4, overNext<T>(a4, phase));
  const t5 = xor<T>(a5, overNext<T>(a5, phase));
  const t6 = xor<T>(a6, overNext<T>(a6, phase));
  const t7 = xor<T>(a7, overNext<T>(a7, phase));
  const t67 = xor<T>(t6, t7);
  mixOnly<T>(
    q,
    phase,
    xor<T>(a0, t6),
    xor<T>(a1, t67),
    xor<T>(a2, xor<T>(t0, t7)),
    xor<T>(a3, xor<T>(t1, t6)),
    xor<T>(a4, xor<T>(t2, t67)),
    xor<T>(a5, xor<T>(t3, t7)),
    xor<T>(a6, t4),
    xor<T>(a7, t5),
  );
}

/** As `mixColumns`, with no key and an inverse ShiftRows, which with SIMD is none, behind it. */
@inline
function mixOnly<T>(q: usize, phase: i32, a0: T, a1: T, a2: T, a3: T, a4: T, a5: T, a6: T, a7: T): void {
  const b0 = next<T>(a0, phase);
  const c0 = xor<T>(a0, b0);
  const b1 = next<T>(a1, phase);
  const c1 = xor<T>(a1, b1);
  const b2 = next<T>(a2, phase);
  const c2 = xor<T>(a2, b2);
  const b3 = next<T>(a3, phase);
  const c3 = xor<T>(a3, b3);
  const b4 = next<T>(a4, phase);
  const c4 = xor<T>(a4, b4);
  const b5 = next<T>(a5, phase);
  const c5 = xor<T>(a5, b5);
  const b6 = next<T>(a6, phase);
  const c6 = xor<T>(a6, b6);
  const b7 = next<T>(a7, phase);
  const c7 = xor<T>(a7, b7);
  putUnshifted<T>(q, 0, xor<T>(xor<T>(b0, c7), overNext<T>(c0, phase)));
  putUnshifted<T>(q, 1, xor<T>(xor<T>(xor<T>(b1, c0), c7), overNext<T>(c1, phase)));
  putUnshifted<T>(q, 2, xor<T>(xor<T>(b2, c1), overNext<T>(c2, phase)));
  putUnshifted<T>(q, 3, xor<T>(xor<T>(xor<T>(b3, c2), c7), overNext<T>(c3, phase)));
  putUnshifted<T>(q, 4, xor<T>(xor<T>(xor<T>(b4, c3), c7), overNext<T>(c4, phase)));
  putUnshifted<T>(q, 5, xor<T>(xor<T>(b5, c4), overNext<T>(c5, phase)));
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

/** ShiftRows of the last round; with SIMD it makes up for all fourteen, which are two, and those their own inverse. */
@inline
export function lastShift<T>(x: T): T {
  if (isVector<T>()) return shiftTwice(x);
  else return shiftRows<T>(x);
}

/** The inverse of `lastShift`. */
@inline
export function undoLastShift<T>(x: T): T {
  if (isVector<T>()) return shiftTwice(x);
  else return unshiftRows<T>(x);
}

@inline
function shiftTwice(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12, 5, 14, 7));
}
