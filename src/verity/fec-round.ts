/**
 * One round of parity in private memory: the blocks of its rows, and what the
 * parity says of them. Byte c of all its blocks is one codeword; the round is
 * mended as a whole or not at all, as the kernel's `fec_decode_rsb` does it.
 *
 * Memory: 255 − roots blocks, twice over up to 1 MiB.
 */
import { createParityEncoder } from "../crypto/reed-solomon.ts";
import { ReedSolomonDecoder } from "../crypto/reed-solomon-decoder.ts";
import type { ParityEncoder } from "../crypto/reed-solomon-encoder.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { readBlocks } from "./block-reads.ts";
import type { FecLayout, FecParameters } from "./fec-layout.ts";
import { FecMessage } from "./fec-message.ts";

/** A block that decoding changed. */
export interface MendedBlock {
  readonly bytes: Uint8Array;
  /** How many of its bytes were wrong. */
  readonly correctedBytes: number;
}

/** How many bytes of rows the encoder is given at a time. */
const batchSizeBytes = 1_048_576;
/** What an offset of parity is a multiple of. */
const sectorSizeBytes = 512;

/** See the head of this file. One owner, one round at a time. */
export class FecRound {
  readonly #layout: FecLayout;
  readonly #message: FecMessage;
  readonly #fec: FecParameters;
  readonly #encoder: ParityEncoder;
  readonly #decoder: ReedSolomonDecoder;
  /** The round's blocks, row by row; those behind the message's end are zeros. */
  readonly #rows: Uint8Array;
  /** Per byte column `roots` bytes: the received codeword modulo the generator. */
  readonly #remainders: Uint8Array;
  #lostRows: readonly number[] = [];

  private constructor(layout: FecLayout, message: FecMessage, fec: FecParameters, encoder: ParityEncoder) {
    this.#layout = layout;
    this.#message = message;
    this.#fec = fec;
    this.#encoder = encoder;
    this.#decoder = new ReedSolomonDecoder(layout.roots);
    this.#rows = new Uint8Array(layout.rows * layout.blockSize);
    this.#remainders = new Uint8Array(layout.roundParitySizeBytes);
  }

  static async create(
    layout: FecLayout,
    data: BlockDevice,
    hash: BlockDevice,
    fec: FecParameters,
  ): Promise<FecRound> {
    const { roots, rows, blockSize } = layout;
    const batchRows = Math.min(rows, Math.max(1, Math.floor(batchSizeBytes / blockSize)));
    const encoder = await createParityEncoder({
      roots,
      capacityBytes: batchRows * blockSize,
      maxColumns: blockSize,
    });
    return new FecRound(layout, new FecMessage(layout, data, hash), fec, encoder);
  }

  /** Rows that could not be read. */
  get lostRows(): readonly number[] {
    return this.#lostRows;
  }

  /** The block in a row as it was read: a view that holds until the next `load`. */
  row(row: number): Uint8Array {
    const { blockSize } = this.#layout;
    return this.#rows.subarray(row * blockSize, (row + 1) * blockSize);
  }

  /**
   * Reads a round's blocks and parity.
   *
   * @param known gives the true bytes of a message block where they are known: it is not read.
   * @returns false where its parity cannot be read.
   * @throws what no single block is to blame for: see `readBlocks`.
   */
  async load(
    round: number,
    known: (block: number) => Uint8Array | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const layout = this.#layout;
    const lost: number[] = [];
    this.#lostRows = lost;
    for (let row = 0; row < layout.rows; row++) {
      const block = layout.blockAt(row, round);
      const bytes = this.row(row);
      const trueBytes = known(block);
      if (trueBytes !== undefined) bytes.set(trueBytes);
      else if ((await this.#message.readWhatCanBe(block, bytes, signal)).length > 0) lost.push(row);
    }
    const parity = new Uint8Array(layout.roundParitySizeBytes);
    const offsetBytes = this.#fec.offsetBytes + round * parity.length;
    const unread = await readBlocks(
      this.#fec.device,
      offsetBytes / sectorSizeBytes,
      sectorSizeBytes,
      parity,
      signal,
    );
    if (unread.length > 0) return false;
    this.#findRemainders(parity);
    return true;
  }

  /**
   * Finds the codewords nearest to the columns that were loaded.
   *
   * @param erasures rows that are known to be wrong.
   * @returns the rows that differ from what was read; `undefined` where a column has no codeword
   *   within reach. Beyond the code's reach these may be wrong: hold each against its digest.
   */
  decode(erasures: readonly number[]): Map<number, MendedBlock> | undefined {
    const { roots, rows, blockSize } = this.#layout;
    if (erasures.length > roots) return undefined;
    const decoder = this.#decoder;
    const mended = new Map<number, { bytes: Uint8Array; correctedBytes: number }>();
    for (let column = 0; column < blockSize; column++) {
      const remainder = this.#remainders.subarray(column * roots, (column + 1) * roots);
      const outcome = decoder.decode(remainder, erasures);
      if (outcome.kind === "uncorrectable") return undefined;
      for (let i = 0; i < outcome.count; i++) {
        const row = decoder.positions[i] as number;
        if (row >= rows) continue;
        let block = mended.get(row);
        if (block === undefined) {
          block = { bytes: this.row(row).slice(), correctedBytes: 0 };
          mended.set(row, block);
        }
        block.bytes[column] = (block.bytes[column] as number) ^ (decoder.values[i] as number);
        block.correctedBytes++;
      }
    }
    return mended;
  }

  close(): void {
    this.#encoder.close();
  }

  /** The parity of the rows as read, XOR the parity as read. */
  #findRemainders(parity: Uint8Array): void {
    const { rows, blockSize } = this.#layout;
    const encoder = this.#encoder;
    encoder.begin(blockSize);
    const batchRows = encoder.input.length / blockSize;
    for (let row = 0; row < rows; row += batchRows) {
      const count = Math.min(batchRows, rows - row);
      encoder.input.set(this.#rows.subarray(row * blockSize, (row + count) * blockSize));
      encoder.absorb(0, count);
    }
    const computed = encoder.parity();
    for (let i = 0; i < parity.length; i++) {
      this.#remainders[i] = (computed[i] as number) ^ (parity[i] as number);
    }
  }
}
