/** `sealstone shell`: a prompt over an image's merged layers and a scratch in memory. */
import { createInterface, type Interface } from "node:readline/promises";
import { mountLayers } from "../overlay/mount-layers.ts";
import type { GroupContext } from "./action-group.ts";
import { CommandFailure, type ExitCode, exitCodes, isExplained } from "./exit-codes.ts";
import { openRootLayers, splitOperands, usage } from "./root-layers.ts";
import type { RootOptions } from "./root-options.ts";
import { readingCommands } from "./shell-reading.ts";
import { type ShellCommand, ShellSession } from "./shell-session.ts";
import { writingCommands } from "./shell-writing.ts";

/** As commander hands them over. */
export interface ShellOptions extends RootOptions {
  readonly scratchSize?: number;
}

const sessionCommands: readonly ShellCommand[] = [
  {
    name: "help",
    usage: "[command]",
    summary: "say what there is",
    flags: "",
    operands: [0, 1],
    run: async ({ terminal, commands }, { operands: [name] }) => {
      for (const command of commands.values()) {
        if (name !== undefined && command.name !== name) continue;
        terminal.out(`${`${command.name} ${command.usage}`.padEnd(34)} ${command.summary}`);
      }
    },
  },
  {
    name: "exit",
    usage: "",
    summary: "end; what was changed is gone then",
    flags: "",
    operands: [0, 0],
    run: async (session) => {
      session.exitCode = exitCodes.success;
    },
  },
];

/** Opens the prompt, or carries out the lines of standard input where that is no terminal. */
export async function runShell(
  context: GroupContext,
  operands: readonly string[],
  options: ShellOptions,
): Promise<ExitCode> {
  const { image, rest } = splitOperands(operands, options);
  if (rest.length > 0) throw usage("sealstone shell: with --layer there are no operands.");
  await using layers = await openRootLayers(context, image, options);
  const { scratchSize, json = false } = options;
  const { signal, terminal } = context;
  const size = scratchSize === undefined ? {} : { scratchSizeBytes: scratchSize };
  await using root = await mountLayers(layers.layers, { ...size, signal });
  const commands = [...readingCommands, ...writingCommands, ...sessionCommands];
  const session = new ShellSession({ root, terminal, commands, json });
  return process.stdin.isTTY && process.stdout.isTTY
    ? await prompt(context, session, layers.name)
    : await script(context, session);
}

/** Ends with the first line that fails. */
async function script({ signal }: GroupContext, session: ShellSession): Promise<ExitCode> {
  const lines = createInterface({
    input: process.stdin,
    terminal: false,
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  using _ = closing(lines, signal);
  let number = 0;
  for await (const line of lines) {
    number += 1;
    try {
      await session.run(line, signal);
    } catch (error) {
      if (!isExplained(error) || signal.aborted) throw error;
      throw new CommandFailure(exitCodes.failure, `line ${number}: ${error.message}`, { cause: error });
    }
    if (session.exitCode !== undefined) break;
  }
  signal.throwIfAborted();
  return exitCodes.success;
}

/** Says what goes wrong and goes on. */
async function prompt(
  { terminal, signal }: GroupContext,
  session: ShellSession,
  name: string,
): Promise<ExitCode> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    completer: (line: string) => session.complete(line),
    historySize: 1000,
  });
  using _ = closing(lines, signal);
  let stop: AbortController | undefined;
  const ask = (): void => {
    lines.setPrompt(`${name}:${session.folder}> `);
    lines.prompt();
  };
  // The first interrupts a command, or throws away what was typed.
  lines.on("SIGINT", () => {
    if (stop !== undefined) return stop.abort(new CommandFailure(exitCodes.failure, "stopped"));
    lines.write(null, { ctrl: true, name: "u" });
    ask();
  });
  terminal.out("What you change is kept in memory, sealed, until you leave. `help` says what there is.");
  ask();
  for await (const line of lines) {
    stop = new AbortController();
    try {
      await session.run(line, AbortSignal.any([signal, stop.signal]));
    } catch (error) {
      if (!isExplained(error) || signal.aborted) throw error;
      terminal.err(error.message);
    }
    stop = undefined;
    if (session.exitCode !== undefined) break;
    ask();
  }
  signal.throwIfAborted();
  return exitCodes.success;
}

/** Ends the reading of lines with the session, or when the process is told to stop. */
function closing(lines: Interface, signal: AbortSignal): Disposable {
  const close = (): void => lines.close();
  signal.addEventListener("abort", close, { once: true });
  return {
    [Symbol.dispose]: () => {
      signal.removeEventListener("abort", close);
      close();
    },
  };
}
