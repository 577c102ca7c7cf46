/** A process in name alone, where nobody runs any: it ends when a signal that ends processes is sent to it. */
import type { RunningProcess } from "./container-runner.ts";

/** Signals that end no process by themselves (`signal(7)`): CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG, WINCH. */
const harmless: ReadonlySet<number> = new Set([0, 17, 18, 19, 20, 21, 22, 23, 28]);

/** See the head of this file. */
export class OutsideProcess implements RunningProcess {
  readonly exit: Promise<number>;
  #end: (exitCode: number) => void = () => {};

  constructor() {
    this.exit = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async signal(signal: number): Promise<void> {
    if (!harmless.has(signal)) this.#end(128 + signal);
  }
}
