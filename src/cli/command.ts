/** The `sealstone` command: arguments in, an exit code out. */

import { Command, CommanderError } from "commander";
import type { ActionMaker } from "./action-group.ts";
import { agentCommand } from "./agent-command.ts";
import type { CommandContext } from "./context.ts";
import {
  type ExitCode,
  exitCodeOf,
  exitCodes,
  groupExitCodeOf,
  isExplained,
  statusLine,
} from "./exit-codes.ts";
import { imageCommand } from "./image-command.ts";
import { layerCommand } from "./layer-command.ts";
import { policyCommand } from "./policy-command.ts";
import { rootActions } from "./root-actions.ts";
import type { Terminal } from "./terminal.ts";
import { verityCommand } from "./verity-command.ts";

const epilogue = `
Exit codes:
  0  done; everything that was checked is as it should be
  1  wrong parameters, not a verity device, or a root hash that does not fit
  2  corrupt: at least one block is not what was formatted
  4  a device or file does not exist or cannot be opened
  70  a bug of sealstone's own    130  stopped by a signal
1, 2 and 4 are verity's, as veritysetup has them; other groups say theirs in their own help.

Examples:
  sealstone verity format data.img hash.img --root-hash-file root.txt
  sealstone verity verify data.img hash.img --root-hash-file root.txt
  sealstone verity --help
`;

const groups: readonly { readonly name: string; readonly make: ActionMaker }[] = [
  { name: "verity", make: verityCommand },
  { name: "layer", make: layerCommand },
  { name: "image", make: imageCommand },
  { name: "policy", make: policyCommand },
  { name: "agent", make: agentCommand },
  ...rootActions,
];

/** Runs the command and says with which code the process should end. Never rejects. */
export async function runCommand(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { terminal, version } = context;
  let exitCode: ExitCode = exitCodes.success;
  const program = new Command("sealstone")
    .description("The storage layer of a confidential container's guest.")
    .version(`sealstone ${version}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .enablePositionalOptions()
    .addHelpText("after", epilogue);
  quiet(program, terminal);
  const finish = (code: ExitCode): void => {
    exitCode = code;
  };
  // The help of all shows all; who calls one need not wait for the others to be made.
  const called = groups.filter(({ name }) => name === args[0]);
  for (const { make } of called.length > 0 ? called : groups) {
    program.addCommand(quiet(make({ ...context, args }, finish), terminal));
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error, args, context);
  }
}

/** Makes a command, and those below it, throw where commander would end the process, and print nothing twice. */
function quiet(command: Command, terminal: Terminal): Command {
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text.replace(/\n$/, "")),
    writeErr: (text) => terminal.err(text.replace(/\n$/, "")),
    outputError: () => {},
  });
  for (const child of command.commands) quiet(child, terminal);
  return command;
}

/** A group whose exit codes are not veritysetup's, if it was called. The program's own options take no values. */
function groupOf(args: readonly string[]): string | undefined {
  const name = args.find((arg) => !arg.startsWith("-"));
  return groups.some((group) => group.name === name) && name !== "verity" ? name : undefined;
}

function report(thrown: unknown, args: readonly string[], context: CommandContext): ExitCode {
  const { terminal, signal } = context;
  const error = firstError(thrown);
  const debug = args.includes("--debug");
  const group = groupOf(args);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.success;
    if (error.code !== "commander.help") terminal.err(usageMessage(error, group ?? "verity"));
    return group === undefined ? exitCodes.failure : exitCodes.usage;
  }
  // Whatever fails once the work was told to stop, fails because of that.
  if (signal.aborted) {
    terminal.err("Stopped.");
    return exitCodes.interrupted;
  }
  const code = group === undefined ? exitCodeOf(error) : groupExitCodeOf(error);
  if (isExplained(error)) {
    terminal.err(error.message);
  } else {
    const what = error instanceof Error ? error.message : String(error);
    terminal.err(
      `sealstone: internal error: ${what}\nThis is a bug. Run again with --debug to see where it arose.`,
    );
  }
  if (debug && error instanceof Error) terminal.err(stackOf(error));
  const verbose = debug || args.includes("--verbose") || args.includes("-v");
  if (group === undefined && verbose && !args.includes("--json")) terminal.out(statusLine(code));
  return code;
}

/** The error that began it, where cleaning up after it failed too. */
function firstError(error: unknown): unknown {
  const suppressing = error instanceof Error && error.name === "SuppressedError" && "suppressed" in error;
  return suppressing ? firstError(error.suppressed) : error;
}

/** In popt's words where it has some (`--bogus: unknown option`), with the way on. */
function usageMessage(error: CommanderError, group: string): string {
  const called = rootActions.some(({ name }) => name === group) ? group : `${group} <action>`;
  const unknown = /^error: unknown option '(.*)'/.exec(error.message);
  const text = unknown ? `${unknown[1]}: unknown option` : error.message.replace(/^error: /, "sealstone: ");
  return `${text}\nsealstone --help and sealstone ${called} --help say what there is.`;
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own;
}
