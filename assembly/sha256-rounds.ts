/**
 * The compression function of SHA-256 (FIPS 180-4, section 6.2.2), written
 * once for two kinds of word: `i32`, one message, and `v128`, four messages in
 * the lanes of a vector.
 *
 *     t = h + K + W + Σ1(e) + Ch(e, f, g)        new e = d + t
 *                                                new a = t + Σ0(a) + Maj(a, b, c)
 *
 * Engines order the operations of a straight line as they like, and whatever
 * does not fit into their sixteen registers goes through memory. So the shape
 * of these sums is measured, not chosen: Σ0 and Maj are added to t one after
 * the other (added to each other first, a tenth is lost), and the sixteen words
 * of the schedule stay in locals (in memory, a tenth). The loop is sixteen
 * rounds long; unrolled whole, it outgrows the processor's instruction cache.
 */
import { roundConstants } from "./sha256-constants";

@inline
function add<T>(x: T, y: T): T {
  if (isVector<T>()) return i32x4.add(x, y);
  else return (x + y) as T;
}

@inline
function and<T>(x: T, y: T): T {
  if (isVector<T>()) return v128.and(x, y);
  else return (x & y) as T;
}

@inline
function xor<T>(x: T, y: T): T {
  if (isVector<T>()) return v128.xor(x, y);
  else return (x ^ y) as T;
}

@inline
function shiftRight<T>(x: T, n: i32): T {
  if (isVector<T>()) return i32x4.shr_u(x, n);
  else return ((x as u32) >> n) as T;
}

@inline
function rotateRight<T>(x: T, n: i32): T {
  if (isVector<T>()) return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
  else return rotr<T>(x, n);
}

@inline
function roundConstant<T>(k: usize, i: i32): T {
  if (isVector<T>()) return v128.load32_splat(k + 4 * i);
  else return load<T>(k + 4 * i);
}

/** Σ1. A rotation of scalars overwrites its operand: nested, two copies of it are saved. */
@inline
function sigma1<T>(e: T): T {
  if (isVector<T>()) {
    return xor<T>(xor<T>(rotateRight<T>(e, 6), rotateRight<T>(e, 11)), rotateRight<T>(e, 25));
  } else {
    return rotateRight<T>(xor<T>(rotateRight<T>(xor<T>(rotateRight<T>(e, 14), e), 5), e), 6);
  }
}

/** Σ0; of vectors shift by shift, as that holds fewer of them at once. */
@inline
function sigma0<T>(a: T): T {
  if (isVector<T>()) {
    let sum = v128.xor(i32x4.shr_u(a, 2), i32x4.shl(a, 30));
    sum = v128.xor(v128.xor(sum, i32x4.shr_u(a, 13)), i32x4.shl(a, 19));
    return v128.xor(v128.xor(sum, i32x4.shr_u(a, 22)), i32x4.shl(a, 10));
  } else {
    return rotateRight<T>(xor<T>(rotateRight<T>(xor<T>(rotateRight<T>(a, 9), a), 11), a), 2);
  }
}

/** t of the round `i` after the one whose constant is at `k`. */
@inline
function mix<T>(e: T, f: T, g: T, h: T, w: T, k: usize, i: i32): T {
  const choice = xor<T>(and<T>(e, xor<T>(f, g)), g);
  return add<T>(add<T>(h, add<T>(w, roundConstant<T>(k, i))), add<T>(choice, sigma1<T>(e)));
}

/** The new a. That b ^ c is the a ^ b of the round before, compilers see: it is computed once. */
@inline
function fold<T>(t: T, a: T, b: T, c: T): T {
  const majority = xor<T>(and<T>(xor<T>(a, b), xor<T>(b, c)), b);
  return add<T>(add<T>(t, sigma0<T>(a)), majority);
}

/** W of sixteen rounds later. */
@inline
function next<T>(w0: T, w1: T, w9: T, w14: T): T {
  const s0 = xor<T>(xor<T>(rotateRight<T>(w1, 7), rotateRight<T>(w1, 18)), shiftRight<T>(w1, 3));
  const s1 = xor<T>(xor<T>(rotateRight<T>(w14, 17), rotateRight<T>(w14, 19)), shiftRight<T>(w14, 10));
  return add<T>(add<T>(add<T>(w0, s0), w9), s1);
}

