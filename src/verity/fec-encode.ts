/**
 * Writing parity: a second pass over data and hash area.
 *
 * ## Performance
 * Rounds are encoded in groups of neighbours, so that each of the 255 − roots
 * rows is read as one run of blocks, and while one batch of rows is encoded
 * the next is being read. A message whose rounds fit one group (253 MiB with
 * two roots) is read from its first byte to its last. Memory, whatever the
 * device's size: 2 MiB of rows, and three times a group's parity (6 MiB at
 * most); blocks of more than 256 KiB take more.
 */
import { transferBuffer } from "../bytes/transfer-buffer.ts";
import { createParityEncoder } from "../crypto/reed-solomon.ts";
import type { ParityEncoder } from "../crypto/reed-solomon-encoder.ts";
import type { BlockDevice, WritableBlockDevice } from "../device/block-device.ts";
import { readsDirectly } from "../device/direct.ts";
import { type FecLayout, type FecParameters, fecLayout } from "./fec-layout.ts";
import { FecMessage } from "./fec-message.ts";
import { type GeometryOptions, treeGeometry } from "./geometry.ts";
import { checkParameters, type VerityParameters } from "./identity.ts";
import { defaultPlacement, firstHashBlock, type VerityPlacement } from "./placement.ts";

/** What is encoded: a volume that has been formatted. All of it is the caller's. */
export interface FecEncodeOptions extends GeometryOptions {
  readonly data: BlockDevice;
  /** Holds the finished tree. The same object as `data` where they share a device. */
  readonly hash: BlockDevice;
  readonly parameters: VerityParameters;
  readonly dataBlocks: number;
  /** A superblock at byte 0 unless given. */
  readonly placement?: VerityPlacement;
  readonly fec: FecParameters<WritableBlockDevice>;
  readonly onProgress?: (progress: FecProgress) => void;
  readonly signal?: AbortSignal;
}

/** How far encoding has come, in blocks of the message. */
export interface FecProgress {
  readonly doneBlocks: number;
  readonly totalBlocks: number;
}

/** How many bytes of rows are read at a time; there are two such buffers. */
const batchSizeBytes = 1_048_576;
/** Bound on a group's parity. */
const maxGroupParityBytes = 6_291_456;
/** How long encoding may keep the event loop from timers and abort events. */
const turnMs = 50;

/**
 * Writes the parity of a formatted volume.
 *
 * @throws {UsageError} `invalid-argument` for parameters that cannot be: see `fecLayout`.
 * @throws {FormatError} `does-not-fit` where the devices do not hold data, tree or parity;
 *   nothing is written then.
 * @throws {DeviceError} when a device fails.
 * @throws the signal's reason after an abort.
 */
export async function encodeFec(options: FecEncodeOptions): Promise<void> {
  const { data, hash, fec, parameters, onProgress, signal } = options;
  const placement = options.placement ?? defaultPlacement;
  checkParameters(parameters);
  const first = firstHashBlock(placement, parameters.hashBlockSize);
  const geometry = treeGeometry(parameters, options.dataBlocks, first, options);
  const layout = fecLayout(fec, geometry, placement, data, hash);
  signal?.throwIfAborted();
  const io = signal === undefined ? {} : { signal };
  const plan = new EncodingPlan(layout);
  const direct = readsDirectly(data) && readsDirectly(hash);
  const encoder = await createParityEncoder({
    roots: layout.roots,
    capacityBytes: (direct ? 2 : 1) * plan.batchBytes,
    maxColumns: plan.maxColumns,
  });
  let doneBlocks = 0;
  try {
    const message = new FecMessage(layout, data, hash);
    for await (const batch of readAhead(plan, message, direct ? encoder.input : undefined, signal)) {
      const columns = batch.rounds * layout.blockSize;
      if (batch.row === 0) encoder.begin(columns);
      if (!direct) encoder.input.set(batch.bytes);
      encoder.absorb(direct ? batch.bytes.byteOffset - encoder.input.byteOffset : 0, batch.rows);
      doneBlocks += batch.rows * batch.rounds;
      if (batch.row + batch.rows === batch.usedRows) {
        await writeParity(encoder, layout, batch, fec, io);
      }
      onProgress?.({ doneBlocks: Math.min(doneBlocks, layout.blocks), totalBlocks: layout.blocks });
    }
    await fec.device.flush(io);
  } finally {
    encoder.close();
  }
}

