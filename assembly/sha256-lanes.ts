/**
 * SHA-256 of four messages at once, one in each 32-bit lane of a vector
 * (FIPS 180-4, section 6.2.2). A second set of four lanes gains nothing: the
 * first keeps the processor's vector units busy.
 */
import { blockBytes } from "./sha256-constants";
import { compressWords } from "./sha256-rounds";

/** The message words of a block, transposed: word i of all four lanes at i × 16. */
const words: usize = memory.data(16 * 16, 16);

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
    compressWords<v128>(state, words);
    p0 += blockBytes;
    p1 += blockBytes;
    p2 += blockBytes;
    p3 += blockBytes;
  }
}
