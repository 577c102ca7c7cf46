/** The built `sealstone` command as a process. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);

/**
 * Certificates that this machine's owner adds to Node's own: where the variable is set, Node parses all of
 * them when it starts, whatever the program needs of them. With a system's whole list that is 50 ms of every process.
 */
const extraCertificates = "NODE_EXTRA_CA_CERTS";

/**
 * Runs a process to its end; rejects where it fails. `environment` is added to this process's own,
 * without the certificates.
 */
export async function runProcess(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  await execute(file, args, { env: { ...process.env, [extraCertificates]: undefined, ...environment } });
}

const program = fileURLToPath(new URL("bin/main.js", import.meta.resolve("sealstone")));

/** Arguments for Node that run the command; `preload` is loaded before it. */
export function sealstoneArguments(args: readonly string[], preload?: string): string[] {
  return [...(preload ? ["--import", preload] : []), program, ...args];
}
