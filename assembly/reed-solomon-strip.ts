/**
 * One strip of 64 columns, in vectors: products by a constant are looked up
 * by nibbles, sixteen at once. Per root a strip's row costs 8 look-ups.
 */

/** Sixteen bytes, each times x. */
@inline
function double(bytes: v128): v128 {
  const carries = i8x16.lt_s(bytes, i8x16.splat(0));
  return v128.xor(i8x16.add(bytes, bytes), v128.and(carries, i8x16.splat(0x1d)));
}

/** Sixteen products by a constant: its tables for the low and high nibbles, looked up and added. */
@inline
function product(lowTable: v128, highTable: v128, low: v128, high: v128): v128 {
  return v128.xor(i8x16.swizzle(lowTable, low), i8x16.swizzle(highTable, high));
}

/** Two roots: g(x) = x² + 3x + 2, so both products come from one doubling. */
export function absorbStripOfTwo(state: usize, row: usize, rowStride: usize, rowCount: i32): void {
  let a0 = v128.load(state, 0);
  let a1 = v128.load(state, 16);
  let a2 = v128.load(state, 32);
  let a3 = v128.load(state, 48);
  let b0 = v128.load(state, 64);
  let b1 = v128.load(state, 80);
  let b2 = v128.load(state, 96);
  let b3 = v128.load(state, 112);
  for (; rowCount > 0; rowCount--) {
    const f0 = v128.xor(a0, v128.load(row, 0));
    const f1 = v128.xor(a1, v128.load(row, 16));
    const f2 = v128.xor(a2, v128.load(row, 32));
    const f3 = v128.xor(a3, v128.load(row, 48));
    const d0 = double(f0);
    const d1 = double(f1);
    const d2 = double(f2);
    const d3 = double(f3);
    a0 = v128.xor(b0, v128.xor(d0, f0));
    a1 = v128.xor(b1, v128.xor(d1, f1));
    a2 = v128.xor(b2, v128.xor(d2, f2));
    a3 = v128.xor(b3, v128.xor(d3, f3));
    b0 = d0;
    b1 = d1;
    b2 = d2;
    b3 = d3;
    row += rowStride;
  }
  v128.store(state, a0, 0);
  v128.store(state, a1, 16);
  v128.store(state, a2, 32);
  v128.store(state, a3, 48);
  v128.store(state, b0, 64);
  v128.store(state, b1, 80);
  v128.store(state, b2, 96);
  v128.store(state, b3, 112);
}

/** Any number of roots, by products of nibbles. */
export function absorbStrip(
  state: usize,
  roots: i32,
  row: usize,
  rowStride: usize,
  rowCount: i32,
  tables: usize,
): void {
  const low = i8x16.splat(0x0f);
  const last = state + 64 * (roots - 1);
  for (; rowCount > 0; rowCount--) {
    const f0 = v128.xor(v128.load(state, 0), v128.load(row, 0));
    const f1 = v128.xor(v128.load(state, 16), v128.load(row, 16));
    const f2 = v128.xor(v128.load(state, 32), v128.load(row, 32));
    const f3 = v128.xor(v128.load(state, 48), v128.load(row, 48));
    const l0 = v128.and(f0, low);
    const l1 = v128.and(f1, low);
    const l2 = v128.and(f2, low);
    const l3 = v128.and(f3, low);
    const h0 = v128.and(i16x8.shr_u(f0, 4), low);
    const h1 = v128.and(i16x8.shr_u(f1, 4), low);
    const h2 = v128.and(i16x8.shr_u(f2, 4), low);
    const h3 = v128.and(i16x8.shr_u(f3, 4), low);
    let table = tables;
    for (let parity = state; parity < last; parity += 64) {
      const t = v128.load(table, 0);
      const u = v128.load(table, 16);
      v128.store(parity, v128.xor(v128.load(parity, 64), product(t, u, l0, h0)), 0);
      v128.store(parity, v128.xor(v128.load(parity, 80), product(t, u, l1, h1)), 16);
      v128.store(parity, v128.xor(v128.load(parity, 96), product(t, u, l2, h2)), 32);
      v128.store(parity, v128.xor(v128.load(parity, 112), product(t, u, l3, h3)), 48);
      table += 32;
    }
    const t = v128.load(table, 0);
    const u = v128.load(table, 16);
    v128.store(last, product(t, u, l0, h0), 0);
    v128.store(last, product(t, u, l1, h1), 16);
    v128.store(last, product(t, u, l2, h2), 32);
    v128.store(last, product(t, u, l3, h3), 48);
    row += rowStride;
  }
}
