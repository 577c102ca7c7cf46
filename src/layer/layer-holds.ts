/** Who uses a layer, so that it is not closed under them. */
import { StateError } from "../errors.ts";

/** One use of a layer. Letting go twice is no error. */
export interface LayerHold {
  /** Who uses it, as it was given. */
  readonly holder: string;
  /** Lets go. */
  release(): void;
}

/** Counts the uses of one layer. */
export class LayerHolds {
  readonly #holds: Set<LayerHold> = new Set();
  #closed = false;

  /** Who uses the layer now; one that does so twice stands there twice. */
  get holders(): readonly string[] {
    return [...this.#holds].map(({ holder }) => holder);
  }

  /**
   * Begins a use.
   *
   * @param label names the layer in the error.
   * @throws {StateError} `closed` once the layer was closed.
   */
  add(holder: string, label: string): LayerHold {
    if (this.#closed)
      throw new StateError("closed", `${label} is closed: open it anew`, { at: { layer: label } });
    const hold: LayerHold = { holder, release: () => void this.#holds.delete(hold) };
    this.#holds.add(hold);
    return hold;
  }

  /**
   * Refuses what would close a layer in use.
   *
   * @throws {StateError} `busy`, which says by whom.
   */
  checkFree(label: string): void {
    if (this.#holds.size === 0) return;
    const holders = [...new Set(this.holders)].join(", ");
    throw new StateError("busy", `${label} is in use by ${holders}: close that first`, {
      at: { layer: label },
    });
  }

  /**
   * Lets nobody in any more.
   *
   * @throws as `checkFree`.
   */
  close(label: string): void {
    this.checkFree(label);
    this.#closed = true;
  }
}
