/**
 * SHA-256 of four messages at once, one in each 32-bit lane of a vector
 * (FIPS 180-4, section 6.2.2).
 *
 * The message words stay in sixteen locals: in memory they cost a tenth. A
 * second set of four lanes gains nothing, full unrolling loses to the
 * processor's instruction cache.
 */
import { blockBytes, roundConstants } from "./sha256-constants";

/** The message words of a block, transposed: word i of all four lanes at i × 16. */
const words: usize = memory.data(16 * 16, 16);

@inline
function rotateRight(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}

@inline
function add(a: v128, b: v128): v128 {
  return i32x4.add(a, b);
}

@inline
function schedule(w0: v128, w1: v128, w9: v128, w14: v128): v128 {
  const s0 = v128.xor(v128.xor(rotateRight(w1, 7), rotateRight(w1, 18)), i32x4.shr_u(w1, 3));
  const s1 = v128.xor(v128.xor(rotateRight(w14, 17), rotateRight(w14, 19)), i32x4.shr_u(w14, 10));
  return add(add(w0, s0), add(w9, s1));
}

/** h + Σ1(e) + Ch(e, f, g) + K + W */
@inline
function mix(e: v128, f: v128, g: v128, h: v128, k: usize, w: v128): v128 {
  const sigma = v128.xor(v128.xor(rotateRight(e, 6), rotateRight(e, 11)), rotateRight(e, 25));
  const choice = v128.xor(v128.and(e, v128.xor(f, g)), g);
  return add(add(add(h, add(w, v128.load32_splat(k))), choice), sigma);
}

/** Σ0(a) + Maj(a, b, c) */
@inline
function fold(a: v128, b: v128, c: v128): v128 {
  const sigma = v128.xor(v128.xor(rotateRight(a, 2), rotateRight(a, 13)), rotateRight(a, 22));
  const majority = v128.xor(v128.and(v128.xor(a, b), v128.xor(b, c)), b);
  return add(sigma, majority);
}

