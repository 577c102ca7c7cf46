/** Commands run as child processes: sealstone as it is built, and veritysetup beside it. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const main = fileURLToPath(new URL("../../dist/bin/main.js", import.meta.url));

/** Runs `sealstone` with these arguments in a folder, as a process. */
export function sealstoneProcess(folder: string, ...args: readonly string[]): Outcome {
  return run(process.execPath, [main, ...args], folder);
}

/** Starts `sealstone`, for tests that do not wait for it to end. Its standard input stays open, and nothing comes. */
export function startSealstone(folder: string, ...args: readonly string[]): ReturnType<typeof spawn> {
  return spawn(process.execPath, [main, ...args], { cwd: folder, stdio: "pipe" });
}

/** A shell command line that runs `sealstone` with these arguments, which hold no quotes. */
export function sealstoneLine(...args: readonly string[]): string {
  return [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ");
}

/** Runs the system's veritysetup. */
export function veritysetup(folder: string, ...args: readonly string[]): Outcome {
  return run("veritysetup", args, folder);
}

/** Runs any program. */
export function run(program: string, args: readonly string[], folder: string): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C", PATH: `${process.env["PATH"]}:/sbin:/usr/sbin` },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

/** Whether a program is there. In CI one that is missing is an error, not a reason to skip. */
export function hasProgram(program: string): boolean {
  const found = spawnSync("sh", ["-c", `PATH="$PATH:/sbin:/usr/sbin"; command -v ${program}`]).status === 0;
  if (!found && process.env["CI"]) throw new Error(`${program} is not installed, and this is CI`);
  return found;
}

/** A folder that is removed with the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
