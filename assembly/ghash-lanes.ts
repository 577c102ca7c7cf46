/**
 * GHASH of sixteen messages of one size at once, under one H: vector p has
 * byte p of all their sums. A sum times H is the sum of its 32 nibbles' own
 * products, each byte of which is looked up for sixteen messages by one
 * swizzle in a table of sixteen: in a register, so no address is secret.
 */

export const ghashLanes: i32 = 16;

/** For byte i of a sum, 16 vectors for its high nibble's product and 16 for its low one's. */
const tables: usize = memory.data(16 * 512, 16);
const sums: usize = memory.data(256, 16);
const products: usize = memory.data(256, 16);
/** Two buffers for the stages of a transposition. */
const rowsA: usize = memory.data(256, 16);
const rowsB: usize = memory.data(256, 16);

/** Makes the tables of the H at `h`. */
export function setGhashTables(h: usize): void {
  let high = bswap<u64>(load<u64>(h));
  let low = bswap<u64>(load<u64>(h, 8));
  for (let bit = 0; bit < 128; bit++) {
    // The block's first bit is the byte's highest, and stands for 1; H · x^bit is what it adds.
    const table = tables + 256 * ((bit >> 2) as usize);
    const entry: usize = 8 >> (bit & 3);
    for (let i: usize = 0; i < 8; i++) {
      store<u8>(table + 16 * i + entry, (high >> (56 - 8 * i)) as u8);
      store<u8>(table + 16 * (8 + i) + entry, (low >> (56 - 8 * i)) as u8);
    }
    const carry = low & 1;
    low = (low >> 1) | (high << 63);
    high = (high >> 1) ^ ((0 - carry) & 0xe100000000000000);
  }
  for (let at = tables; at < tables + 16 * 512; at += 16) {
    for (let entry: usize = 3; entry < 16; entry++) {
      const rest = entry & (entry - 1);
      if (rest != 0) store<u8>(at + entry, load<u8>(at + rest) ^ load<u8>(at + (entry ^ rest)));
    }
  }
}

/** Starts sixteen hashes. */
export function ghashLanesStart(): void {
  for (let i: usize = 0; i < 256; i += 16) v128.store(sums + i, i8x16.splat(0));
}

/** Takes `blocks` × 16 bytes of every lane in, each from its u32 address at `pointers` on. */
export function ghashLanesAbsorb(pointers: usize, blocks: i32): void {
  for (let offset: usize = 0; offset < 16 * (blocks as usize); offset += 16) {
    for (let i: usize = 0; i < 16; i++) {
      v128.store(rowsA + 16 * i, v128.load((load<u32>(pointers + 4 * i) as usize) + offset));
    }
    transpose();
    for (let i: usize = 0; i < 256; i += 16) {
      v128.store(sums + i, v128.xor(v128.load(sums + i), v128.load(rowsA + i)));
    }
    multiplyHalf(products, tables);
    multiplyHalf(products + 128, tables + 128);
    for (let i: usize = 0; i < 256; i += 16) v128.store(sums + i, v128.load(products + i));
  }
}

/** Puts the sixteen hashes out, one after the other. */
export function ghashLanesFinish(to: usize): void {
  for (let i: usize = 0; i < 256; i += 16) v128.store(rowsA + i, v128.load(sums + i));
  transpose();
  for (let i: usize = 0; i < 256; i += 16) v128.store(to + i, v128.load(rowsA + i));
}

/** Eight bytes of all products; with sixteen of them the processor has no registers left. */
function multiplyHalf(to: usize, table: usize): void {
  let p0 = i8x16.splat(0);
  let p1 = p0;
  let p2 = p0;
  let p3 = p0;
  let p4 = p0;
  let p5 = p0;
  let p6 = p0;
  let p7 = p0;
  for (let i: usize = 0; i < 256; i += 16) {
    const sum = v128.load(sums + i);
    const nibble = i8x16.splat(15);
    const high = v128.and(i16x8.shr_u(sum, 4), nibble);
    const low = v128.and(sum, nibble);
    p0 = v128.xor(p0, v128.xor(entry(table, high), entry(table + 256, low)));
    p1 = v128.xor(p1, v128.xor(entry(table + 16, high), entry(table + 272, low)));
    p2 = v128.xor(p2, v128.xor(entry(table + 32, high), entry(table + 288, low)));
    p3 = v128.xor(p3, v128.xor(entry(table + 48, high), entry(table + 304, low)));
    p4 = v128.xor(p4, v128.xor(entry(table + 64, high), entry(table + 320, low)));
    p5 = v128.xor(p5, v128.xor(entry(table + 80, high), entry(table + 336, low)));
    p6 = v128.xor(p6, v128.xor(entry(table + 96, high), entry(table + 352, low)));
    p7 = v128.xor(p7, v128.xor(entry(table + 112, high), entry(table + 368, low)));
    table += 512;
  }
  v128.store(to, p0);
  v128.store(to, p1, 16);
  v128.store(to, p2, 32);
  v128.store(to, p3, 48);
  v128.store(to, p4, 64);
  v128.store(to, p5, 80);
  v128.store(to, p6, 96);
  v128.store(to, p7, 112);
}

@inline
function entry(table: usize, nibbles: v128): v128 {
  return i8x16.swizzle(v128.load(table), nibbles);
}

/** Transposes the 16 × 16 bytes in `rowsA`: four times, row i and row 8 + i are interleaved to rows 2i and 2i + 1. */
function transpose(): void {
  interleaveTwice(rowsA, rowsB);
  interleaveTwice(rowsB, rowsA);
}

/** Rows i, i + 4, i + 8 and i + 12 become rows 4i to 4i + 3. */
@inline
function interleaveTwice(from: usize, to: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    const a = v128.load(from + i);
    const b = v128.load(from + i, 64);
    const c = v128.load(from + i, 128);
    const d = v128.load(from + i, 192);
    const ac0 = lowBytes(a, c);
    const ac1 = highBytes(a, c);
    const bd0 = lowBytes(b, d);
    const bd1 = highBytes(b, d);
    v128.store(to + 4 * i, lowBytes(ac0, bd0));
    v128.store(to + 4 * i, highBytes(ac0, bd0), 16);
    v128.store(to + 4 * i, lowBytes(ac1, bd1), 32);
    v128.store(to + 4 * i, highBytes(ac1, bd1), 48);
  }
}

@inline
function lowBytes(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function highBytes(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
