/** What the demonstration did, for a person as it happens or for a machine at the end. */

interface Step {
  readonly step: string;
  readonly seconds: number;
  /** Absent where the step's speed says nothing. */
  readonly mbPerSecond?: number;
}

interface Check {
  readonly check: string;
  readonly holds: boolean;
}

/** Gathers steps, facts and checks, and prints them. */
export class DemoReport {
  readonly #json: boolean;
  readonly #steps: Step[] = [];
  readonly #checks: Check[] = [];
  readonly #facts = new Map<string, string | number>();

  constructor(json: boolean) {
    this.#json = json;
  }

  /** Runs a step that goes over `bytes` bytes and says how long it took. */
  async timed<Result>(step: string, bytes: number, work: () => Promise<Result>): Promise<Result> {
    const startMs = performance.now();
    const result = await work();
    this.#took(step, bytes, startMs);
    return result;
  }

  /** The same for work that blocks. */
  timedSync<Result>(step: string, bytes: number, work: () => Result): Result {
    const startMs = performance.now();
    const result = work();
    this.#took(step, bytes, startMs);
    return result;
  }

  fact(name: string, value: string | number): void {
    this.#facts.set(name, value);
    this.note(`${name}: ${value}`);
  }

  note(text: string): void {
    if (!this.#json) process.stdout.write(`        ${text}\n`);
  }

  check(check: string, holds: boolean): void {
    this.#checks.push({ check, holds });
    if (!this.#json) process.stdout.write(`  ${holds ? "ok    " : "FAILED"}${check}\n`);
  }

  /** Prints what is left to print. True where every check held. */
  finish(): boolean {
    const ok = this.#checks.length > 0 && this.#checks.every(({ holds }) => holds);
    if (this.#json) {
      const report = { ok, ...Object.fromEntries(this.#facts), steps: this.#steps, checks: this.#checks };
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    } else {
      process.stdout.write(ok ? "All of it holds.\n" : "Something does not hold: see FAILED above.\n");
    }
    return ok;
  }

  #took(step: string, bytes: number, startMs: number): void {
    const seconds = (performance.now() - startMs) / 1000;
    const mbPerSecond = bytes / seconds / 1e6;
    this.#steps.push({ step, seconds, ...(bytes > 0 ? { mbPerSecond } : {}) });
    if (this.#json) return;
    const speed = bytes > 0 ? `, ${mbPerSecond.toFixed(0)} MB/s` : "";
    process.stdout.write(`        ${step}: ${seconds.toFixed(2)} s${speed}\n`);
  }
}
