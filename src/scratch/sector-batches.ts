/**
 * Ranges of bytes as batches of whole sectors in the cipher's slots: how many
 * sectors are in the cipher's memory at once, and so how much memory that is,
 * whatever callers ask.
 */
import { SlotPool } from "../device/slot-pool.ts";
import type { Call } from "./sector-calls.ts";
import type { SectorRecords } from "./sector-records.ts";

/**
 * A batch where the host takes its time: every call of its device costs as much as sealing some sectors.
 * Where it answers at once what is sealed should still be in the processor's cache when it is copied out:
 * a batch, sealed in place, and the caller's bytes for it are half of a small one.
 */
const batchBytes = 256 * 1024;
const batchBytesAtOnce = 128 * 1024;
const batchSlots = 4;
/** Short calls have slots of their own, so that a long one does not hold them up. */
const shortSectors = 2;
const shortSlots = 16;

/** How the cipher's slots are shared out. */
export interface SlotLayout {
  /** Whether batches of one call are under way at once: of use where the host takes its time. */
  readonly overlaps: boolean;
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

/** Shares out slots for a device of so many sectors, over one that answers at once or not: see `readsAtOnce`. */
export function slotLayout(sectorSizeBytes: number, sectors: number, atOnce: boolean): SlotLayout {
  const bytes = atOnce ? batchBytesAtOnce : batchBytes;
  const sectorsPerBatch = Math.min(Math.max(bytes / sectorSizeBytes, shortSectors), sectors);
  const batches = sectors > shortSectors ? batchSlots : 0;
  const capacitySectors = shortSlots * shortSectors + batches * sectorsPerBatch;
  return { overlaps: !atOnce, sectorsPerBatch, batches, capacitySectors };
}

/** See the head of this file. */
export class SectorBatches {
  readonly #size: number;
  readonly #short: SlotPool;
  readonly #long: SlotPool;
  readonly #records: SectorRecords;
  readonly #overlaps: boolean;

  constructor(
    sectorSizeBytes: number,
    { overlaps, sectorsPerBatch, batches }: SlotLayout,
    records: SectorRecords,
  ) {
    const shortBytes = shortSectors * sectorSizeBytes;
    this.#size = sectorSizeBytes;
    this.#records = records;
    this.#overlaps = overlaps;
    this.#short = new SlotPool(0, shortBytes, shortSlots);
    this.#long = new SlotPool(shortSlots * shortBytes, sectorsPerBatch * sectorSizeBytes, batches);
  }

  /**
   * Gives `step` batch after batch of a range; a batch's slots and its leaf are kept until the step has
   * settled. Where that is of use, the next batches are begun while a step waits for the host. After a
   * failure no batch is begun; it is thrown when the last step has settled.
   */
  run(
    offsetBytes: number,
    lengthBytes: number,
    call: Call,
    step: (batch: SectorBatch) => Promise<void>,
  ): Promise<void> {
    if (lengthBytes === 0) return Promise.resolve();
    const only = this.#partAt(offsetBytes, lengthBytes);
    // Most calls are one batch. A promise more for each costs as much as a quarter of sealing a sector.
    const place = only.lengthBytes === lengthBytes ? only.pool.tryTake() : -1;
    if (place !== -1) return this.#keeping(only, place, 0, call, step);
    return this.#runParts(offsetBytes, lengthBytes, call, step);
  }

  async #runParts(
    offsetBytes: number,
    lengthBytes: number,
    call: Call,
    step: (batch: SectorBatch) => Promise<void>,
  ): Promise<void> {
    const underWay: Promise<void>[] = [];
    let hasFailed = false;
    try {
      for (let done = 0; done < lengthBytes && !hasFailed; ) {
        const part = this.#partAt(offsetBytes + done, lengthBytes - done);
        const free = part.pool.tryTake();
        const place = free === -1 ? await part.pool.take(call.signal) : free;
        const working = this.#keeping(part, place, done, call, step);
        done += part.lengthBytes;
        if (!this.#overlaps || done === lengthBytes) await working;
        else {
          underWay.push(working);
          working.catch(() => {
            hasFailed = true;
          });
        }
      }
    } finally {
      if (underWay.length > 0) await Promise.allSettled(underWay);
    }
    if (hasFailed) await Promise.all(underWay);
  }

  /** What comes next of a range, and the slots for it. */
  #partAt(offsetBytes: number, lengthBytes: number): BatchPart {
    const size = this.#size;
    const { sectorsPerLeaf } = this.#records;
    const firstSector = Math.floor(offsetBytes / size);
    const skipBytes = offsetBytes - firstSector * size;
    const ofLeaf = sectorsPerLeaf - (firstSector % sectorsPerLeaf);
    const left = Math.min(Math.ceil((skipBytes + lengthBytes) / size), ofLeaf);
    const pool = left <= shortSectors ? this.#short : this.#long;
    const count = Math.min(left, pool.slotSizeBytes / size);
    return {
      pool,
      firstSector,
      count,
      skipBytes,
      lengthBytes: Math.min(count * size - skipBytes, lengthBytes),
    };
  }

  /** Runs a step on a part in its slots, and gives them back. */
  async #keeping(
    { pool, firstSector, count, skipBytes, lengthBytes }: BatchPart,
    place: number,
    atBytes: number,
    call: Call,
    step: (batch: SectorBatch) => Promise<void>,
  ): Promise<void> {
    const records = this.#records;
    try {
      call.signal?.throwIfAborted();
      if (!records.tryHold(firstSector)) await records.hold(firstSector);
      try {
        await step({ slot: place / this.#size, firstSector, count, skipBytes, atBytes, lengthBytes });
      } finally {
        records.release(firstSector);
      }
    } finally {
      pool.giveBack(place);
    }
  }
}

/** A batch before it has its slots. */
interface BatchPart extends Omit<SectorBatch, "slot" | "atBytes"> {
  readonly pool: SlotPool;
}