async function writeParity(
  encoder: ParityEncoder,
  layout: FecLayout,
  batch: RowBatch,
  fec: FecParameters<WritableBlockDevice>,
  io: { signal?: AbortSignal },
): Promise<void> {
  encoder.absorbZeros(layout.rows - batch.usedRows);
  const offsetBytes = fec.offsetBytes + batch.firstRound * layout.roundParitySizeBytes;
  // A copy: the encoder's memory is shown to no device but those that read into it.
  await fec.device.write(offsetBytes, encoder.parity().slice(), io);
}

/** Some rows of a group of neighbouring rounds. */
interface RowBatch {
  readonly firstRound: number;
  readonly rounds: number;
  /** The first of the batch's rows. */
  readonly row: number;
  readonly rows: number;
  /** How many of the group's rows hold any of the message; all others are zeros. */
  readonly usedRows: number;
}

/** Which rows are read together. */
class EncodingPlan {
  readonly layout: FecLayout;
  readonly maxColumns: number;
  /** The most bytes of a batch. */
  readonly batchBytes: number;
  readonly #groupRounds: number;

  constructor(layout: FecLayout) {
    const most = Math.floor(Math.min(batchSizeBytes, maxGroupParityBytes / layout.roots) / layout.blockSize);
    this.layout = layout;
    this.#groupRounds = Math.min(layout.rounds, Math.max(1, most));
    this.maxColumns = this.#groupRounds * layout.blockSize;
    this.batchBytes = this.#batchRows(this.#groupRounds) * this.maxColumns;
  }

  /** The batches in the order in which they are encoded. */
  *batches(): Generator<RowBatch> {
    const { layout } = this;
    for (let firstRound = 0; firstRound < layout.rounds; firstRound += this.#groupRounds) {
      const rounds = Math.min(this.#groupRounds, layout.rounds - firstRound);
      const usedRows = Math.ceil((layout.blocks - firstRound) / layout.rounds);
      const most = this.#batchRows(this.#groupRounds);
      for (let row = 0; row < usedRows; row += most) {
        yield { firstRound, rounds, row, rows: Math.min(most, usedRows - row), usedRows };
      }
    }
  }

  #batchRows(rounds: number): number {
    const most = Math.floor(batchSizeBytes / (rounds * this.layout.blockSize));
    return Math.min(this.layout.rows, Math.max(1, most));
  }
}

/**
 * Reads the batches in order, one ahead of the one that is being encoded.
 *
 * @param memory room for two batches, where the devices may read into it; they get buffers of
 *   their own otherwise.
 */
async function* readAhead(
  plan: EncodingPlan,
  message: FecMessage,
  memory: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<RowBatch & { readonly bytes: Uint8Array }> {
  const stop = new AbortController();
  const stopSignal = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const room = memory ?? transferBuffer(2 * plan.batchBytes);
  const buffers = [room.subarray(0, plan.batchBytes), room.subarray(plan.batchBytes)] as const;
  const batches = plan.batches();
  const start = (buffer: Uint8Array): StartedBatch | undefined => {
    const { value: batch } = batches.next();
    if (batch === undefined) return undefined;
    const bytes = buffer.subarray(0, batch.rows * batch.rounds * plan.layout.blockSize);
    return { ...batch, bytes, outcome: settled(readBatch(plan.layout, message, batch, bytes, stopSignal)) };
  };
  let turnEndMs = Date.now() + turnMs;
  let current = start(buffers[0]);
  let next: StartedBatch | undefined;
  try {
    for (let turn = 1; current !== undefined; turn ^= 1) {
      const { error } = await current.outcome;
      signal?.throwIfAborted();
      if (error !== undefined) throw error;
      next = start(buffers[turn as 0 | 1]);
      yield current;
      current = next;
      if (Date.now() >= turnEndMs) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turnEndMs = Date.now() + turnMs;
      }
    }
  } finally {
    stop.abort();
    await next?.outcome;
  }
}

interface StartedBatch extends RowBatch {
  readonly bytes: Uint8Array;
  readonly outcome: Promise<{ readonly error?: unknown }>;
}

async function readBatch(
  layout: FecLayout,
  message: FecMessage,
  batch: RowBatch,
  into: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const first = layout.blockAt(batch.row, batch.firstRound);
  // All rounds in one group: rows follow each other without a gap.
  if (batch.rounds === layout.rounds) return await message.read(first, into, { signal });
  const rowBytes = batch.rounds * layout.blockSize;
  for (let i = 0; i < batch.rows; i++) {
    const row = into.subarray(i * rowBytes, (i + 1) * rowBytes);
    await message.read(first + i * layout.rounds, row, { signal });
  }
}

/** An outcome instead of a rejection: a read ahead may fail before anyone waits for it. */
async function settled(read: Promise<void>): Promise<{ readonly error?: unknown }> {
  try {
    await read;
    return {};
  } catch (error) {
    return { error };
  }
}
