/**
 * A fixed number of equal slots in the memory of a hasher or a cipher: how many
 * calls may be under way at once, and so how much memory they take, whatever
 * callers ask. A slot is named by its byte offset in that memory.
 */

/** Whoever waits for a slot, first come, first served. */
type Waiter = (slot: number) => void;

/** Slots that are taken before an I/O and given back once nothing writes there any more. */
export class SlotPool {
  readonly slotSizeBytes: number;
  readonly #free: number[] = [];
  /** A `Set` keeps its order and lets an aborted waiter leave from the middle. */
  readonly #waiting: Set<Waiter> = new Set();
  readonly #count: number;
  readonly #whenIdle: (() => void)[] = [];

  constructor(offsetBytes: number, slotSizeBytes: number, count: number) {
    this.slotSizeBytes = slotSizeBytes;
    this.#count = count;
    for (let i = count - 1; i >= 0; i--) this.#free.push(offsetBytes + i * slotSizeBytes);
  }

  /** A free slot, or -1. Nobody is overtaken: while someone waits, no slot is free. */
  tryTake(): number {
    return this.#free.pop() ?? -1;
  }

  /** Waits for a slot; rejects with `signal.reason` on abort, and then holds none. */
  take(signal: AbortSignal | undefined): Promise<number> {
    const slot = this.tryTake();
    if (slot !== -1) return Promise.resolve(slot);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = (given) => {
        signal?.removeEventListener("abort", leave);
        resolve(given);
      };
      const leave = () => {
        this.#waiting.delete(waiter);
        reject(signal?.reason);
      };
      if (signal?.aborted) return leave();
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Hands the slot to the first waiter, or puts it back. */
  giveBack(slot: number): void {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter);
      waiter(slot);
      return;
    }
    this.#free.push(slot);
    if (this.#free.length === this.#count && this.#whenIdle.length > 0) {
      for (const then of this.#whenIdle.splice(0)) then();
    }
  }

  /** Gives the slot back once `io` has settled: until then the device may still write there. */
  giveBackAfter(io: Promise<unknown>, slot: number): void {
    const settled = () => this.giveBack(slot);
    io.then(settled, settled);
  }

  /** Calls `then` once every slot has been given back: right now, if none is out. */
  whenIdle(then: () => void): void {
    if (this.#free.length === this.#count) then();
    else this.#whenIdle.push(then);
  }
}
