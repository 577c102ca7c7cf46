#!/usr/bin/env node
/** The process around the command: streams, signals, memory, the exit code. */
import { readFileSync } from "node:fs";
import { startEarlyThread } from "./early-thread.ts";
import { exitCodes } from "./exit-codes.ts";
import { keepMemorySteady } from "./steady-memory.ts";
import { processTerminal } from "./terminal.ts";

const interruption = new AbortController();

// The first signal stops the work and lets it clean up; whoever sends a second will not wait for that.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort(new Error(`stopped by ${name}`));
  });
}

const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const version =
  manifest !== null && typeof manifest === "object" && "version" in manifest ? manifest.version : "";

async function main(args: readonly string[]): Promise<void> {
  await using earlyThread = startEarlyThread(args);
  // Only now, since loading the command takes as long as the thread's start.
  const { runCommand } = await import("./command.ts");
  process.exitCode = await runCommand(args, {
    terminal: processTerminal(),
    signal: interruption.signal,
    version: String(version),
    keepMemorySteady,
    earlyThread,
  });
}

void main(process.argv.slice(2));
