/**
 * The order of a tree's calls: those that change something run alone, those that
 * only read run together, and each waits for what was asked for before it.
 */

/** See the head of this file. A call that has its turn must not ask for another. */
export class CallOrder {
  /** Readers under way; -1 for a change. */
  #running = 0;
  readonly #waiting: { readonly alone: boolean; readonly begin: () => void }[] = [];

  /** True where nothing is under way and nothing waits. */
  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0;
  }

  /** Runs a call together with others that only read. */
  async read<Result>(call: () => Result | Promise<Result>): Promise<Result> {
    const turn = this.beginRead();
    if (turn !== undefined) await turn;
    try {
      return await call();
    } finally {
      this.endRead();
    }
  }

  /** Runs a call alone. */
  async change<Result>(call: () => Result | Promise<Result>): Promise<Result> {
    const turn = this.beginChange();
    if (turn !== undefined) await turn;
    try {
      return await call();
    } finally {
      this.endChange();
    }
  }

  /**
   * Begins what `read` runs, for a call that has other things to end as well; `endRead` must follow.
   *
   * @returns what its turn is to be waited for by; undefined where it has its turn.
   */
  beginRead(): Promise<void> | undefined {
    if (this.#running < 0 || this.#waiting.length > 0) return this.#turn(false);
    this.#running += 1;
    return undefined;
  }

  endRead(): void {
    this.#running -= 1;
    if (this.#waiting.length > 0) this.#beginNext();
  }

  /** As `beginRead`, for what `change` runs; `endChange` must follow. */
  beginChange(): Promise<void> | undefined {
    if (this.#running !== 0 || this.#waiting.length > 0) return this.#turn(true);
    this.#running = -1;
    return undefined;
  }

  endChange(): void {
    this.#running = 0;
    if (this.#waiting.length > 0) this.#beginNext();
  }

  #turn(alone: boolean): Promise<void> {
    return new Promise((begin) => {
      this.#waiting.push({ alone, begin });
    });
  }

  /** Lets in who may run now. */
  #beginNext(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next.alone ? this.#running !== 0 : this.#running < 0) return;
      this.#waiting.shift();
      this.#running = next.alone ? -1 : this.#running + 1;
      next.begin();
    }
  }
}
