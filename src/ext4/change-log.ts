/** How a change that fails is taken back: what was noted on the way, in reverse order. */

/** Copies of one length that are kept for the next changes to use, in number. */
const keptCopies = 16;

/** Steps that are kept until others take their place, in number. */
const keptSteps = 64;

/** The steps of the change under way. One at a time. */
export class ChangeLog {
  readonly #undos: (() => void)[] = [];
  /** How many of them count: an array that is emptied for each change grows anew for each. */
  #steps = 0;
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
    if (this.#open) this.#undos[this.#steps++] = undo;
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
    return this.#steps;
  }

  /** Takes back what came after a savepoint. */
  rollback(savepoint: number): void {
    while (this.#steps > savepoint) {
      this.#steps -= 1;
      this.#undos[this.#steps]?.();
    }
    this.#epoch += 1;
  }

  commit(): void {
    this.#end();
  }

  /** Takes back all of it. */
  abandon(): void {
    this.rollback(0);
    this.#end();
  }

  /** Nobody can undo any more. */
  #end(): void {
    this.#open = false;
    this.#steps = 0;
    // What is left in it keeps alive what it was about.
    if (this.#undos.length > keptSteps) this.#undos.length = 0;
    for (const copy of this.#copies) {
      const spare = this.#spare.get(copy.length);
      if (spare === undefined) this.#spare.set(copy.length, [copy]);
      else if (spare.length < keptCopies) spare.push(copy);
    }
    this.#copies.length = 0;
  }
}
