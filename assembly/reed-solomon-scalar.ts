/** One strip of 64 columns, for engines without SIMD. */

/** Two roots: g(x) = x² + 3x + 2, eight columns in a 64-bit word. */
export function absorbStripOfTwoWordwise(state: usize, row: usize, rowStride: usize, rowCount: i32): void {
  for (let column: usize = 0; column < 64; column += 8) {
    let high = load<u64>(state + column);
    let low = load<u64>(state + column, 64);
    let at = row + column;
    for (let i = 0; i < rowCount; i++) {
      const feedback = high ^ load<u64>(at);
      const carries = (feedback >> 7) & 0x0101010101010101;
      const doubled = ((feedback & 0x7f7f7f7f7f7f7f7f) << 1) ^ (carries * 0x1d);
      high = low ^ doubled ^ feedback;
      low = doubled;
      at += rowStride;
    }
    store<u64>(state + column, high);
    store<u64>(state + column, low, 64);
  }
}

/** Any number of roots, byte by byte. */
export function absorbStripBytewise(
  state: usize,
  roots: i32,
  row: usize,
  rowStride: usize,
  rowCount: i32,
  tables: usize,
): void {
  const last = 64 * (roots - 1);
  for (; rowCount > 0; rowCount--) {
    for (let column: usize = 0; column < 64; column++) {
      const feedback = load<u8>(state + column) ^ load<u8>(row + column);
      const low = tables + (feedback & 15);
      const high = tables + (feedback >> 4);
      let parity = state + column;
      let table: usize = 0;
      for (const end = parity + last; parity < end; parity += 64) {
        store<u8>(parity, load<u8>(parity, 64) ^ load<u8>(low + table) ^ load<u8>(high + table, 16));
        table += 32;
      }
      store<u8>(parity, load<u8>(low + table) ^ load<u8>(high + table, 16));
    }
    row += rowStride;
  }
}
