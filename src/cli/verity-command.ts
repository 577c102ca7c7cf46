/** `sealstone verity`: its actions, what they take, and their help. */
import { Command } from "commander";
import type { ActionContext, CallContext } from "./context.ts";
import { CommandFailure, type ExitCode, exitCodes, statusLine } from "./exit-codes.ts";
import {
  optionsBeforeAction,
  optionsOf,
  refusedOption,
  type VerityAction,
  type VerityOptions,
} from "./verity-options.ts";

interface ActionEntry {
  readonly name: VerityAction;
  readonly operands: readonly { readonly name: string; readonly what: string; readonly optional?: boolean }[];
  readonly description: string;
  readonly help: string;
  /** Loads its modules only now: help and version need none of them. */
  readonly run: (context: ActionContext, operands: readonly string[]) => Promise<ExitCode>;
}

const dataDevice = { name: "data_device", what: "device or file that is protected" };
const hashDevice = { name: "hash_device", what: "device or file of the superblock and the hash tree" };
const rootHash = { name: "root_hash", what: "the root hash you trust, in hex", optional: true };

const actions: readonly ActionEntry[] = [
  {
    name: "format",
    operands: [dataDevice, hashDevice],
    description: "hash a device and write its tree",
    help: `
Computes the hash tree over <data_device>, writes it to <hash_device> (a file that
is not there is made) and prints the parameters and the root hash. Keep the root
hash where the host of the device cannot change it; with --json the output is the
full identity, which \`verify --identity\` pins.

Stopped or failed, it leaves no superblock, and no file that it made.

Examples:
  sealstone verity format rootfs.img rootfs.hash
  sealstone verity format rootfs.img rootfs.hash --root-hash-file root.txt
  sealstone verity format rootfs.img rootfs.hash --json > identity.json
  sealstone verity format rootfs.img rootfs.hash --fec-device rootfs.fec --fec-roots 24
  sealstone verity format disk.img disk.img --data-blocks 256 --hash-offset 1048576`,
    run: async (context, operands) => (await import("./verity-format.ts")).runFormat(context, operands),
  },
  {
    name: "verify",
    operands: [dataDevice, hashDevice, rootHash],
    description: "check a whole device against its root hash",
    help: `
Reads every block, and reports every one that a read through the tree would refuse,
not the first alone. With --fec-device damaged blocks are repaired in memory and
checked by the tree again; the devices are not written to.

Unless --identity pins it, the geometry (sizes, salt, algorithm) is the superblock's
word, which the root hash does not cover: the result then says so.

Exit codes: 0 all blocks verify (with FEC: after repair); 1 the root hash does not
fit, or wrong parameters; 2 corrupt; 4 a device is missing.

Examples:
  sealstone verity verify rootfs.img rootfs.hash 4e15547f…
  sealstone verity verify rootfs.img rootfs.hash --root-hash-file root.txt
  sealstone verity verify rootfs.img rootfs.hash --identity identity.json --json
  sealstone verity verify rootfs.img rootfs.hash --root-hash-file root.txt \\
      --root-hash-signature root.p7s --root-hash-certificate vendor.pem`,
    run: async (context, operands) => (await import("./verity-verify.ts")).runVerify(context, operands),
  },
  {
    name: "dump",
    operands: [hashDevice],
    description: "show what the superblock says",
    help: `
Prints the superblock's parameters. They are the host's word until a root hash or
an identity has been held against them.

Examples:
  sealstone verity dump rootfs.hash
  sealstone verity dump disk.img --hash-offset 1048576 --json`,
    run: async (context, operands) => (await import("./verity-dump.ts")).runDump(context, operands),
  },
  {
    name: "tree",
    operands: [
      { name: "device", what: "the hash device; or the data device, and then:" },
      { ...hashDevice, optional: true },
      rootHash,
    ],
    description: "draw the hash tree, and what is bad in it",
    help: `
With the hash device alone, draws the tree's shape: levels, where they lie, how many
digests a block holds, and what a corrupt block would take with it. With the data
device before it and the root hash after it (operand, --root-hash-file or --identity)
the whole volume is verified too, and the bad blocks are shown on a map.

Examples:
  sealstone verity tree rootfs.hash
  sealstone verity tree rootfs.hash --block 4711
  sealstone verity tree rootfs.img rootfs.hash 4e15547f… --html tree.html`,
    run: async (context, operands) => (await import("./verity-tree.ts")).runTree(context, operands),
  },
];

