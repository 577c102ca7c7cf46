/**
 * SHA-256 of a single message (FIPS 180-4, section 6.2.2). With SIMD the
 * message schedule is computed four words at a time; the rounds are scalar,
 * since each needs the one before.
 */
import { blockBytes, roundConstants } from "./sha256-constants";

/** W + K of all 64 rounds. */
const keyedWords: usize = memory.data(256, 16);
/** W itself, where the schedule is scalar. */
const words: usize = memory.data(256, 16);

@inline
function mix(e: i32, f: i32, g: i32, h: i32, keyedWord: i32): i32 {
  const sigma = rotr<i32>(e, 6) ^ rotr<i32>(e, 11) ^ rotr<i32>(e, 25);
  return h + keyedWord + ((e & (f ^ g)) ^ g) + sigma;
}

@inline
function fold(a: i32, b: i32, c: i32): i32 {
  const sigma = rotr<i32>(a, 2) ^ rotr<i32>(a, 13) ^ rotr<i32>(a, 22);
  return sigma + (((a ^ b) & (b ^ c)) ^ b);
}

/** Compresses `blocks` × 64 bytes at `p` into the eight words at `state`. */
export function compressStream(state: usize, p: usize, blocks: i32): void {
  for (; blocks > 0; blocks--) {
    if (ASC_FEATURE_SIMD) scheduleVectors(p);
    else scheduleWords(p);
    compressKeyedWords(state);
    p += blockBytes;
  }
}

function compressKeyedWords(state: usize): void {
  let a = load<i32>(state, 0);
  let b = load<i32>(state, 4);
  let c = load<i32>(state, 8);
  let d = load<i32>(state, 12);
  let e = load<i32>(state, 16);
  let f = load<i32>(state, 20);
  let g = load<i32>(state, 24);
  let h = load<i32>(state, 28);
  for (let w = keyedWords; w < keyedWords + 256; w += 32) {
    h = mix(e, f, g, h, load<i32>(w, 0));
    d += h;
    h += fold(a, b, c);
    g = mix(d, e, f, g, load<i32>(w, 4));
    c += g;
    g += fold(h, a, b);
    f = mix(c, d, e, f, load<i32>(w, 8));
    b += f;
    f += fold(g, h, a);
    e = mix(b, c, d, e, load<i32>(w, 12));
    a += e;
    e += fold(f, g, h);
    d = mix(a, b, c, d, load<i32>(w, 16));
    h += d;
    d += fold(e, f, g);
    c = mix(h, a, b, c, load<i32>(w, 20));
    g += c;
    c += fold(d, e, f);
    b = mix(g, h, a, b, load<i32>(w, 24));
    f += b;
    b += fold(c, d, e);
    a = mix(f, g, h, a, load<i32>(w, 28));
    e += a;
    a += fold(b, c, d);
  }
  store<i32>(state, a + load<i32>(state, 0), 0);
  store<i32>(state, b + load<i32>(state, 4), 4);
  store<i32>(state, c + load<i32>(state, 8), 8);
  store<i32>(state, d + load<i32>(state, 12), 12);
  store<i32>(state, e + load<i32>(state, 16), 16);
  store<i32>(state, f + load<i32>(state, 20), 20);
  store<i32>(state, g + load<i32>(state, 24), 24);
  store<i32>(state, h + load<i32>(state, 28), 28);
}

function scheduleWords(p: usize): void {
  for (let i: usize = 0; i < 64; i += 4) {
    const word = bswap<i32>(load<i32>(p + i));
    store<i32>(words + i, word);
    store<i32>(keyedWords + i, word + load<i32>(roundConstants + i));
  }
  for (let i: usize = 64; i < 256; i += 4) {
    const w15 = load<i32>(words + i - 60);
    const w2 = load<i32>(words + i - 8);
    const s0 = rotr<i32>(w15, 7) ^ rotr<i32>(w15, 18) ^ (<i32>(<u32>w15 >> 3));
    const s1 = rotr<i32>(w2, 17) ^ rotr<i32>(w2, 19) ^ (<i32>(<u32>w2 >> 10));
    const word = load<i32>(words + i - 64) + s0 + load<i32>(words + i - 28) + s1;
    store<i32>(words + i, word);
    store<i32>(keyedWords + i, word + load<i32>(roundConstants + i));
  }
}

@inline
function rotateRight(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}

@inline
function sigma1(x: v128): v128 {
  return v128.xor(v128.xor(rotateRight(x, 17), rotateRight(x, 19)), i32x4.shr_u(x, 10));
}

/** The next four words of the schedule. The last two need the first two, so σ1 is taken twice. */
@inline
function nextWords(w0: v128, w4: v128, w8: v128, w12: v128): v128 {
  const w1 = v128.shuffle<i32>(w0, w4, 1, 2, 3, 4);
  const w9 = v128.shuffle<i32>(w8, w12, 1, 2, 3, 4);
  const s0 = v128.xor(v128.xor(rotateRight(w1, 7), rotateRight(w1, 18)), i32x4.shr_u(w1, 3));
  const partial = i32x4.add(i32x4.add(w0, s0), w9);
  const zero = i32x4.splat(0);
  const firstTwo = i32x4.add(partial, sigma1(v128.shuffle<i32>(w12, zero, 2, 3, 4, 4)));
  // σ1 of zero is zero: the first two lanes stay as they are.
  return i32x4.add(v128.shuffle<i32>(firstTwo, partial, 0, 1, 6, 7), sigma1(v128.shuffle<i32>(firstTwo, zero, 4, 4, 0, 1)));
}

@inline
function loadBigEndian(p: usize): v128 {
  return i8x16.swizzle(v128.load(p), i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

@inline
function storeKeyed(i: usize, w: v128): void {
  v128.store(keyedWords + i, i32x4.add(w, v128.load(roundConstants + i)));
}

function scheduleVectors(p: usize): void {
  let w0 = loadBigEndian(p);
  let w4 = loadBigEndian(p + 16);
  let w8 = loadBigEndian(p + 32);
  let w12 = loadBigEndian(p + 48);
  for (let i: usize = 0; i < 192; i += 64) {
    storeKeyed(i, w0);
    storeKeyed(i + 16, w4);
    storeKeyed(i + 32, w8);
    storeKeyed(i + 48, w12);
    w0 = nextWords(w0, w4, w8, w12);
    w4 = nextWords(w4, w8, w12, w0);
    w8 = nextWords(w8, w12, w0, w4);
    w12 = nextWords(w12, w0, w4, w8);
  }
  storeKeyed(192, w0);
  storeKeyed(208, w4);
  storeKeyed(224, w8);
  storeKeyed(240, w12);
}
