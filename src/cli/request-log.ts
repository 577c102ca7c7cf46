/** What comes of requests, as the agent tells of it: a line an event, and of one that is refused where it stood. */
import type { AgentEvent } from "../agent/index.ts";
import { eventText } from "./agent-log.ts";

/** A request on its way. */
export interface SentRequest {
  /** Undefined for one that stood in no file. */
  readonly line: number | undefined;
  /** What was told of it: one that waits for a process is done when its turn is. */
  outcome?: "done" | "refused";
}

/** See the head of this file. Requests are sent one after the other: the events say in this order what came of them. */
export class RequestLog {
  readonly #say: (text: string) => void;
  readonly #isJson: boolean;
  /** Those that nothing was told of yet. */
  readonly #sent: SentRequest[] = [];
  #wake: (() => void)[] = [];
  #refused = 0;
  #isEnded = false;

  constructor(say: (text: string) => void, isJson: boolean) {
    this.#say = say;
    this.#isJson = isJson;
  }

  /** How many were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** One was sent. */
  add(line: number | undefined): SentRequest {
    const sent = { line };
    this.#sent.push(sent);
    return sent;
  }

  /** Until it was told of all that were sent. */
  async settled(): Promise<void> {
    while (this.#sent.length > 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Prints events until there are no more. */
  async print(events: AsyncIterable<AgentEvent>): Promise<void> {
    for await (const event of events) {
      const { kind } = event;
      const sent = kind === "done" || kind === "refused" ? this.#sent.shift() : undefined;
      const isLine = kind === "refused" && sent?.line !== undefined;
      this.#tell(isLine ? { ...event, line: sent.line } : event);
      if (kind === "refused") this.#refused += 1;
      if (sent === undefined) continue;
      sent.outcome = kind as "done" | "refused";
      this.#wakeAll();
    }
    this.#isEnded = true;
    this.#wakeAll();
  }

  #tell(event: AgentEvent & { readonly line?: number }): void {
    this.#say(this.#isJson ? JSON.stringify(event) : eventText(event));
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const each of wake) each();
  }
}
