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
    if (this.#running < 0 || this.#waiting.length > 0) await this.#turn(false);
    else this.#running += 1;
    try {
      return await call();
    } finally {
      this.#running -= 1;
      if (this.#waiting.length > 0) this.#beginNext();
    }
  }

  /** Runs a call alone. */
  async change<Result>(call: () => Result | Promise<Result>): Promise<Result> {
    if (this.#running !== 0 || this.#waiting.length > 0) await this.#turn(true);
    else this.#running = -1;
    try {
      return await call();
    } finally {
      this.#running = 0;
      if (this.#waiting.length > 0) this.#beginNext();
    }
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
