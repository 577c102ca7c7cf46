/** A progress bar on standard error, for work that takes more than a second, on a terminal only. */
import { byteQuantity, clockDuration } from "./byte-quantity.ts";
import type { Terminal } from "./terminal.ts";

/** Nothing is drawn before, so that a quick command leaves no trace on the screen. */
const quietMs = 1000;
const redrawMs = 100;

/** See the head of this file. Disposing takes it off the screen. */
export class ProgressBar implements Disposable {
  readonly #terminal: Terminal;
  readonly #verb: string;
  readonly #startMs = performance.now();
  #drawnMs = 0;

  /** @param verb what is going on, for example `"Verifying"`. */
  constructor(terminal: Terminal, verb: string) {
    this.#terminal = terminal;
    this.#verb = verb;
  }

  /** Says how far the work is. Cheap: it may be called at every step. */
  update(doneBytes: number, totalBytes: number): void {
    const columns = this.#terminal.columns;
    if (columns === undefined) return;
    const nowMs = performance.now();
    if (nowMs - this.#startMs < quietMs || nowMs - this.#drawnMs < redrawMs) return;
    this.#drawnMs = nowMs;
    const elapsedSeconds = (nowMs - this.#startMs) / 1000;
    this.#terminal.status(progressLine(this.#verb, doneBytes, totalBytes, elapsedSeconds, columns));
  }

  /** Takes the bar off the screen. */
  [Symbol.dispose](): void {
    if (this.#drawnMs === 0) return;
    this.#drawnMs = 0;
    this.#terminal.status("");
  }
}

/** One line, at most `columns - 1` wide; the bar itself is what shrinks, then the figures go. */
export function progressLine(
  verb: string,
  doneBytes: number,
  totalBytes: number,
  elapsedSeconds: number,
  columns: number,
): string {
  const share = totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : 1;
  const percent = `${String(Math.floor(share * 100)).padStart(3)}%`;
  const bytesPerSecond = doneBytes / elapsedSeconds;
  const leftSeconds = bytesPerSecond > 0 ? (totalBytes - doneBytes) / bytesPerSecond : Number.NaN;
  const left = Number.isFinite(leftSeconds) ? `, ${clockDuration(leftSeconds)} left` : "";
  const figures = `  ${byteQuantity(doneBytes)} of ${byteQuantity(totalBytes)}, ${byteQuantity(Math.round(bytesPerSecond))}/s${left}`;
  const head = `${verb} ${percent} `;
  const room = columns - 1 - head.length - figures.length - 2;
  if (room < 8) return `${verb} ${percent}`.slice(0, Math.max(0, columns - 1));
  const width = Math.min(40, room);
  const filled = Math.round(share * width);
  return `${head}[${"#".repeat(filled)}${".".repeat(width - filled)}]${figures}`;
}