/** What veritysetup does in the kernel, and sealstone does not. */
const kernelActions: ReadonlySet<string> = new Set(["open", "create", "close", "remove", "status"]);

/** The `verity` command. `finish` is told the exit code of an action that ran to its end. */
export function verityCommand(context: CallContext, finish: (code: ExitCode) => void): Command {
  const command = new Command("verity")
    .description("dm-verity volumes, as veritysetup makes and checks them")
    .helpOption("-?, --help", "show this help")
    .helpCommand(false)
    .enablePositionalOptions()
    .usage("[options] <action> <operands>")
    .configureHelp({
      subcommandTerm: (child) => `${child.name()} ${child.usage().replace("[options] ", "")}`,
    })
    .addHelpText(
      "after",
      `
Actions and options are veritysetup's, and so are output and exit codes; see
\`sealstone verity <action> --help\`. One thing is stricter: a superblock whose
padding is not zero is refused.`,
    );
  for (const option of optionsBeforeAction()) command.addOption(option);
  for (const action of actions) command.addCommand(actionCommand(action, command, context, finish));
  command.argument("[action]").allowExcessArguments(true);
  command.action((name: string | undefined) => {
    throw new CommandFailure(exitCodes.failure, unknownAction(name));
  });
  return command;
}

function unknownAction(name: string | undefined): string {
  if (name === undefined) return "sealstone verity: Argument <action> missing.\nSee sealstone verity --help.";
  if (kernelActions.has(name)) {
    return `sealstone verity: no action ${name}: it maps devices in the kernel, which is veritysetup's work.\nThe same root hash and options open the volume with \`veritysetup open\`.`;
  }
  return `sealstone verity: Unknown action ${name}.\nThere are format, verify, dump and tree; see sealstone verity --help.`;
}

function actionCommand(
  action: ActionEntry,
  parent: Command,
  context: CallContext,
  finish: (code: ExitCode) => void,
): Command {
  const command = new Command(action.name)
    .description(action.description)
    .helpOption("-?, --help", "show this help")
    .allowExcessArguments(true)
    .addHelpText("after", action.help);
  if (context.args.includes(action.name)) {
    for (const option of optionsOf(action.name)) command.addOption(option);
  }
  for (const operand of action.operands) command.argument(`[${operand.name}]`, operand.what);
  command.usage(
    `[options] ${action.operands.map(({ name, optional }) => (optional ? `[${name}]` : `<${name}>`)).join(" ")}`,
  );
  command.action(async () => {
    const options = mergedOptions(parent, command);
    checkCall(action, command.args, options);
    for (const extra of command.args.slice(action.operands.length)) {
      context.terminal.err(`sealstone: operand ${extra} is not used.`);
    }
    const debug = (text: string): void => {
      if (options.debug) context.terminal.err(`# ${text}`);
    };
    debug(`sealstone ${context.version}, Node ${process.version}: ${action.name} ${command.args.join(" ")}`);
    const code = await action.run({ ...context, options, debug }, command.args);
    const verbose = options.verbose || options.debug;
    if (verbose && !options.json) context.terminal.out(statusLine(code));
    finish(code);
  });
  return command;
}

/** Options before the action and after it are one; of two, the later counts, as with popt. */
function mergedOptions(parent: Command, child: Command): VerityOptions {
  const before = parent.opts<VerityOptions>();
  const after = child.opts<VerityOptions>();
  const certificates = [...(before.rootHashCertificate ?? []), ...(after.rootHashCertificate ?? [])];
  return {
    ...before,
    ...after,
    superblock: before.superblock && after.superblock,
    ...(certificates.length > 0 ? { rootHashCertificate: certificates } : {}),
  };
}

function checkCall(action: ActionEntry, operands: readonly string[], options: VerityOptions): void {
  const required = action.operands.filter(({ optional }) => !optional);
  if (operands.length < required.length) {
    const wanted = action.operands.map(({ name, optional }) => (optional ? `[<${name}>]` : `<${name}>`));
    throw new CommandFailure(
      exitCodes.failure,
      `sealstone verity: ${action.name}: requires ${wanted.join(" ")} as arguments\nSee sealstone verity ${action.name} --help.`,
    );
  }
  const refused = refusedOption(action.name, options);
  if (refused !== undefined) {
    throw new CommandFailure(
      exitCodes.failure,
      `sealstone verity: Option ${refused} is not allowed with ${action.name} action.`,
    );
  }
}
