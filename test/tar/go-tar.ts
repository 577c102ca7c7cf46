/** Go's own reader, where Go is installed: `go-reader.go`, compiled for the run. */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Listing } from "./listing.ts";

const source = fileURLToPath(new URL("go-reader.go", import.meta.url));
const installed = spawnSync("go", ["version"]).status === 0;

/** True where a test that needs it must be skipped: it is missing, and this is not CI. */
export const skipGo: boolean = !installed && process.env["CI"] === undefined;

/** Lists tars with Go, each in turn. */
export class GoReader implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "sealstone-go-reader-"));
  readonly #program: string = join(this.#folder, "go-reader");

  constructor() {
    if (!installed) throw new Error("Go is not installed (Debian: golang-go)");
    const env = { ...process.env, GOCACHE: join(this.#folder, "cache"), GO111MODULE: "off", GOFLAGS: "" };
    execFileSync("go", ["build", "-o", this.#program, source], { env });
  }

  list(tars: readonly Uint8Array[]): Promise<Listing[]> {
    return new Promise((resolve, reject) => {
      const options = { maxBuffer: 1 << 30 };
      const child = execFile(this.#program, options, (error, stdout) => {
        if (error) reject(error);
        else
          resolve(
            stdout
              .split("\n")
              .slice(0, -1)
              .map((line) => JSON.parse(line) as Listing),
          );
      });
      for (const tar of tars) {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(tar.length);
        child.stdin?.write(length);
        child.stdin?.write(tar);
      }
      child.stdin?.end();
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
