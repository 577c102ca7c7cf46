/** An agent's events: the latest are kept, for readers as slow as they like. */
import type { AgentEvent, AgentEventKind } from "./agent-event.ts";

/** See the head of this file. */
export class EventLog {
  readonly #maxKept: number;
  #kept: AgentEvent[] = [];
  #count = 0;
  #isEnded = false;
  #wake: (() => void)[] = [];

  constructor(maxKept: number) {
    this.#maxKept = maxKept;
  }

  /** Adds one. */
  add(request: number, event: AgentEventKind): void {
    this.#count += 1;
    this.#kept.push({ sequence: this.#count, request, ...event });
    // In one go now and then: taking off the first each time would move all others.
    if (this.#kept.length > 2 * this.#maxKept) this.#kept = this.#kept.slice(-this.#maxKept);
    this.#wakeReaders();
  }

  /** After the last: readers end once they have read it. */
  end(): void {
    this.#isEnded = true;
    this.#wakeReaders();
  }

  /** All that are kept, and those that come, until the end. */
  async *read(): AsyncGenerator<AgentEvent, void, undefined> {
    let next = 1;
    for (;;) {
      const first = Math.max(1, this.#count + 1 - Math.min(this.#maxKept, this.#kept.length));
      next = Math.max(next, first);
      const event = this.#kept[this.#kept.length - 1 - (this.#count - next)];
      if (next <= this.#count && event !== undefined) {
        next += 1;
        yield event;
      } else if (this.#isEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
    }
  }

  #wakeReaders(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const each of wake) each();
  }
}
