/** What is handed down from the process to the command and from it to an action. */
import type { EarlyThread } from "./early-thread.ts";
import type { Terminal } from "./terminal.ts";
import type { VerityOptions } from "./verity-options.ts";

/** What a running command is given besides its arguments. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Aborts on a signal from outside, with an error as its reason. */
  readonly signal: AbortSignal;
  readonly version: string;
  /** Keeps the memory of a long run at that of a short one, where the process is the command's own. */
  readonly keepMemorySteady: () => void;
  /** A thread that is starting already, for whoever wants one. */
  readonly earlyThread?: EarlyThread | undefined;
}

/** What commands are made from. Making one takes a while, so only those that may be called are made whole. */
export interface CallContext extends CommandContext {
  /** The command's arguments. */
  readonly args: readonly string[];
}

/** What an action is given. */
export interface ActionContext extends CommandContext {
  readonly options: VerityOptions;
  /** Says something to whoever asked for `--debug`; a line of its own on standard error. */
  readonly debug: (text: string) => void;
}
