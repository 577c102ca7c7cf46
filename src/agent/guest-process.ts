/** A process, whoever runs it. */
import type { ProcessState } from "./agent-state.ts";
import type { RunningProcess } from "./container-runner.ts";

/** See the head of this file. */
export class GuestProcess {
  readonly id: number;
  readonly isInit: boolean;
  readonly arguments: readonly string[];
  /** Settles with the exit code. */
  readonly exit: Promise<number>;
  readonly #running: RunningProcess;
  #exitCode: number | undefined;

  /** @param onExit called once, as soon as it has ended. */
  constructor(
    about: { readonly id: number; readonly isInit: boolean; readonly arguments: readonly string[] },
    running: RunningProcess,
    onExit: (exitCode: number) => void,
  ) {
    this.id = about.id;
    this.isInit = about.isInit;
    this.arguments = about.arguments;
    this.#running = running;
    // A runner that breaks its word says as little as one whose process was killed.
    this.exit = running.exit
      .catch(() => 255)
      .then((exitCode) => {
        this.#exitCode = exitCode;
        onExit(exitCode);
        return exitCode;
      });
  }

  /** Undefined while it runs. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Sends it a signal. */
  async signal(signal: number): Promise<void> {
    if (this.#exitCode === undefined) await this.#running.signal(signal);
  }

  /** Plain data of it. */
  state(): ProcessState {
    const exitCode = this.#exitCode;
    return { id: this.id, arguments: this.arguments, ...(exitCode !== undefined && { exitCode }) };
  }
}
