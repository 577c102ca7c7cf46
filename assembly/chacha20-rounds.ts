/**
 * The ChaCha20 block function (RFC 8439, section 2.3) with Poly1305 of other
 * bytes between its rounds. Written once for two kinds of word: `i32`, one
 * block, and `v128`, four blocks in the lanes of a vector.
 *
 * ChaCha20 keeps the vector units busy and Poly1305 the multiplier, and each
 * waits for itself most of the time: done together they take little more than
 * ChaCha20 alone. The branches between them matter. Without one, an engine
 * orders the operations as it likes, and puts the whole of one before the other.
 * So do those, never taken, between one half of a round and the other: two
 * quarter rounds fit into the processor's registers, and four do not. They are
 * a fifth of the speed.
 */
import { wordMask } from "./poly1305";

@inline
function add<T>(x: T, y: T): T {
  if (isVector<T>()) return i32x4.add(x, y);
  else return (x + y) as T;
}

@inline
function xor<T>(x: T, y: T): T {
  if (isVector<T>()) return v128.xor(x, y);
  else return (x ^ y) as T;
}

@inline
function rotateLeft<T>(x: T, n: i32): T {
  if (isVector<T>()) return v128.or(i32x4.shl(x, n), i32x4.shr_u(x, 32 - n));
  else return rotl<T>(x, n as T);
}

