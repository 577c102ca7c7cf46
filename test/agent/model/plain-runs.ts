/** Processes as numbers in the order of their start, and how they end: a signal's number over 128. */

/** A process. */
export interface PlainRun {
  /** The machine for one beside the containers. */
  readonly container: string;
  readonly isInit: boolean;
  readonly command: readonly string[];
  /** Undefined while it runs. */
  exitCode: number | undefined;
}

/** Signals that end what the tests' runner runs. */
const deadly: readonly number[] = [9, 15];

/** All processes that were started. */
export class PlainRuns {
  readonly #runs: PlainRun[] = [];

  /** In the order of their start. */
  get all(): readonly PlainRun[] {
    return this.#runs;
  }

  /** Those of a container, each with its number. */
  of(container: string): readonly (readonly [number: number, run: PlainRun])[] {
    return this.#runs.flatMap((run, number) => (run.container === container ? [[number, run] as const] : []));
  }

  /** Those of a container that have not ended. */
  running(container: string): readonly number[] {
    return this.of(container).flatMap(([number, { exitCode }]) => (exitCode === undefined ? [number] : []));
  }

  start(run: Omit<PlainRun, "exitCode">): void {
    this.#runs.push({ ...run, exitCode: undefined });
  }

  /** One that has ended takes no harm. @returns whether it ended a container with it. */
  signal(run: PlainRun, signal: number): boolean {
    if (run.exitCode !== undefined || !deadly.includes(signal)) return false;
    run.exitCode = 128 + signal;
    // With the first process, all of a container's end.
    if (run.isInit) for (const [, other] of this.of(run.container)) other.exitCode ??= 128 + 9;
    return run.isInit;
  }
}
