/**
 * Leaves on their way between memory and the host's disk: through the cipher's slots, with the
 * leaf's record in the table above held as long as it takes.
 */
import type { SectorCipher } from "../crypto/sector-cipher.ts";
import { SlotPool } from "../device/slot-pool.ts";
import { invariant } from "../errors.ts";
import type { SectorRecords } from "./sector-records.ts";
import type { SectorStore } from "./sector-store.ts";

/** What leaves are read and written by. */
export interface LeafTransferParts {
  /** Reads and writes leaves as its sectors. */
  readonly store: SectorStore;
  /** The store's, with `leafSlots` slots. */
  readonly cipher: SectorCipher;
  /** The store's: the records of leaves. */
  readonly above: SectorRecords;
}

/** Leaves of a level that are read or written at once. */
export const leafSlots = 16;

/** See the head of this file. Calls on the same leaf are the caller's to keep apart. */
export class LeafTransfer {
  readonly #parts: LeafTransferParts;
  readonly #slots: SlotPool = new SlotPool(0, 1, leafSlots);

  constructor(parts: LeafTransferParts) {
    this.#parts = parts;
  }

  /**
   * Fills `into` with a leaf that was written before.
   *
   * @throws as the store's `fetch` and the `hold` of the table above; `into` is as it was then.
   */
  async read(leaf: number, into: Uint8Array): Promise<void> {
    const { above, store } = this.#parts;
    const place = await this.#slots.take(undefined);
    try {
      if (!above.tryHold(leaf)) await above.hold(leaf);
      try {
        invariant(!above.isAbsent(leaf), `leaf ${leaf} has records and has none itself`);
        await store.fetch(place, leaf, 1, undefined);
      } finally {
        above.release(leaf);
      }
      into.set(this.#placed(place));
    } finally {
      this.#slots.giveBack(place);
    }
  }

  /**
   * Writes a leaf as `from` has it when it is sealed.
   *
   * @param begun is called right before that: what is changed from then on is not written.
   * @throws as the store's `put` and the `hold` of the table above.
   */
  async write(leaf: number, from: Uint8Array, begun: () => void): Promise<void> {
    const { above, store } = this.#parts;
    const place = await this.#slots.take(undefined);
    try {
      if (!above.tryHold(leaf)) await above.hold(leaf);
      try {
        begun();
        this.#placed(place).set(from);
        await store.put(place, leaf, 1);
      } finally {
        above.release(leaf);
      }
    } finally {
      this.#slots.giveBack(place);
    }
  }

  /** Where the leaf in a slot of the cipher's is in the clear. */
  #placed(place: number): Uint8Array {
    const { plaintext, sectorSizeBytes } = this.#parts.cipher;
    return plaintext.subarray(place * sectorSizeBytes, (place + 1) * sectorSizeBytes);
  }
}
