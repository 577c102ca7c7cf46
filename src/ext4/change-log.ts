/** How a change that fails is taken back: what was noted on the way, in reverse order. */

/** Copies of one length that are kept for the next changes to use, in number. */
const keptCopies = 16;

/** The steps of the change under way. One at a time. */
export class ChangeLog {
  readonly #undos: (() => void)[] = [];
  /** What the change under way has copies in, and what the next may have its in. */
  readonly #copies: Uint8Array[] = [];
  readonly #spare: Map<number, Uint8Array[]> = new Map();
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

  /** Inside a change: a copy of bytes, for its undo, which holds until the change ends. */
  copyOf(bytes: Uint8Array): Uint8Array {
    const spare = this.#spare.get(bytes.length)?.pop();
    spare?.set(bytes);
    const copy = spare ?? bytes.slice();
    this.#copies.push(copy);
    return copy;
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
    this.#reuseCopies();
  }

  /** Takes back all of it. */
  abandon(): void {
    this.rollback(0);
    this.#open = false;
    this.#reuseCopies();
  }

  /** Nobody can undo any more. */
  #reuseCopies(): void {
    for (const copy of this.#copies) {
      const spare = this.#spare.get(copy.length);
      if (spare === undefined) this.#spare.set(copy.length, [copy]);
      else if (spare.length < keptCopies) spare.push(copy);
    }
    this.#copies.length = 0;
  }
}
