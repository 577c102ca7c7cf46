/**
 * Ranges of bytes as batches of whole sectors in the cipher's slots: how many
 * sectors are in the cipher's memory at once, and so how much memory that is,
 * whatever callers ask.
 */
import { SlotPool } from "../device/slot-pool.ts";
import type { Call } from "./sector-calls.ts";
import type { SectorRecords } from "./sector-records.ts";

/** A batch: large enough for the cipher's peak, small enough for the processor's cache. */
const batchBytes = 256 * 1024;
const batchSlots = 4;
/** Short calls have slots of their own, so that a long one does not hold them up. */
const shortSectors = 2;
const shortSlots = 16;

/** How the cipher's slots are shared out. */
export interface SlotLayout {
  readonly sectorsPerBatch: number;
  readonly batches: number;
  /** Slots that the cipher has in all. */
  readonly capacitySectors: number;
}

/** A part of a range that is in the cipher's memory at once: sectors of one leaf, which is held. */
export interface SectorBatch {
  /** The first of the cipher's slots. */
  readonly slot: number;
  readonly firstSector: number;
  /** Sectors, and so slots. */
  readonly count: number;
  /** Bytes of the first sector before the range. */
  readonly skipBytes: number;
  /** Where the batch's bytes stand in the caller's array. */
  readonly atBytes: number;
  readonly lengthBytes: number;
}

/** Shares out slots for a device of so many sectors. */
export function slotLayout(sectorSizeBytes: number, sectors: number): SlotLayout {
  const sectorsPerBatch = Math.min(Math.max(batchBytes / sectorSizeBytes, shortSectors), sectors);
  const batches = sectors > shortSectors ? batchSlots : 0;
  return { sectorsPerBatch, batches, capacitySectors: shortSlots * shortSectors + batches * sectorsPerBatch };
}

/** See the head of this file. */
export class SectorBatches {
  readonly #size: number;
  readonly #short: SlotPool;
  readonly #long: SlotPool;
  readonly #records: SectorRecords;

  constructor(sectorSizeBytes: number, { sectorsPerBatch, batches }: SlotLayout, records: SectorRecords) {
    const shortBytes = shortSectors * sectorSizeBytes;
    this.#size = sectorSizeBytes;
    this.#records = records;
    this.#short = new SlotPool(0, shortBytes, shortSlots);
    this.#long = new SlotPool(shortSlots * shortBytes, sectorsPerBatch * sectorSizeBytes, batches);
  }

  /** Gives `step` batch after batch of a range; a batch's slots and its leaf are kept until the step has settled. */
  async run(
    offsetBytes: number,
    lengthBytes: number,
    call: Call,
    step: (batch: SectorBatch) => Promise<void>,
  ): Promise<void> {
    const size = this.#size;
    const records = this.#records;
    for (let done = 0; done < lengthBytes; ) {
      const offset = offsetBytes + done;
      const firstSector = Math.floor(offset / size);
      const skipBytes = offset - firstSector * size;
      const ofLeaf = records.sectorsPerLeaf - (firstSector % records.sectorsPerLeaf);
      const left = Math.min(Math.ceil((skipBytes + lengthBytes - done) / size), ofLeaf);
      const pool = left <= shortSectors ? this.#short : this.#long;
      const count = Math.min(left, pool.slotSizeBytes / size);
      const length = Math.min(count * size - skipBytes, lengthBytes - done);
      const place = await pool.take(call.signal);
      try {
        call.signal?.throwIfAborted();
        if (!records.tryHold(firstSector)) await records.hold(firstSector);
        try {
          await step({
            slot: place / size,
            firstSector,
            count,
            skipBytes,
            atBytes: done,
            lengthBytes: length,
          });
        } finally {
          records.release(firstSector);
        }
      } finally {
        pool.giveBack(place);
      }
      done += length;
    }
  }
}
