/**
 * Calls on a sealed device: each when it is its sectors' turn. An abort answers
 * the caller at once; the work that was begun ends where it can, and until then
 * its sectors, its slots and the device are not let go, since nobody knows what
 * the host still does.
 */
import { untilAborted } from "../device/abortable.ts";
import type { BlockDevice, IoOptions } from "../device/block-device.ts";
import { CallsUnderWay } from "../device/calls-under-way.ts";
import { checkRange } from "../device/range-check.ts";
import { SectorOrder } from "./sector-order.ts";

/** Settles whoever asked, while the work that was begun goes on to its end. */
export interface Call {
  readonly signal: AbortSignal | undefined;
  /** The caller has been answered: `into` and `from` are not ours any more. */
  readonly answered: boolean;
}

/** What a call does to which bytes. */
export interface SectorWork {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly writes: boolean;
  readonly work: (call: Call) => Promise<void>;
  /** Makes good for the caller a call that had begun and failed. */
  readonly undo?: () => void;
}

/** See the head of this file. */
export class SectorCalls {
  readonly #device: BlockDevice;
  readonly #size: number;
  readonly #order: SectorOrder;
  readonly #underWay = new CallsUnderWay();

  /** @param device the sealed device itself: its name and size count. */
  constructor(device: BlockDevice, sectorSizeBytes: number) {
    this.#device = device;
    this.#size = sectorSizeBytes;
    this.#order = new SectorOrder(device.sizeBytes / sectorSizeBytes);
  }

  /**
   * Runs a call on sectors in their turn.
   *
   * @throws {UsageError} `out-of-bounds` for a range outside of the device.
   * @throws {StateError} `closed` after `close`.
   */
  run(sectors: SectorWork, options: IoOptions | undefined): Promise<void> {
    const { offsetBytes, lengthBytes, undo } = sectors;
    const begin = (call: Call): Promise<void> | undefined => {
      checkRange(this.#device, offsetBytes, lengthBytes);
      call.signal?.throwIfAborted();
      return lengthBytes === 0 ? undefined : this.#inTurn(sectors, call);
    };
    return this.runApart(options, begin, undo);
  }

  /**
   * Runs a call that is on no sectors.
   *
   * @param begin gives nothing where there is nothing to do.
   * @param undo as that of `SectorWork`.
   * @throws {StateError} `closed` after `close`.
   */
  async runApart(
    options: IoOptions | undefined,
    begin: (call: Call) => Promise<void> | undefined,
    undo?: () => void,
  ): Promise<void> {
    this.#underWay.enter(this.#device.name);
    const call = { signal: options?.signal, answered: false };
    let working: Promise<void> | undefined;
    try {
      working = begin(call);
      if (working !== undefined) await untilAborted(working, call.signal);
    } catch (error) {
      if (working !== undefined) undo?.();
      throw error;
    } finally {
      call.answered = true;
      const leave = (): void => this.#underWay.leave();
      // Without a signal the work was awaited to its end; with one it may still go on.
      if (working === undefined || call.signal === undefined) leave();
      else working.then(leave, leave);
    }
  }

  /** Lets no call in any more, waits for those under way, their I/O included, and then runs `release`. */
  close(release: () => Promise<void>): Promise<void> {
    return this.#underWay.close(release);
  }

  async #inTurn({ offsetBytes, lengthBytes, writes, work }: SectorWork, call: Call): Promise<void> {
    const firstSector = Math.floor(offsetBytes / this.#size);
    const endSector = Math.ceil((offsetBytes + lengthBytes) / this.#size);
    const turn = this.#order.enter(firstSector, endSector, writes);
    try {
      if (turn.ready !== undefined) await untilAborted(turn.ready, call.signal);
      await work(call);
    } finally {
      turn.end();
    }
  }
}
