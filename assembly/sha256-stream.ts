/**
 * SHA-256 of a single message (FIPS 180-4, section 6.2.2). Each round needs
 * the one before, so the rounds are scalar; the message schedule is not bound
 * to them, and with SIMD it is computed four words at a time while they run.
 */
import { blockBytes, roundConstants } from "./sha256-constants";
import { compressWords } from "./sha256-rounds";

/** With SIMD, W + K of all 64 rounds; without, the 16 words of the message. */
const keyedWords: usize = memory.data(256, 16);

/** Compresses `blocks` × 64 bytes at `p` into the eight words at `state`. */
export function compressStream(state: usize, p: usize, blocks: i32): void {
  for (; blocks > 0; blocks--) {
    if (ASC_FEATURE_SIMD) {
      compressBlock(state, p);
    } else {
      for (let i: usize = 0; i < 64; i += 4) store<i32>(keyedWords + i, bswap<i32>(load<i32>(p + i)));
      compressWords<i32>(state, keyedWords);
    }
    p += blockBytes;
  }
}

/** t of a round, as in `sha256-rounds.ts`; what is fastest there is not so here. */
@inline
function mix(e: i32, f: i32, g: i32, h: i32, keyedWord: i32): i32 {
  const sigma = rotr<i32>(e, 6) ^ rotr<i32>(e, 11) ^ rotr<i32>(e, 25);
  const choice = (e & (f ^ g)) ^ g;
  return sigma + choice + (h + keyedWord);
}

/** The new a. */
@inline
function fold(t: i32, a: i32, b: i32, c: i32): i32 {
  const sigma = rotr<i32>(a, 2) ^ rotr<i32>(a, 13) ^ rotr<i32>(a, 22);
  return t + sigma + (((a ^ b) & (b ^ c)) ^ b);
}

@inline
function rotateRight(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}

/** σ1 of lanes that stand twice in each 64 bits, where a shift is a rotation of the low half. */
@inline
function sigma1OfPairs(x: v128): v128 {
  return v128.xor(v128.xor(i64x2.shr_u(x, 17), i64x2.shr_u(x, 19)), i32x4.shr_u(x, 10));
}

/** The next four words of the schedule; the last two of them need the first two. */
@inline
function nextWords(w0: v128, w4: v128, w8: v128, w12: v128): v128 {
  const zero = i32x4.splat(0);
  const w1 = v128.shuffle<i32>(w0, w4, 1, 2, 3, 4);
  const w9 = v128.shuffle<i32>(w8, w12, 1, 2, 3, 4);
  const s0 = v128.xor(v128.xor(rotateRight(w1, 7), rotateRight(w1, 18)), i32x4.shr_u(w1, 3));
  const partial = i32x4.add(i32x4.add(w0, s0), w9);
  const low = sigma1OfPairs(v128.shuffle<i32>(w12, w12, 2, 2, 3, 3));
  const firstTwo = i32x4.add(partial, v128.shuffle<i32>(low, zero, 0, 2, 4, 4));
  const high = sigma1OfPairs(v128.shuffle<i32>(firstTwo, firstTwo, 0, 0, 1, 1));
  return i32x4.add(firstTwo, v128.shuffle<i32>(zero, high, 0, 0, 4, 6));
}

