/**
 * A group of actions below `sealstone`, such as `sealstone layer`: each action
 * has a name, operands, options and help, and ends with one of three exit codes.
 */
import { Command, type Option } from "commander";
import type { CallContext, CommandContext } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";

/** What a group's action is given besides its operands and options. */
export interface GroupContext extends CommandContext {
  /** Says something to whoever asked for `--debug`; a line of its own on standard error. */
  readonly debug: (text: string) => void;
}

/** What every action of a group takes besides its own options. */
export interface GroupOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
}

/** One action, as data. */
export interface GroupAction<Options extends GroupOptions> {
  readonly name: string;
  /** In commander's form: `<tar>`, `[path]`, `<tars...>`; what each is, by its bare name. */
  readonly operands: readonly (readonly [form: string, what: string])[];
  readonly summary: string;
  /** Follows the options: what it does in full, and examples. */
  readonly help: string;
  /** Its own; `--json` and `--debug` are added. */
  readonly options: readonly Option[];
  /**
   * Loads its modules only now (`await import`): help and version need none of them.
   * `operands` are the words as given, those of a repeated operand included.
   */
  readonly run: (context: GroupContext, operands: readonly string[], options: Options) => Promise<ExitCode>;
}

/** Makes an action's commander command; `finish` is told the exit code of an action that ran to its end. */
export type ActionMaker = (context: CallContext, finish: (code: ExitCode) => void) => Command;

/** An action, ready to be put in a group: keeps the type of its options to itself. */
export function groupAction<Options extends GroupOptions>(action: GroupAction<Options>): ActionMaker {
  return (context, finish) => {
    const command = new Command(action.name)
      .description(action.summary)
      .helpOption("-h, --help", "show this help")
      .addHelpText("after", action.help);
    for (const option of action.options) command.addOption(option);
    command
      .option("--json", "print the result as JSON")
      .option("--debug", "say much more, and where an error arose");
    for (const [form, what] of action.operands) command.argument(form, what);
    command.allowExcessArguments(false).action(async () => {
      const options = command.opts<Options>();
      const debug = (text: string): void => {
        if (options.debug) context.terminal.err(`# ${text}`);
      };
      finish(await action.run({ ...context, debug }, command.args, options));
    });
    return command;
  };
}

/** A group of actions. */
export function actionGroup(
  name: string,
  summary: string,
  epilogue: string,
  actions: readonly ActionMaker[],
): ActionMaker {
  return (context, finish) => {
    const command = new Command(name)
      .description(summary)
      .helpOption("-h, --help", "show this help")
      .helpCommand(false)
      .enablePositionalOptions()
      .usage("<action> [options] <operands>")
      .configureHelp({
        subcommandTerm: (child) => `${child.name()} ${child.usage().replace("[options] ", "")}`,
      })
      .addHelpText("after", epilogue);
    for (const action of actions) command.addCommand(action(context, finish));
    return command;
  };
}
