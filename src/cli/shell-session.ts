/** A session over a mounted root: where one is, and commands carried out line by line. */
import { Buffer } from "node:buffer";
import type { MountedOverlay } from "../overlay/mounted-overlay.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { escapeWord, lastWord, splitWords } from "./shell-words.ts";
import type { Terminal } from "./terminal.ts";

/** What a session is made of. */
export interface ShellParts {
  readonly root: MountedOverlay;
  readonly terminal: Terminal;
  readonly commands: readonly ShellCommand[];
  /** Results as JSON, where a command has one. */
  readonly json: boolean;
}

/** A command of the shell's. */
export interface ShellCommand {
  readonly name: string;
  /** Operands, as help shows them. */
  readonly usage: string;
  readonly summary: string;
  /** Letters that may stand behind a hyphen. */
  readonly flags: string;
  /** How many operands it takes. */
  readonly operands: readonly [least: number, most: number];
  readonly run: (session: ShellSession, call: ShellCall) => Promise<void>;
}

/** A command with its words. */
export interface ShellCall {
  readonly operands: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** See the head of this file. */
export class ShellSession {
  readonly root: MountedOverlay;
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly commands: ReadonlyMap<string, ShellCommand>;
  /** The directory that paths begin in: absolute, without a slash at its end but for the root. */
  folder = "/";
  /** Set once the session is over: the code that it ends with. */
  exitCode: number | undefined;

  constructor({ root, terminal, commands, json }: ShellParts) {
    this.root = root;
    this.terminal = terminal;
    this.json = json;
    this.commands = new Map(commands.map((command) => [command.name, command]));
  }

  /** A path from the root, of one that may begin in the session's folder. `..` is left for the tree to walk. */
  path(text: string): string {
    return text.startsWith("/") ? text : `${this.folder === "/" ? "" : this.folder}/${text}`;
  }

  /**
   * Carries out a line.
   *
   * @throws {CommandFailure} for what is no command, or is not called as it must be.
   * @throws what the command's work throws.
   */
  async run(line: string, signal: AbortSignal): Promise<void> {
    const [name, ...words] = splitLine(line);
    if (name === undefined) return;
    const command = this.commands.get(name);
    if (command === undefined) throw failure(`${name}: no such command; \`help\` lists them`);
    await command.run(this, { ...readWords(command, words), signal });
  }

  /** What a line may go on with: commands at first, then paths. In readline's form: candidates, and what they replace. */
  async complete(line: string): Promise<[candidates: string[], replaced: string]> {
    const { written, text, isFirst } = lastWord(line);
    if (isFirst) return [[...this.commands.keys()].filter((name) => name.startsWith(text)).sort(), written];
    const slash = text.lastIndexOf("/") + 1;
    const [above, begun] = [text.slice(0, slash), text.slice(slash)];
    try {
      const entries = await this.root.readdir(this.path(above), { withFileTypes: true });
      const names = entries
        .filter(({ name }) => name.startsWith(begun))
        .map((entry) => escapeWord(above + entry.name) + (entry.isDirectory() ? "/" : ""));
      return [names.sort(), written];
    } catch {
      // Where there is no such directory there is nothing to go on with.
      return [[], written];
    }
  }
}

function splitLine(line: string): string[] {
  try {
    return splitWords(line);
  } catch (error) {
    throw failure(error instanceof Error ? error.message : String(error));
  }
}

/** Flags may stand anywhere before `--`. */
function readWords(
  { name, usage, flags: known, operands: [least, most] }: ShellCommand,
  words: readonly string[],
): Omit<ShellCall, "signal"> {
  const flags = new Set<string>();
  const operands: string[] = [];
  const end = words.includes("--") ? words.indexOf("--") : words.length;
  for (const [index, word] of words.entries()) {
    if (index === end) continue;
    if (index > end || !/^-[A-Za-z]+$/.test(word)) operands.push(word);
    else for (const letter of word.slice(1)) flags.add(letter);
  }
  const isKnown = [...flags].every((letter) => known.includes(letter));
  if (isKnown && operands.length >= least && operands.length <= most) return { operands, flags };
  throw failure(`usage: ${name}${usage === "" ? "" : ` ${usage}`}`);
}

/** A failure that is the person's to mend. */
export function failure(message: string): CommandFailure {
  return new CommandFailure(exitCodes.failure, message);
}

/** Bytes of a name as text that `path` takes; what is no UTF-8 cannot be written in a line. */
export function nameText(name: Uint8Array): string {
  return Buffer.from(name).toString("utf8");
}
