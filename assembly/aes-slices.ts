/**
 * Groups of AES blocks in slices: slice i has bit i of all their bytes. With
 * SIMD a group is eight blocks: byte j of a slice is of byte j of the blocks,
 * and its bit k of block k. Without it is four, taken in halves: bit k of byte
 * j is of byte j of the first half of block k, and bit 4 + k of that of its
 * second half.
 */
import { lastShift, undoLastShift } from "./aes-columns";
import { and, pattern, shiftLeft, shiftRight, xor } from "./bit-words";

/** Blocks of a group. */
export const groupBlocks: i32 = ASC_FEATURE_SIMD ? 8 : 4;
export const groupBytes: i32 = 16 * groupBlocks;

/** Slices the group of blocks `from` ⊕ `mask` and adds `key`, in slices; then, if it is the `last` one, undoes its shift. */
@inline
export function packBlocks<T>(from: usize, mask: usize, q: usize, key: usize, last: bool): void {
  transpose<T>(
    xor<T>(load<T>(blockWord<T>(from, 0)), load<T>(blockWord<T>(mask, 0))),
    xor<T>(load<T>(blockWord<T>(from, 1)), load<T>(blockWord<T>(mask, 1))),
    xor<T>(load<T>(blockWord<T>(from, 2)), load<T>(blockWord<T>(mask, 2))),
    xor<T>(load<T>(blockWord<T>(from, 3)), load<T>(blockWord<T>(mask, 3))),
    xor<T>(load<T>(blockWord<T>(from, 4)), load<T>(blockWord<T>(mask, 4))),
    xor<T>(load<T>(blockWord<T>(from, 5)), load<T>(blockWord<T>(mask, 5))),
    xor<T>(load<T>(blockWord<T>(from, 6)), load<T>(blockWord<T>(mask, 6))),
    xor<T>(load<T>(blockWord<T>(from, 7)), load<T>(blockWord<T>(mask, 7))),
    q,
    key,
    last ? Words.LastSlices : Words.Slices,
  );
}

/** Shifts slices, if `key` is the `last` one, adds it, and puts the group of blocks, ⊕ `mask`, to `to`. */
@inline
export function unpackBlocks<T>(q: usize, key: usize, to: usize, mask: usize, last: bool): void {
  transpose<T>(
    keyedSlice<T>(q, key, 0, last),
    keyedSlice<T>(q, key, 1, last),
    keyedSlice<T>(q, key, 2, last),
    keyedSlice<T>(q, key, 3, last),
    keyedSlice<T>(q, key, 4, last),
    keyedSlice<T>(q, key, 5, last),
    keyedSlice<T>(q, key, 6, last),
    keyedSlice<T>(q, key, 7, last),
    to,
    mask,
    Words.Blocks,
  );
}

/** Where words go, and what is done with them there. */
const enum Words {
  Blocks,
  Slices,
  LastSlices,
}

/** Where word k of the blocks stands: a block, or without SIMD the halves of blocks, all first ones before the second. */
@inline
function blockWord<T>(blocks: usize, k: usize): usize {
  if (isVector<T>()) return blocks + 16 * k;
  else return blocks + 16 * (k & 3) + 8 * (k >> 2);
}

@inline
function keyedSlice<T>(q: usize, key: usize, i: usize, last: bool): T {
  const x = load<T>(q + i * sizeof<T>());
  return xor<T>(last ? lastShift<T>(x) : x, load<T>(key + i * sizeof<T>()));
}

/** Bit b of every byte of word k changes places with bit k of the same byte of word b, and `mask` is added. */
@inline
function transpose<T>(
  x0: T,
  x1: T,
  x2: T,
  x3: T,
  x4: T,
  x5: T,
  x6: T,
  x7: T,
  to: usize,
  mask: usize,
  words: Words,
): void {
  const a0 = changes<T>(x0, x1, 0x5555555555555555, 1);
  const a2 = changes<T>(x2, x3, 0x5555555555555555, 1);
  const a4 = changes<T>(x4, x5, 0x5555555555555555, 1);
  const a6 = changes<T>(x6, x7, 0x5555555555555555, 1);
  const y0 = xor<T>(x0, shiftLeft<T>(a0, 1));
  const y1 = xor<T>(x1, a0);
  const y2 = xor<T>(x2, shiftLeft<T>(a2, 1));
  const y3 = xor<T>(x3, a2);
  const y4 = xor<T>(x4, shiftLeft<T>(a4, 1));
  const y5 = xor<T>(x5, a4);
  const y6 = xor<T>(x6, shiftLeft<T>(a6, 1));
  const y7 = xor<T>(x7, a6);
  const b0 = changes<T>(y0, y2, 0x3333333333333333, 2);
  const b1 = changes<T>(y1, y3, 0x3333333333333333, 2);
  const b4 = changes<T>(y4, y6, 0x3333333333333333, 2);
  const b5 = changes<T>(y5, y7, 0x3333333333333333, 2);
  putPair<T>(to, mask, words, 0, xor<T>(y0, shiftLeft<T>(b0, 2)), xor<T>(y4, shiftLeft<T>(b4, 2)));
  putPair<T>(to, mask, words, 1, xor<T>(y1, shiftLeft<T>(b1, 2)), xor<T>(y5, shiftLeft<T>(b5, 2)));
  putPair<T>(to, mask, words, 2, xor<T>(y2, b0), xor<T>(y6, b4));
  putPair<T>(to, mask, words, 3, xor<T>(y3, b1), xor<T>(y7, b5));
}

/** The bits of x that a shift brings under `mask`, and those of y there, where they differ. */
@inline
function changes<T>(x: T, y: T, mask: u64, shift: i32): T {
  return and<T>(xor<T>(shiftRight<T>(x, shift), y), pattern<T>(mask));
}

/** The last exchange, of words i and i + 4. */
@inline
function putPair<T>(to: usize, mask: usize, words: Words, i: usize, x: T, y: T): void {
  const c = changes<T>(x, y, 0x0f0f0f0f0f0f0f0f, 4);
  put<T>(to, mask, words, i, xor<T>(x, shiftLeft<T>(c, 4)));
  put<T>(to, mask, words, i + 4, xor<T>(y, c));
}

@inline
function put<T>(to: usize, mask: usize, words: Words, i: usize, x: T): void {
  if (words == Words.Blocks) {
    store<T>(blockWord<T>(to, i), xor<T>(x, load<T>(blockWord<T>(mask, i))));
  } else {
    const keyed = xor<T>(x, load<T>(mask + i * sizeof<T>()));
    store<T>(to + i * sizeof<T>(), words == Words.LastSlices ? undoLastShift<T>(keyed) : keyed);
  }
}
