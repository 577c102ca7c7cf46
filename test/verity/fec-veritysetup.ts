/** Runs the real `veritysetup` on files of a temporary folder. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type VeritysetupResult, veritysetup } from "./veritysetup.ts";

/** A temporary folder in which veritysetup is run; it goes when the test ends. */
export class VeritysetupFolder implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "sealstone-fec-"));

  write(name: string, bytes: Uint8Array): void {
    writeFileSync(join(this.#folder, name), bytes);
  }

  read(name: string): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(readFileSync(join(this.#folder, name)));
  }

  /** `@` in an argument stands for the folder. */
  run(...args: readonly string[]): Promise<VeritysetupResult> {
    return veritysetup(args.map((arg) => arg.replace("@", `${this.#folder}/`)));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
