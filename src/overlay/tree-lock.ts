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
    if (!this.#enters(true)) await this.#turn(true);
    try {
      return await call();
    } finally {
      this.#holders -= 1;
      this.#admit();
    }
  }

  /** Runs a call alone. */
  async exclusive<Result>(call: () => Promise<Result>): Promise<Result> {
    if (!this.#enters(false)) await this.#turn(false);
    try {
      return await call();
    } finally {
      this.#holders = 0;
      this.#admit();
    }
  }

  #turn(isShared: boolean): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ isShared, go });
    });
  }

  /** Whoever comes and finds nobody waiting and the lock to be had, holds it. */
  #enters(isShared: boolean): boolean {
    return this.#waiting.length === 0 && this.#takes(isShared);
  }

  /** Whoever may hold the lock now, holds it. */
  #takes(isShared: boolean): boolean {
    if (isShared ? this.#holders < 0 : this.#holders !== 0) return false;
    this.#holders = isShared ? this.#holders + 1 : -1;
    return true;
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#takes(next.isShared); ) {
      this.#waiting.shift();
      next.go();
      next = this.#waiting[0];
    }
  }
}
