/**
 * Reed–Solomon parity over rows of bytes, 64 columns (codewords) at a time:
 * division by the generator polynomial in GF(2^8) modulo 0x11d, one row a
 * step. See src/crypto/reed-solomon-encoder.ts.
 *
 * The state is kept by strips of 64 columns. The `roots` parity rows of a
 * strip lie together, 64 bytes each, so that a strip stays in the first-level
 * cache whatever the row length is: parity rows at a power-of-two stride would
 * share one set of it, at a quarter of the speed.
 */
import { absorbStrip, absorbStripOfTwo } from "./reed-solomon-strip";
import { absorbStripBytewise, absorbStripOfTwoWordwise } from "./reed-solomon-scalar";

/** Bytes of a strip's row. */
const stripBytes: usize = 64;

/**
 * Feeds rows into the division.
 *
 * @param state `columns / 64` strips of `roots` × 64 bytes
 * @param columns bytes of a row, a multiple of 64
 * @param rows the first row; the next is `rowStride` bytes on (0: the same row again)
 * @param tables for each coefficient of the generator its products with 0 … 15, then with 16 · (0 … 15)
 */
export function absorbRows(
  state: usize,
  columns: usize,
  roots: i32,
  rows: usize,
  rowStride: usize,
  rowCount: i32,
  tables: usize,
): void {
  for (let column: usize = 0; column < columns; column += stripBytes) {
    const row = rows + column;
    if (ASC_FEATURE_SIMD) {
      if (roots == 2) absorbStripOfTwo(state, row, rowStride, rowCount);
      else absorbStrip(state, roots, row, rowStride, rowCount, tables);
    } else {
      if (roots == 2) absorbStripOfTwoWordwise(state, row, rowStride, rowCount);
      else absorbStripBytewise(state, roots, row, rowStride, rowCount, tables);
    }
    state += stripBytes * roots;
  }
}

/** Writes the state as a FEC device holds it: `roots` bytes for column 0, then for column 1, … */
export function interleaveParity(state: usize, columns: usize, roots: i32, out: usize): void {
  for (let column: usize = 0; column < columns; column += stripBytes) {
    for (let j = 0; j < roots; j++) {
      let to = out + j;
      for (let c: usize = 0; c < stripBytes; c++) {
        store<u8>(to, load<u8>(state + c));
        to += roots;
      }
      state += stripBytes;
    }
    out += stripBytes * roots;
  }
}
