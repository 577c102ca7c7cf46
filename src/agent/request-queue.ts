/** Requests one after the other, in the order in which they came, and not more than can be kept. */
import { DeviceError, StateError, UsageError } from "../errors.ts";

/** How a queue is bounded. */
export interface RequestQueueOptions {
  /** How many may wait, besides the one that runs. */
  readonly maxWaiting: number;
  /** How long one may run. */
  readonly deadlineMs: number;
}

/** What timers can count. */
const longestTimerMs = 0x7fff_ffff;

/** Work of a request. It heeds the signal: what it has begun it undoes. */
export type RequestWork<Result> = (signal: AbortSignal) => Promise<Result>;

/** See the head of this file. */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #closing: AbortController = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** @throws {UsageError} `invalid-argument` for bounds that are none. */
  constructor(options: RequestQueueOptions) {
    const { maxWaiting, deadlineMs } = options;
    if (!(deadlineMs > 0 && deadlineMs <= longestTimerMs) || !(maxWaiting >= 0)) {
      throw new UsageError(
        "invalid-argument",
        `a request has more than 0 and at most ${longestTimerMs} ms, and 0 or more may wait`,
      );
    }
    this.#options = options;
  }

  /**
   * Runs work once all that came before has ended.
   *
   * @param signal aborts the work; before its turn, it is not begun.
   * @throws {StateError} `closed` after `close`; `busy` where too many wait.
   * @throws {DeviceError} `device-timeout` where the work was not done in time.
   */
  run<Result>(work: RequestWork<Result>, signal: AbortSignal | undefined): Promise<Result> {
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
    const { maxWaiting } = this.#options;
    if (this.#count > maxWaiting) {
      throw new StateError(
        "busy",
        `${maxWaiting} requests wait already: send this one again when they are done`,
      );
    }
    this.#count += 1;
    const turn = this.#last.then(() => this.#turn(work, signal));
    this.#last = turn
      .catch(() => undefined)
      .finally(() => {
        this.#count -= 1;
      });
    return turn;
  }

  /** Aborted when the queue is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Aborts what runs, lets nothing more begin, and waits until all has ended. */
  async close(): Promise<void> {
    this.#closing.abort(new StateError("closed", "the guest agent is closed: start a new one"));
    await this.#last;
  }

  async #turn<Result>(work: RequestWork<Result>, signal: AbortSignal | undefined): Promise<Result> {
    const { deadlineMs } = this.#options;
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new DeviceError("device-timeout", `the request took longer than ${deadlineMs} ms`)),
      deadlineMs,
    );
    const signals = [this.#closing.signal, late.signal, ...(signal ? [signal] : [])];
    const any = AbortSignal.any(signals);
    try {
      any.throwIfAborted();
      return await work(any);
    } finally {
      clearTimeout(timer);
    }
  }
}
