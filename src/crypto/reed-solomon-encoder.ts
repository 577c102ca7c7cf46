/**
 * Parity for many codewords at once. A codeword is a column of bytes: its
 * message is one byte from each of 255 − roots rows, and dm-verity's rows are
 * (runs of) blocks. Rows are taken in order, a few at a time, so a message of
 * any size passes through memory that is fixed up front:
 *
 *     for each row, with the parity rows p_0 … p_(roots−1), per column:
 *         feedback = row ^ p_0
 *         p_j      = p_(j+1) ^ g_j · feedback        (p_roots = 0)
 *
 * which is division by the generator polynomial, one symbol a step.
 */
import { StateError, UsageError } from "../errors.ts";
import { checkRoots, messageSymbols } from "./reed-solomon-code.ts";

/** How to make an encoder. All sizes are the caller's own. */
export interface ParityEncoderOptions {
  /** Parity bytes per codeword, 2 to 24. */
  readonly roots: number;
  /** How many bytes `input` holds. */
  readonly capacityBytes: number;
  /** The most columns of a group: a multiple of 64. */
  readonly maxColumns: number;
}

/**
 * Encodes groups of columns. One encoder has one owner; its calls are
 * synchronous, so that whoever fills `input` decides when it may be read.
 */
export interface ParityEncoder {
  readonly roots: number;
  /** Rows are put here; fixed for the encoder's life, never detached. */
  readonly input: Uint8Array;
  /**
   * Begins a group, whatever became of the one before.
   *
   * @param columns how many codewords: a multiple of 64, at most `maxColumns`.
   * @throws {UsageError} `invalid-argument` for any other number.
   */
  begin(columns: number): void;
  /**
   * Takes the group's next rows, which lie one after the other in `input`.
   *
   * @param offsetBytes of the first row; a row has as many bytes as the group has columns.
   * @throws {UsageError} `out-of-bounds` for rows outside `input`, or more than a message has.
   */
  absorb(offsetBytes: number, rows: number): void;
  /** Takes rows of zeros: what stands behind the end of the protected message. */
  absorbZeros(rows: number): void;
  /**
   * The group's parity, once all 255 − roots rows are in: `roots` bytes for
   * column 0, then for column 1, and so on, as they stand on a FEC device.
   *
   * @returns a view that holds until the next call.
   * @throws {UsageError} `invalid-argument` while rows are missing.
   */
  parity(): Uint8Array;
  /** Lets the memory go. Closing twice is no error. */
  close(): void;
}

/** Columns come in multiples of this, whatever does the work. */
const columnStep = 64;

/** @throws {UsageError} `invalid-argument` for options that cannot be. */
export function checkEncoderOptions(options: ParityEncoderOptions): void {
  checkRoots(options.roots);
  const { capacityBytes, maxColumns } = options;
  if (!Number.isSafeInteger(capacityBytes) || capacityBytes < 1) {
    throw new UsageError("invalid-argument", `parity encoder: a capacity of ${capacityBytes} bytes`);
  }
  if (!Number.isSafeInteger(maxColumns) || maxColumns < columnStep || maxColumns % columnStep !== 0) {
    throw new UsageError("invalid-argument", `parity encoder: ${maxColumns} is no multiple of ${columnStep}`);
  }
}

/** Keeps count of a group's rows: the checks that every encoder shares. */
export class ParityProgress {
  readonly #options: ParityEncoderOptions;
  #columns = 0;
  #missing = 0;
  #closed = false;

  constructor(options: ParityEncoderOptions) {
    this.#options = options;
  }

  /** Columns of the group under way. */
  get columns(): number {
    return this.#columns;
  }

  begin(columns: number): void {
    this.#checkOpen();
    const { maxColumns, roots } = this.#options;
    if (!Number.isInteger(columns) || columns < 1 || columns % columnStep !== 0 || columns > maxColumns) {
      throw new UsageError(
        "invalid-argument",
        `parity of ${columns} columns: give a multiple of ${columnStep}, at most ${maxColumns}`,
      );
    }
    this.#columns = columns;
    this.#missing = messageSymbols(roots);
  }

  absorb(offsetBytes: number, rows: number): void {
    this.absorbZeros(rows);
    const endBytes = offsetBytes + rows * this.#columns;
    if (!Number.isInteger(offsetBytes) || offsetBytes < 0 || endBytes > this.#options.capacityBytes) {
      throw new UsageError("out-of-bounds", `${rows} rows of ${this.#columns} bytes at ${offsetBytes}`);
    }
  }

  absorbZeros(rows: number): void {
    this.#checkOpen();
    if (!Number.isInteger(rows) || rows < 0 || rows > this.#missing) {
      throw new UsageError("out-of-bounds", `${rows} rows where the message has ${this.#missing} left`);
    }
    this.#missing -= rows;
  }

  checkComplete(): void {
    this.#checkOpen();
    if (this.#columns === 0 || this.#missing > 0) {
      throw new UsageError("invalid-argument", `parity asked for with ${this.#missing} rows missing`);
    }
  }

  close(): void {
    this.#closed = true;
  }

  #checkOpen(): void {
    if (this.#closed) throw new StateError("closed", "the parity encoder is closed");
  }
}