@inline
function loadBigEndian(p: usize): v128 {
  return i8x16.swizzle(v128.load(p), i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

/** Transposes the 64 bytes at each pointer into `words`. */
function spread(p0: usize, p1: usize, p2: usize, p3: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    const a = loadBigEndian(p0 + i);
    const b = loadBigEndian(p1 + i);
    const c = loadBigEndian(p2 + i);
    const d = loadBigEndian(p3 + i);
    const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    const at = words + 4 * i;
    v128.store(at, v128.shuffle<i64>(ab0, cd0, 0, 2), 0);
    v128.store(at, v128.shuffle<i64>(ab0, cd0, 1, 3), 16);
    v128.store(at, v128.shuffle<i64>(ab1, cd1, 0, 2), 32);
    v128.store(at, v128.shuffle<i64>(ab1, cd1, 1, 3), 48);
  }
}

/**
 * Compresses `blocks` × 64 bytes at each of the four pointers into `state`:
 * eight vectors, word i of all lanes at i × 16.
 */
export function compressLanes(state: usize, p0: usize, p1: usize, p2: usize, p3: usize, blocks: i32): void {
  for (; blocks > 0; blocks--) {
    spread(p0, p1, p2, p3);
    compressWords(state);
    p0 += blockBytes;
    p1 += blockBytes;
    p2 += blockBytes;
    p3 += blockBytes;
  }
}

function compressWords(state: usize): void {
  let a = v128.load(state, 0);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  let e = v128.load(state, 64);
  let f = v128.load(state, 80);
  let g = v128.load(state, 96);
  let h = v128.load(state, 112);
  let w0 = v128.load(words, 0);
  let w1 = v128.load(words, 16);
  let w2 = v128.load(words, 32);
  let w3 = v128.load(words, 48);
  let w4 = v128.load(words, 64);
  let w5 = v128.load(words, 80);
  let w6 = v128.load(words, 96);
  let w7 = v128.load(words, 112);
  let w8 = v128.load(words, 128);
  let w9 = v128.load(words, 144);
  let w10 = v128.load(words, 160);
  let w11 = v128.load(words, 176);
  let w12 = v128.load(words, 192);
  let w13 = v128.load(words, 208);
  let w14 = v128.load(words, 224);
  let w15 = v128.load(words, 240);
  let k = roundConstants;
  const end = roundConstants + 256;
  while (true) {
    h = mix(e, f, g, h, k + 0, w0);
    d = add(d, h);
    h = add(h, fold(a, b, c));
    g = mix(d, e, f, g, k + 4, w1);
    c = add(c, g);
    g = add(g, fold(h, a, b));
    f = mix(c, d, e, f, k + 8, w2);
    b = add(b, f);
    f = add(f, fold(g, h, a));
    e = mix(b, c, d, e, k + 12, w3);
    a = add(a, e);
    e = add(e, fold(f, g, h));
    d = mix(a, b, c, d, k + 16, w4);
    h = add(h, d);
    d = add(d, fold(e, f, g));
    c = mix(h, a, b, c, k + 20, w5);
    g = add(g, c);
    c = add(c, fold(d, e, f));
    b = mix(g, h, a, b, k + 24, w6);
    f = add(f, b);
    b = add(b, fold(c, d, e));
    a = mix(f, g, h, a, k + 28, w7);
    e = add(e, a);
    a = add(a, fold(b, c, d));
    h = mix(e, f, g, h, k + 32, w8);
    d = add(d, h);
    h = add(h, fold(a, b, c));
    g = mix(d, e, f, g, k + 36, w9);
    c = add(c, g);
    g = add(g, fold(h, a, b));
    f = mix(c, d, e, f, k + 40, w10);
    b = add(b, f);
    f = add(f, fold(g, h, a));
    e = mix(b, c, d, e, k + 44, w11);
    a = add(a, e);
    e = add(e, fold(f, g, h));
    d = mix(a, b, c, d, k + 48, w12);
    h = add(h, d);
    d = add(d, fold(e, f, g));
    c = mix(h, a, b, c, k + 52, w13);
    g = add(g, c);
    c = add(c, fold(d, e, f));
    b = mix(g, h, a, b, k + 56, w14);
    f = add(f, b);
    b = add(b, fold(c, d, e));
    a = mix(f, g, h, a, k + 60, w15);
    e = add(e, a);
    a = add(a, fold(b, c, d));
    k += 64;
    if (k == end) break;
    w0 = schedule(w0, w1, w9, w14);
    w1 = schedule(w1, w2, w10, w15);
    w2 = schedule(w2, w3, w11, w0);
    w3 = schedule(w3, w4, w12, w1);
    w4 = schedule(w4, w5, w13, w2);
    w5 = schedule(w5, w6, w14, w3);
    w6 = schedule(w6, w7, w15, w4);
    w7 = schedule(w7, w8, w0, w5);
    w8 = schedule(w8, w9, w1, w6);
    w9 = schedule(w9, w10, w2, w7);
    w10 = schedule(w10, w11, w3, w8);
    w11 = schedule(w11, w12, w4, w9);
    w12 = schedule(w12, w13, w5, w10);
    w13 = schedule(w13, w14, w6, w11);
    w14 = schedule(w14, w15, w7, w12);
    w15 = schedule(w15, w0, w8, w13);
  }
  v128.store(state, add(a, v128.load(state, 0)), 0);
  v128.store(state, add(b, v128.load(state, 16)), 16);
  v128.store(state, add(c, v128.load(state, 32)), 32);
  v128.store(state, add(d, v128.load(state, 48)), 48);
  v128.store(state, add(e, v128.load(state, 64)), 64);
  v128.store(state, add(f, v128.load(state, 80)), 80);
  v128.store(state, add(g, v128.load(state, 96)), 96);
  v128.store(state, add(h, v128.load(state, 112)), 112);
}
