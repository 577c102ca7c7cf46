/** The `sealstone` command as it is built, run by the test's own process: twenty times faster than one of its own. */
import { readFileSync } from "node:fs";
import { runCommand } from "../../dist/cli/command.js";
import type { Outcome } from "./child-command.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
/** Paths are the working folder's, and a process has one. */
let underWay = false;

/**
 * Runs `sealstone` with these arguments in a folder. What the process itself
 * answers for (signals, its streams, its end) is for `sealstoneProcess`, and
 * `process.test.ts` holds both to the same outcomes.
 */
export async function sealstone(folder: string, ...args: readonly string[]): Promise<Outcome> {
  if (underWay) throw new Error("a command is under way: they run one after another");
  const stdout: Uint8Array[] = [];
  const stderr: string[] = [];
  const before = process.cwd();
  underWay = true;
  process.chdir(folder);
  try {
    const code = await runCommand(args, {
      terminal: {
        out: (text) => void stdout.push(Buffer.from(`${text}\n`)),
        write: async (bytes) => {
          stdout.push(bytes.slice());
          return true;
        },
        err: (text) => void stderr.push(`${text}\n`),
        status: (text) => void stderr.push(text),
        columns: undefined,
      },
      signal: new AbortController().signal,
      version,
      keepMemorySteady: () => {},
    });
    return { code, stdout: Buffer.concat(stdout).toString(), stderr: stderr.join("") };
  } finally {
    process.chdir(before);
    underWay = false;
  }
}

/** Runs `sealstone verity`. */
export function verity(folder: string, ...args: readonly string[]): Promise<Outcome> {
  return sealstone(folder, "verity", ...args);
}
