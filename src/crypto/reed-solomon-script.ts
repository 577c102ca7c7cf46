/**
 * The parity encoder without WebAssembly: for engines that lack SIMD. One
 * table of 256 products per root, one look-up per byte and root.
 */
import { generatorProducts } from "./reed-solomon-code.ts";
import {
  checkEncoderOptions,
  type ParityEncoder,
  type ParityEncoderOptions,
  ParityProgress,
} from "./reed-solomon-encoder.ts";

/** See `createParityEncoder`. */
export function createScriptEncoder(options: ParityEncoderOptions): ParityEncoder {
  checkEncoderOptions(options);
  return new ScriptEncoder(options);
}

class ScriptEncoder implements ParityEncoder {
  readonly roots: number;
  readonly input: Uint8Array;
  readonly #progress: ParityProgress;
  readonly #products: Uint8Array;
  /** Interleaved: `roots` bytes a column, which is the form asked for in the end. */
  readonly #parity: Uint8Array;

  constructor(options: ParityEncoderOptions) {
    this.roots = options.roots;
    this.input = new Uint8Array(options.capacityBytes);
    this.#progress = new ParityProgress(options);
    this.#products = generatorProducts(options.roots);
    this.#parity = new Uint8Array(options.roots * options.maxColumns);
  }

  begin(columns: number): void {
    this.#progress.begin(columns);
    this.#parity.fill(0, 0, columns * this.roots);
  }

  absorb(offsetBytes: number, rows: number): void {
    this.#progress.absorb(offsetBytes, rows);
    const { columns } = this.#progress;
    for (let row = 0; row < rows; row++) {
      const start = offsetBytes + row * columns;
      this.#absorbRow(this.input.subarray(start, start + columns));
    }
  }

  absorbZeros(rows: number): void {
    this.#progress.absorbZeros(rows);
    const zeros = new Uint8Array(this.#progress.columns);
    for (let row = 0; row < rows; row++) this.#absorbRow(zeros);
  }

  parity(): Uint8Array {
    this.#progress.checkComplete();
    return this.#parity.subarray(0, this.#progress.columns * this.roots);
  }

  close(): void {
    this.#progress.close();
  }

  #absorbRow(row: Uint8Array): void {
    const parity = this.#parity;
    const products = this.#products;
    const last = this.roots - 1;
    let at = 0;
    for (let column = 0; column < row.length; column++) {
      const feedback = (row[column] as number) ^ (parity[at] as number);
      for (let table = feedback; table < 256 * last; table += 256, at++) {
        parity[at] = (parity[at + 1] as number) ^ (products[table] as number);
      }
      parity[at++] = products[256 * last + feedback] as number;
    }
  }
}
