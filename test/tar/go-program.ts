/** Readers of Go's own, where Go is installed: programs of this folder, compiled for the run. */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const installed = spawnSync("go", ["version"]).status === 0;

/** True where a test that needs it must be skipped: it is missing, and this is not CI. */
export const skipGo: boolean = !installed && process.env["CI"] === undefined;

/** A program that takes inputs, each behind its length, and prints a line of JSON for each: an `Answer`. */
export class GoProgram<Answer> implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "sealstone-go-"));
  readonly #program: string = join(this.#folder, "program");

  /** @param source its file's name. */
  constructor(source: string) {
    if (!installed) throw new Error("Go is not installed (Debian: golang-go)");
    const env = { ...process.env, GOCACHE: join(this.#folder, "cache"), GO111MODULE: "off", GOFLAGS: "" };
    execFileSync("go", ["build", "-o", this.#program, fileURLToPath(new URL(source, import.meta.url))], {
      env,
    });
  }

  answers(inputs: readonly Uint8Array[]): Promise<Answer[]> {
    return new Promise((resolve, reject) => {
      const options = { maxBuffer: 1 << 30 };
      const child = execFile(this.#program, options, (error, stdout) => {
        if (error) reject(error);
        else
          resolve(
            stdout
              .split("\n")
              .slice(0, -1)
              .map((line) => JSON.parse(line) as Answer),
          );
      });
      for (const input of inputs) {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(input.length);
        child.stdin?.write(length);
        child.stdin?.write(input);
      }
      child.stdin?.end();
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
