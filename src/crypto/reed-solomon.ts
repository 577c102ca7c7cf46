/** The parity encoder on the WASM core; the core's own head says how it is done. */
import { Core, type CoreKind } from "./core.ts";
import { generatorProducts } from "./reed-solomon-code.ts";
import {
  checkEncoderOptions,
  type ParityEncoder,
  type ParityEncoderOptions,
  ParityProgress,
} from "./reed-solomon-encoder.ts";

/**
 * Makes a parity encoder with memory of its own. `kind` forces one of the
 * core's modules.
 *
 * @throws {UsageError} `invalid-argument` for roots that are no integer from 2 to 24,
 *   or sizes that cannot be; `unsupported` where the engine has not the memory.
 */
export async function createParityEncoder(
  options: ParityEncoderOptions,
  kind: CoreKind = "auto",
): Promise<ParityEncoder> {
  checkEncoderOptions(options);
  const { roots, maxColumns, capacityBytes } = options;
  const parityBytes = roots * maxColumns;
  const products = generatorProducts(roots);
  const core = await Core.create(
    2 * parityBytes + maxColumns + products.length + capacityBytes + 64 * 2,
    kind,
  );
  return new CoreEncoder(options, core, products);
}

/** The owner's region: state, interleaved parity, a row of zeros, products, input. */
class CoreEncoder implements ParityEncoder {
  readonly roots: number;
  readonly input: Uint8Array;
  readonly #core: Core;
  readonly #progress: ParityProgress;
  readonly #stateAddress: number;
  readonly #parityAddress: number;
  readonly #zerosAddress: number;
  readonly #productsAddress: number;

  constructor(options: ParityEncoderOptions, core: Core, products: Uint8Array) {
    const { roots, maxColumns, capacityBytes } = options;
    this.roots = roots;
    this.#core = core;
    this.#progress = new ParityProgress(options);
    this.#stateAddress = core.base;
    this.#parityAddress = this.#stateAddress + roots * maxColumns;
    this.#zerosAddress = this.#parityAddress + roots * maxColumns;
    this.#productsAddress = this.#zerosAddress + maxColumns;
    const inputAddress = Math.ceil((this.#productsAddress + products.length) / 64) * 64;
    core.bytes.set(products, this.#productsAddress);
    this.input = core.bytes.subarray(inputAddress, inputAddress + capacityBytes);
  }

  begin(columns: number): void {
    this.#progress.begin(columns);
    this.#core.bytes.fill(0, this.#stateAddress, this.#stateAddress + this.roots * columns);
  }

  absorb(offsetBytes: number, rows: number): void {
    this.#progress.absorb(offsetBytes, rows);
    this.#absorb(this.input.byteOffset + offsetBytes, this.#progress.columns, rows);
  }

  absorbZeros(rows: number): void {
    this.#progress.absorbZeros(rows);
    this.#absorb(this.#zerosAddress, 0, rows);
  }

  parity(): Uint8Array {
    this.#progress.checkComplete();
    const { columns } = this.#progress;
    const { exports, bytes } = this.#core;
    exports.interleaveParity(this.#stateAddress, columns, this.roots, this.#parityAddress);
    return bytes.subarray(this.#parityAddress, this.#parityAddress + this.roots * columns);
  }

  close(): void {
    this.#progress.close();
    this.#core.close();
  }

  #absorb(address: number, stride: number, rows: number): void {
    const { columns } = this.#progress;
    const { exports } = this.#core;
    const { roots } = this;
    exports.absorbRows(this.#stateAddress, columns, roots, address, stride, rows, this.#productsAddress);
  }
}