/** A shuffle of 16-bit lanes is one instruction for each half. */
@inline
function rotateLeft16<T>(x: T): T {
  if (isVector<T>()) return i8x16.swizzle(x, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  else return rotl<T>(x, 16 as T);
}

/** A swizzle by a constant is one instruction; a shuffle of bytes is not. */
@inline
function rotateLeft8<T>(x: T): T {
  if (isVector<T>()) return i8x16.swizzle(x, i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
  else return rotl<T>(x, 8 as T);
}

@inline
function wordAt<T>(base: usize, i: usize): T {
  if (isVector<T>()) return v128.load(base + 16 * i);
  else return load<T>(base + 4 * i);
}

/** Adds the initial word i to `x` and puts the sum out. */
@inline
function put<T>(words: usize, initial: usize, i: usize, x: T): void {
  if (isVector<T>()) v128.store(words + 16 * i, i32x4.add(x, v128.load(initial + 16 * i)));
  else store<T>(words + 4 * i, (x + load<T>(initial + 4 * i)) as T);
}

/**
 * Sixteen words of keystream at `words`, of one block or of four, from the
 * sixteen words at `initial`; and, if it is `absorbing`, as many bytes at
 * `message` are taken into the Poly1305 state at `poly`: three blocks of 16 in
 * each of some turns, and one after them.
 */
export function mixBlocks<T>(initial: usize, words: usize, poly: usize, message: usize, absorbing: bool): void {
  let x0 = wordAt<T>(initial, 0);
  let x1 = wordAt<T>(initial, 1);
  let x2 = wordAt<T>(initial, 2);
  let x3 = wordAt<T>(initial, 3);
  let x4 = wordAt<T>(initial, 4);
  let x5 = wordAt<T>(initial, 5);
  let x6 = wordAt<T>(initial, 6);
  let x7 = wordAt<T>(initial, 7);
  let x8 = wordAt<T>(initial, 8);
  let x9 = wordAt<T>(initial, 9);
  let x10 = wordAt<T>(initial, 10);
  let x11 = wordAt<T>(initial, 11);
  let x12 = wordAt<T>(initial, 12);
  let x13 = wordAt<T>(initial, 13);
  let x14 = wordAt<T>(initial, 14);
  let x15 = wordAt<T>(initial, 15);
  let h0 = load<u64>(poly);
  let h1 = load<u64>(poly, 8);
  let h2 = load<u64>(poly, 16);
  let h3 = load<u64>(poly, 24);
  let h4 = load<u64>(poly, 32);
  const r0 = load<u64>(poly, 40);
  const r1 = load<u64>(poly, 48);
  const r2 = load<u64>(poly, 56);
  const r3 = load<u64>(poly, 64);
  const s1 = load<u64>(poly, 72);
  const s2 = load<u64>(poly, 80);
  const s3 = load<u64>(poly, 88);
  const turns = absorbing ? (isVector<T>() ? 5 : 1) : 0;
  for (let i = 0; i < 5; i++) {
    x0 = add<T>(x0, x4);
    x12 = rotateLeft16<T>(xor<T>(x12, x0));
    x1 = add<T>(x1, x5);
    x13 = rotateLeft16<T>(xor<T>(x13, x1));
    x8 = add<T>(x8, x12);
    x4 = rotateLeft<T>(xor<T>(x4, x8), 12);
    x9 = add<T>(x9, x13);
    x5 = rotateLeft<T>(xor<T>(x5, x9), 12);
    x0 = add<T>(x0, x4);
    x12 = rotateLeft8<T>(xor<T>(x12, x0));
    x1 = add<T>(x1, x5);
    x13 = rotateLeft8<T>(xor<T>(x13, x1));
    x8 = add<T>(x8, x12);
    x4 = rotateLeft<T>(xor<T>(x4, x8), 7);
    x9 = add<T>(x9, x13);
    x5 = rotateLeft<T>(xor<T>(x5, x9), 7);
    if (i < 0) store<T>(words, x0);
    x2 = add<T>(x2, x6);
    x14 = rotateLeft16<T>(xor<T>(x14, x2));
    x3 = add<T>(x3, x7);
    x15 = rotateLeft16<T>(xor<T>(x15, x3));
    x10 = add<T>(x10, x14);
    x6 = rotateLeft<T>(xor<T>(x6, x10), 12);
    x11 = add<T>(x11, x15);
    x7 = rotateLeft<T>(xor<T>(x7, x11), 12);
    x2 = add<T>(x2, x6);
    x14 = rotateLeft8<T>(xor<T>(x14, x2));
    x3 = add<T>(x3, x7);
    x15 = rotateLeft8<T>(xor<T>(x15, x3));
    x10 = add<T>(x10, x14);
    x6 = rotateLeft<T>(xor<T>(x6, x10), 7);
    x11 = add<T>(x11, x15);
    x7 = rotateLeft<T>(xor<T>(x7, x11), 7);
    if (i < 0) store<T>(words, x2);
    x0 = add<T>(x0, x5);
    x15 = rotateLeft16<T>(xor<T>(x15, x0));
    x1 = add<T>(x1, x6);
    x12 = rotateLeft16<T>(xor<T>(x12, x1));
    x10 = add<T>(x10, x15);
    x5 = rotateLeft<T>(xor<T>(x5, x10), 12);
    x11 = add<T>(x11, x12);
    x6 = rotateLeft<T>(xor<T>(x6, x11), 12);
    x0 = add<T>(x0, x5);
    x15 = rotateLeft8<T>(xor<T>(x15, x0));
    x1 = add<T>(x1, x6);
    x12 = rotateLeft8<T>(xor<T>(x12, x1));
    x10 = add<T>(x10, x15);
    x5 = rotateLeft<T>(xor<T>(x5, x10), 7);
    x11 = add<T>(x11, x12);
    x6 = rotateLeft<T>(xor<T>(x6, x11), 7);
    if (i < turns) {
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
    x2 = add<T>(x2, x7);
    x13 = rotateLeft16<T>(xor<T>(x13, x2));
    x3 = add<T>(x3, x4);
    x14 = rotateLeft16<T>(xor<T>(x14, x3));
    x8 = add<T>(x8, x13);
    x7 = rotateLeft<T>(xor<T>(x7, x8), 12);
    x9 = add<T>(x9, x14);
    x4 = rotateLeft<T>(xor<T>(x4, x9), 12);
    x2 = add<T>(x2, x7);
    x13 = rotateLeft8<T>(xor<T>(x13, x2));
    x3 = add<T>(x3, x4);
    x14 = rotateLeft8<T>(xor<T>(x14, x3));
    x8 = add<T>(x8, x13);
    x7 = rotateLeft<T>(xor<T>(x7, x8), 7);
    x9 = add<T>(x9, x14);
    x4 = rotateLeft<T>(xor<T>(x4, x9), 7);
    if (i < 0) store<T>(words, x2);
    x0 = add<T>(x0, x4);
    x12 = rotateLeft16<T>(xor<T>(x12, x0));
    x1 = add<T>(x1, x5);
    x13 = rotateLeft16<T>(xor<T>(x13, x1));
    x8 = add<T>(x8, x12);
    x4 = rotateLeft<T>(xor<T>(x4, x8), 12);
    x9 = add<T>(x9, x13);
    x5 = rotateLeft<T>(xor<T>(x5, x9), 12);
    x0 = add<T>(x0, x4);
    x12 = rotateLeft8<T>(xor<T>(x12, x0));
    x1 = add<T>(x1, x5);
    x13 = rotateLeft8<T>(xor<T>(x13, x1));
    x8 = add<T>(x8, x12);
    x4 = rotateLeft<T>(xor<T>(x4, x8), 7);
    x9 = add<T>(x9, x13);
    x5 = rotateLeft<T>(xor<T>(x5, x9), 7);
    if (i < 0) store<T>(words, x0);
    x2 = add<T>(x2, x6);
    x14 = rotateLeft16<T>(xor<T>(x14, x2));
    x3 = add<T>(x3, x7);
    x15 = rotateLeft16<T>(xor<T>(x15, x3));
    x10 = add<T>(x10, x14);
    x6 = rotateLeft<T>(xor<T>(x6, x10), 12);
    x11 = add<T>(x11, x15);
    x7 = rotateLeft<T>(xor<T>(x7, x11), 12);
    x2 = add<T>(x2, x6);
    x14 = rotateLeft8<T>(xor<T>(x14, x2));
    x3 = add<T>(x3, x7);
    x15 = rotateLeft8<T>(xor<T>(x15, x3));
    x10 = add<T>(x10, x14);
    x6 = rotateLeft<T>(xor<T>(x6, x10), 7);
    x11 = add<T>(x11, x15);
    x7 = rotateLeft<T>(xor<T>(x7, x11), 7);
    if (i < turns) {
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
    x0 = add<T>(x0, x5);
    x15 = rotateLeft16<T>(xor<T>(x15, x0));
    x1 = add<T>(x1, x6);
    x12 = rotateLeft16<T>(xor<T>(x12, x1));
    x10 = add<T>(x10, x15);
    x5 = rotateLeft<T>(xor<T>(x5, x10), 12);
    x11 = add<T>(x11, x12);
    x6 = rotateLeft<T>(xor<T>(x6, x11), 12);
    x0 = add<T>(x0, x5);
    x15 = rotateLeft8<T>(xor<T>(x15, x0));
    x1 = add<T>(x1, x6);
    x12 = rotateLeft8<T>(xor<T>(x12, x1));
    x10 = add<T>(x10, x15);
    x5 = rotateLeft<T>(xor<T>(x5, x10), 7);
    x11 = add<T>(x11, x12);
    x6 = rotateLeft<T>(xor<T>(x6, x11), 7);
    if (i < 0) store<T>(words, x0);
    x2 = add<T>(x2, x7);
    x13 = rotateLeft16<T>(xor<T>(x13, x2));
    x3 = add<T>(x3, x4);
    x14 = rotateLeft16<T>(xor<T>(x14, x3));
    x8 = add<T>(x8, x13);
    x7 = rotateLeft<T>(xor<T>(x7, x8), 12);
    x9 = add<T>(x9, x14);
    x4 = rotateLeft<T>(xor<T>(x4, x9), 12);
    x2 = add<T>(x2, x7);
    x13 = rotateLeft8<T>(xor<T>(x13, x2));
    x3 = add<T>(x3, x4);
    x14 = rotateLeft8<T>(xor<T>(x14, x3));
    x8 = add<T>(x8, x13);
    x7 = rotateLeft<T>(xor<T>(x7, x8), 7);
    x9 = add<T>(x9, x14);
    x4 = rotateLeft<T>(xor<T>(x4, x9), 7);
    if (i < turns) {
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
  }
  if (turns > 0) {
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
  put<T>(words, initial, 0, x0);
  put<T>(words, initial, 1, x1);
  put<T>(words, initial, 2, x2);
  put<T>(words, initial, 3, x3);
  put<T>(words, initial, 4, x4);
  put<T>(words, initial, 5, x5);
  put<T>(words, initial, 6, x6);
  put<T>(words, initial, 7, x7);
  put<T>(words, initial, 8, x8);
  put<T>(words, initial, 9, x9);
  put<T>(words, initial, 10, x10);
  put<T>(words, initial, 11, x11);
  put<T>(words, initial, 12, x12);
  put<T>(words, initial, 13, x13);
  put<T>(words, initial, 14, x14);
  put<T>(words, initial, 15, x15);
  store<u64>(poly, h0);
  store<u64>(poly, h1, 8);
  store<u64>(poly, h2, 16);
  store<u64>(poly, h3, 24);
  store<u64>(poly, h4, 32);
}
