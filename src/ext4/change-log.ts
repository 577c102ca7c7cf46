/** How a change that fails is taken back: what was noted on the way, in reverse order. */

/** The steps of the change under way. One at a time. */
export class ChangeLog {
  readonly #undos: (() => void)[] = [];
  #open = false;
  #epoch = 0;

  /** True from `begin` to `commit` or `abandon`. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Grows with each beginning, savepoint and rollback: what was noted under a lower one is to be noted anew. */
  get epoch(): number {
    return this.#epoch;
  }

  begin(): void {
    this.#open = true;
    this.#epoch += 1;
  }

  /** How to take back what is done now. Outside of a change nothing ever is. */
  note(undo: () => void): void {
    if (this.#open) this.#undos.push(undo);
  }

  /** A point to which a part of the change can be taken back. */
  savepoint(): number {
    this.#epoch += 1;
    return this.#undos.length;
  }

  /** Takes back what came after a savepoint. */
  rollback(savepoint: number): void {
    while (this.#undos.length > savepoint) this.#undos.pop()?.();
    this.#epoch += 1;
  }

  commit(): void {
    this.#undos.length = 0;
    this.#open = false;
  }

  /** Takes back all of it. */
  abandon(): void {
    this.rollback(0);
    this.#open = false;
  }
}