@inline
function loadBigEndian(p: usize): v128 {
  return i8x16.swizzle(v128.load(p), i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

@inline
function storeKeyed(i: usize, w: v128): void {
  v128.store(keyedWords + i, i32x4.add(w, v128.load(roundConstants + i)));
}

/** Sixteen rounds while the words of the next sixteen are computed, three times; then the last. */
function compressBlock(state: usize, p: usize): void {
  let a = load<i32>(state, 0);
  let b = load<i32>(state, 4);
  let c = load<i32>(state, 8);
  let d = load<i32>(state, 12);
  let e = load<i32>(state, 16);
  let f = load<i32>(state, 20);
  let g = load<i32>(state, 24);
  let h = load<i32>(state, 28);
  let w0 = loadBigEndian(p);
  let w4 = loadBigEndian(p + 16);
  let w8 = loadBigEndian(p + 32);
  let w12 = loadBigEndian(p + 48);
  storeKeyed(0, w0);
  storeKeyed(16, w4);
  storeKeyed(32, w8);
  storeKeyed(48, w12);
  let kw = keyedWords;
  for (let i: usize = 64; i < 256; i += 64) {
    w0 = nextWords(w0, w4, w8, w12);
    storeKeyed(i, w0);
    h = mix(e, f, g, h, load<i32>(kw, 0));
    d += h;
    h = fold(h, a, b, c);
    g = mix(d, e, f, g, load<i32>(kw, 4));
    c += g;
    g = fold(g, h, a, b);
    f = mix(c, d, e, f, load<i32>(kw, 8));
    b += f;
    f = fold(f, g, h, a);
    e = mix(b, c, d, e, load<i32>(kw, 12));
    a += e;
    e = fold(e, f, g, h);
    w4 = nextWords(w4, w8, w12, w0);
    storeKeyed(i + 16, w4);
    d = mix(a, b, c, d, load<i32>(kw, 16));
    h += d;
    d = fold(d, e, f, g);
    c = mix(h, a, b, c, load<i32>(kw, 20));
    g += c;
    c = fold(c, d, e, f);
    b = mix(g, h, a, b, load<i32>(kw, 24));
    f += b;
    b = fold(b, c, d, e);
    a = mix(f, g, h, a, load<i32>(kw, 28));
    e += a;
    a = fold(a, b, c, d);
    w8 = nextWords(w8, w12, w0, w4);
    storeKeyed(i + 32, w8);
    h = mix(e, f, g, h, load<i32>(kw, 32));
    d += h;
    h = fold(h, a, b, c);
    g = mix(d, e, f, g, load<i32>(kw, 36));
    c += g;
    g = fold(g, h, a, b);
    f = mix(c, d, e, f, load<i32>(kw, 40));
    b += f;
    f = fold(f, g, h, a);
    e = mix(b, c, d, e, load<i32>(kw, 44));
    a += e;
    e = fold(e, f, g, h);
    w12 = nextWords(w12, w0, w4, w8);
    storeKeyed(i + 48, w12);
    d = mix(a, b, c, d, load<i32>(kw, 48));
    h += d;
    d = fold(d, e, f, g);
    c = mix(h, a, b, c, load<i32>(kw, 52));
    g += c;
    c = fold(c, d, e, f);
    b = mix(g, h, a, b, load<i32>(kw, 56));
    f += b;
    b = fold(b, c, d, e);
    a = mix(f, g, h, a, load<i32>(kw, 60));
    e += a;
    a = fold(a, b, c, d);
    kw += 64;
  }
  h = mix(e, f, g, h, load<i32>(kw, 0));
  d += h;
  h = fold(h, a, b, c);
  g = mix(d, e, f, g, load<i32>(kw, 4));
  c += g;
  g = fold(g, h, a, b);
  f = mix(c, d, e, f, load<i32>(kw, 8));
  b += f;
  f = fold(f, g, h, a);
  e = mix(b, c, d, e, load<i32>(kw, 12));
  a += e;
  e = fold(e, f, g, h);
  d = mix(a, b, c, d, load<i32>(kw, 16));
  h += d;
  d = fold(d, e, f, g);
  c = mix(h, a, b, c, load<i32>(kw, 20));
  g += c;
  c = fold(c, d, e, f);
  b = mix(g, h, a, b, load<i32>(kw, 24));
  f += b;
  b = fold(b, c, d, e);
  a = mix(f, g, h, a, load<i32>(kw, 28));
  e += a;
  a = fold(a, b, c, d);
  h = mix(e, f, g, h, load<i32>(kw, 32));
  d += h;
  h = fold(h, a, b, c);
  g = mix(d, e, f, g, load<i32>(kw, 36));
  c += g;
  g = fold(g, h, a, b);
  f = mix(c, d, e, f, load<i32>(kw, 40));
  b += f;
  f = fold(f, g, h, a);
  e = mix(b, c, d, e, load<i32>(kw, 44));
  a += e;
  e = fold(e, f, g, h);
  d = mix(a, b, c, d, load<i32>(kw, 48));
  h += d;
  d = fold(d, e, f, g);
  c = mix(h, a, b, c, load<i32>(kw, 52));
  g += c;
  c = fold(c, d, e, f);
  b = mix(g, h, a, b, load<i32>(kw, 56));
  f += b;
  b = fold(b, c, d, e);
  a = mix(f, g, h, a, load<i32>(kw, 60));
  e += a;
  a = fold(a, b, c, d);
  store<i32>(state, a + load<i32>(state, 0), 0);
  store<i32>(state, b + load<i32>(state, 4), 4);
  store<i32>(state, c + load<i32>(state, 8), 8);
  store<i32>(state, d + load<i32>(state, 12), 12);
  store<i32>(state, e + load<i32>(state, 16), 16);
  store<i32>(state, f + load<i32>(state, 20), 20);
  store<i32>(state, g + load<i32>(state, 24), 24);
  store<i32>(state, h + load<i32>(state, 28), 28);
}
