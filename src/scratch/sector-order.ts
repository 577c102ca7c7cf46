/**
 * The order of calls on the same sectors: first come, first served. Calls that
 * only read may run side by side; one that writes waits for all before it, and
 * all after it wait for it.
 */

/** A call's place in the order. */
export interface SectorTurn {
  readonly firstSector: number;
  /** Past the last one. */
  readonly endSector: number;
  readonly writes: boolean;
  /** Settles when the call is over; never rejects. */
  readonly over: Promise<void>;
  /** Ends the call: once nothing of it touches the device or its memory any more. */
  end(): void;
}

/** The calls under way and in wait, in the order in which they came. */
export class SectorOrder {
  readonly #turns: Set<SectorTurn> = new Set();

  /** Takes a place behind everyone who came before; `ready` settles when it is this call's turn. */
  enter(firstSector: number, endSector: number, writes: boolean): { turn: SectorTurn; ready: Promise<void> } {
    const before: Promise<void>[] = [];
    for (const other of this.#turns) {
      const apart = other.endSector <= firstSector || endSector <= other.firstSector;
      if (!apart && (writes || other.writes)) before.push(other.over);
    }
    let settle = (): void => {};
    const over = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const turn: SectorTurn = {
      firstSector,
      endSector,
      writes,
      over,
      end: () => {
        this.#turns.delete(turn);
        settle();
      },
    };
    this.#turns.add(turn);
    return { turn, ready: before.length === 0 ? Promise.resolve() : Promise.all(before).then(() => {}) };
  }
}
