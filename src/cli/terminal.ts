/** Where a command's lines go: results to standard output, everything said about them to standard error. */

export interface Terminal {
  /** Writes a line, or lines, of the result. */
  out(text: string): void;
  /**
   * Writes bytes of the result; they are the caller's again once it settles.
   *
   * @returns false where nobody reads them any more.
   */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Writes a line, or lines, for the person at the other end. */
  err(text: string): void;
  /** Overwrites the terminal's current line on standard error; no newline. */
  status(text: string): void;
  /** Columns of the terminal on standard error; undefined where that is no terminal. */
  readonly columns: number | undefined;
}

/** The process's own streams. A reader that went away (`| head`) is no error. */
export function processTerminal(): Terminal {
  const ignoreClosedPipe = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") throw error;
  };
  process.stdout.on("error", ignoreClosedPipe);
  process.stderr.on("error", ignoreClosedPipe);
  const drawable = process.stderr.isTTY && process.env["TERM"] !== "dumb";
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    write: (bytes) =>
      new Promise((resolve) => {
        process.stdout.write(bytes, (error) => resolve(!error));
      }),
    err: (text) => void process.stderr.write(`${text}\n`),
    status: (text) => void process.stderr.write(`\r\x1b[K${text}`),
    get columns() {
      return drawable ? process.stderr.columns || 80 : undefined;
    },
  };
}