/** Compresses the sixteen words at `words`, in the engine's byte order, into the eight at `state`. */
export function compressWords<T>(state: usize, words: usize): void {
  let k = roundConstants;
  let a = load<T>(state, 0 * sizeof<T>());
  let b = load<T>(state, 1 * sizeof<T>());
  let c = load<T>(state, 2 * sizeof<T>());
  let d = load<T>(state, 3 * sizeof<T>());
  let e = load<T>(state, 4 * sizeof<T>());
  let f = load<T>(state, 5 * sizeof<T>());
  let g = load<T>(state, 6 * sizeof<T>());
  let h = load<T>(state, 7 * sizeof<T>());
  let w0 = load<T>(words, 0 * sizeof<T>());
  let w1 = load<T>(words, 1 * sizeof<T>());
  let w2 = load<T>(words, 2 * sizeof<T>());
  let w3 = load<T>(words, 3 * sizeof<T>());
  let w4 = load<T>(words, 4 * sizeof<T>());
  let w5 = load<T>(words, 5 * sizeof<T>());
  let w6 = load<T>(words, 6 * sizeof<T>());
  let w7 = load<T>(words, 7 * sizeof<T>());
  let w8 = load<T>(words, 8 * sizeof<T>());
  let w9 = load<T>(words, 9 * sizeof<T>());
  let w10 = load<T>(words, 10 * sizeof<T>());
  let w11 = load<T>(words, 11 * sizeof<T>());
  let w12 = load<T>(words, 12 * sizeof<T>());
  let w13 = load<T>(words, 13 * sizeof<T>());
  let w14 = load<T>(words, 14 * sizeof<T>());
  let w15 = load<T>(words, 15 * sizeof<T>());
  h = mix<T>(e, f, g, h, w0, k, 0);
  d = add<T>(d, h);
  h = fold<T>(h, a, b, c);
  g = mix<T>(d, e, f, g, w1, k, 1);
  c = add<T>(c, g);
  g = fold<T>(g, h, a, b);
  f = mix<T>(c, d, e, f, w2, k, 2);
  b = add<T>(b, f);
  f = fold<T>(f, g, h, a);
  e = mix<T>(b, c, d, e, w3, k, 3);
  a = add<T>(a, e);
  e = fold<T>(e, f, g, h);
  d = mix<T>(a, b, c, d, w4, k, 4);
  h = add<T>(h, d);
  d = fold<T>(d, e, f, g);
  c = mix<T>(h, a, b, c, w5, k, 5);
  g = add<T>(g, c);
  c = fold<T>(c, d, e, f);
  b = mix<T>(g, h, a, b, w6, k, 6);
  f = add<T>(f, b);
  b = fold<T>(b, c, d, e);
  a = mix<T>(f, g, h, a, w7, k, 7);
  e = add<T>(e, a);
  a = fold<T>(a, b, c, d);
  h = mix<T>(e, f, g, h, w8, k, 8);
  d = add<T>(d, h);
  h = fold<T>(h, a, b, c);
  g = mix<T>(d, e, f, g, w9, k, 9);
  c = add<T>(c, g);
  g = fold<T>(g, h, a, b);
  f = mix<T>(c, d, e, f, w10, k, 10);
  b = add<T>(b, f);
  f = fold<T>(f, g, h, a);
  e = mix<T>(b, c, d, e, w11, k, 11);
  a = add<T>(a, e);
  e = fold<T>(e, f, g, h);
  d = mix<T>(a, b, c, d, w12, k, 12);
  h = add<T>(h, d);
  d = fold<T>(d, e, f, g);
  c = mix<T>(h, a, b, c, w13, k, 13);
  g = add<T>(g, c);
  c = fold<T>(c, d, e, f);
  b = mix<T>(g, h, a, b, w14, k, 14);
  f = add<T>(f, b);
  b = fold<T>(b, c, d, e);
  a = mix<T>(f, g, h, a, w15, k, 15);
  e = add<T>(e, a);
  a = fold<T>(a, b, c, d);
  for (let i = 0; i < 3; i++) {
    k += 64;
    w0 = next<T>(w0, w1, w9, w14);
    h = mix<T>(e, f, g, h, w0, k, 0);
    d = add<T>(d, h);
    h = fold<T>(h, a, b, c);
    w1 = next<T>(w1, w2, w10, w15);
    g = mix<T>(d, e, f, g, w1, k, 1);
    c = add<T>(c, g);
    g = fold<T>(g, h, a, b);
    w2 = next<T>(w2, w3, w11, w0);
    f = mix<T>(c, d, e, f, w2, k, 2);
    b = add<T>(b, f);
    f = fold<T>(f, g, h, a);
    w3 = next<T>(w3, w4, w12, w1);
    e = mix<T>(b, c, d, e, w3, k, 3);
    a = add<T>(a, e);
    e = fold<T>(e, f, g, h);
    w4 = next<T>(w4, w5, w13, w2);
    d = mix<T>(a, b, c, d, w4, k, 4);
    h = add<T>(h, d);
    d = fold<T>(d, e, f, g);
    w5 = next<T>(w5, w6, w14, w3);
    c = mix<T>(h, a, b, c, w5, k, 5);
    g = add<T>(g, c);
    c = fold<T>(c, d, e, f);
    w6 = next<T>(w6, w7, w15, w4);
    b = mix<T>(g, h, a, b, w6, k, 6);
    f = add<T>(f, b);
    b = fold<T>(b, c, d, e);
    w7 = next<T>(w7, w8, w0, w5);
    a = mix<T>(f, g, h, a, w7, k, 7);
    e = add<T>(e, a);
    a = fold<T>(a, b, c, d);
    w8 = next<T>(w8, w9, w1, w6);
    h = mix<T>(e, f, g, h, w8, k, 8);
    d = add<T>(d, h);
    h = fold<T>(h, a, b, c);
    w9 = next<T>(w9, w10, w2, w7);
    g = mix<T>(d, e, f, g, w9, k, 9);
    c = add<T>(c, g);
    g = fold<T>(g, h, a, b);
    w10 = next<T>(w10, w11, w3, w8);
    f = mix<T>(c, d, e, f, w10, k, 10);
    b = add<T>(b, f);
    f = fold<T>(f, g, h, a);
    w11 = next<T>(w11, w12, w4, w9);
    e = mix<T>(b, c, d, e, w11, k, 11);
    a = add<T>(a, e);
    e = fold<T>(e, f, g, h);
    w12 = next<T>(w12, w13, w5, w10);
    d = mix<T>(a, b, c, d, w12, k, 12);
    h = add<T>(h, d);
    d = fold<T>(d, e, f, g);
    w13 = next<T>(w13, w14, w6, w11);
    c = mix<T>(h, a, b, c, w13, k, 13);
    g = add<T>(g, c);
    c = fold<T>(c, d, e, f);
    w14 = next<T>(w14, w15, w7, w12);
    b = mix<T>(g, h, a, b, w14, k, 14);
    f = add<T>(f, b);
    b = fold<T>(b, c, d, e);
    w15 = next<T>(w15, w0, w8, w13);
    a = mix<T>(f, g, h, a, w15, k, 15);
    e = add<T>(e, a);
    a = fold<T>(a, b, c, d);
  }
  store<T>(state, add<T>(a, load<T>(state, 0 * sizeof<T>())), 0 * sizeof<T>());
  store<T>(state, add<T>(b, load<T>(state, 1 * sizeof<T>())), 1 * sizeof<T>());
  store<T>(state, add<T>(c, load<T>(state, 2 * sizeof<T>())), 2 * sizeof<T>());
  store<T>(state, add<T>(d, load<T>(state, 3 * sizeof<T>())), 3 * sizeof<T>());
  store<T>(state, add<T>(e, load<T>(state, 4 * sizeof<T>())), 4 * sizeof<T>());
  store<T>(state, add<T>(f, load<T>(state, 5 * sizeof<T>())), 5 * sizeof<T>());
  store<T>(state, add<T>(g, load<T>(state, 6 * sizeof<T>())), 6 * sizeof<T>());
  store<T>(state, add<T>(h, load<T>(state, 7 * sizeof<T>())), 7 * sizeof<T>());
}
