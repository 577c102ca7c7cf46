/** The order of an overlay's calls: those that look side by side, one that changes names alone, first come first served. */

interface Waiting {
  readonly isShared: boolean;
  readonly go: () => void;
}

/** One lock, shared or exclusive. It is not to be taken by who holds it. */
export class TreeLock {
  /** Holders who share it; -1 where one has it alone. */
  #holders = 0;
  readonly #waiting: Waiting[] = [];

  /** Runs a call beside others that share. */
  async shared<Result>(call: () => Promise<Result>): Promise<Result> {
    await this.#take(true);
    try {
      return await call();
    } finally {
      this.#holders -= 1;
      this.#admit();
    }
  }

  /** Runs a call alone. */
  async exclusive<Result>(call: () => Promise<Result>): Promise<Result> {
    await this.#take(false);
    try {
      return await call();
    } finally {
      this.#holders = 0;
      this.#admit();
    }
  }

  async #take(isShared: boolean): Promise<void> {
    if (this.#waiting.length === 0 && this.#enters(isShared)) return;
    await new Promise<void>((go) => {
      this.#waiting.push({ isShared, go });
    });
  }

  /** Whoever may hold the lock now, holds it. */
  #enters(isShared: boolean): boolean {
    if (isShared ? this.#holders < 0 : this.#holders !== 0) return false;
    this.#holders = isShared ? this.#holders + 1 : -1;
    return true;
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#enters(next.isShared); ) {
      this.#waiting.shift();
      next.go();
      next = this.#waiting[0];
    }
  }
}
