/** The built `sealstone` command as a process. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Runs a process to its end; rejects where it fails. `environment` is added to this process's own. */
export async function runProcess(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  await execute(file, args, { env: { ...process.env, ...environment } });
}

const program = fileURLToPath(new URL("bin/main.js", import.meta.resolve("sealstone")));

/** Arguments for Node that run the command; `preload` is loaded before it. */
export function sealstoneArguments(args: readonly string[], preload?: string): string[] {
  return [...(preload ? ["--import", preload] : []), program, ...args];
}
