/**
 * The options of `sealstone verity`: veritysetup's, by the same names and with
 * the same values, and a few of our own. One table says what each means, and
 * to which actions.
 */
import { InvalidArgumentError, Option } from "commander";
import type { HasherChoice } from "../crypto/hasher-choice.node.ts";
import { hasherChoice, threadCount } from "./option-values.ts";

/** What `sealstone verity` does. */
export type VerityAction = "format" | "verify" | "dump" | "tree";

/** What the command line says; an absent field was not given. Sizes in bytes, `dataBlocks` in blocks. */
export interface VerityOptions {
  readonly hash?: string;
  readonly salt?: string;
  readonly uuid?: string;
  readonly format?: number;
  readonly dataBlockSize?: number;
  readonly hashBlockSize?: number;
  readonly dataBlocks?: number;
  readonly hashOffset?: number;
  /** False with `--no-superblock`. */
  readonly superblock: boolean;
  readonly fecDevice?: string;
  readonly fecOffset?: number;
  readonly fecRoots?: number;
  readonly rootHashFile?: string;
  readonly rootHashSignature?: string;
  readonly rootHashCertificate?: readonly string[];
  readonly identity?: string;
  readonly block?: number;
  readonly html?: string;
  readonly threads?: number;
  readonly hasher?: HasherChoice;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly debug?: boolean;
}

/** Where an action does not use an option: veritysetup lets it pass, or says that it is not allowed. */
type Elsewhere = "ignored" | "refused";

interface OptionEntry {
  readonly flags: string;
  readonly description: string;
  readonly actions: readonly VerityAction[];
  readonly elsewhere: Elsewhere;
  readonly parse?: (text: string, previous: unknown) => unknown;
}

const u32Max = 0xffff_ffffn;
const u64Max = 0xffff_ffff_ffff_ffffn;

/**
 * A decimal number, with what `strtoull` lets pass: white space and a `+`
 * before it. What does not fit a double exactly comes out as `Infinity`, which
 * no check of a size lets through.
 */
function unsigned(maximum: bigint): (text: string) => number {
  return (text) => {
    if (!/^\s*\+?[0-9]+$/.test(text)) throw new InvalidArgumentError("invalid numeric value");
    const value = BigInt(text.replace("+", ""));
    if (value > maximum) throw new InvalidArgumentError("invalid numeric value");
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value);
  };
}

function repeated(text: string, previous: unknown): readonly string[] {
  return [...(Array.isArray(previous) ? previous : []), text];
}

const all: readonly VerityAction[] = ["format", "verify", "dump", "tree"];
const writing: readonly VerityAction[] = ["format"];
const checking: readonly VerityAction[] = ["verify", "tree"];
const building: readonly VerityAction[] = ["format", "verify", "tree"];
const u32: (text: string) => number = unsigned(u32Max);
const u64: (text: string) => number = unsigned(u64Max);

const entries: readonly OptionEntry[] = [
  entry("-h, --hash <name>", "hash algorithm (default: sha256)", building, "ignored"),
  entry("-s, --salt <hex>", "salt, or - for none (format's default: 32 random bytes)", building, "ignored"),
  entry("--uuid <uuid>", "UUID for the superblock (default: a random one)", writing, "ignored"),
  entry(
    "--format <number>",
    "hash type: 1 normal, 0 original Chrome OS (default: 1)",
    building,
    "ignored",
    u32,
  ),
  entry(
    "--data-block-size <bytes>",
    "block size on the data device (default: 4096)",
    building,
    "ignored",
    u32,
  ),
  entry(
    "--hash-block-size <bytes>",
    "block size on the hash device (default: 4096)",
    building,
    "ignored",
    u32,
  ),
  entry(
    "--data-blocks <blocks>",
    "how many blocks of the data device (default: all)",
    building,
    "ignored",
    u64,
  ),
  entry(
    "--hash-offset <bytes>",
    "where the superblock or tree starts on the hash device",
    all,
    "ignored",
    u64,
  ),
  entry("--no-superblock", "no superblock: the parameters are these options' alone", building, "ignored"),
  entry("--fec-device <path>", "device or file of the error correction data", all, "ignored"),
  entry("--fec-offset <bytes>", "where the error correction data start on it", all, "ignored", u64),
  entry("--fec-roots <number>", "parity bytes a codeword, 2 to 24 (default: 2)", all, "ignored", u32),
  entry(
    "--root-hash-file <path>",
    "file of the root hash in hex: written by format, read elsewhere",
    building,
    "refused",
  ),
  entry(
    "--root-hash-signature <path>",
    "detached PKCS#7 signature (DER) over the root hash's hex digits",
    ["verify"],
    "refused",
  ),
  entry(
    "--root-hash-certificate <path>",
    "certificate that may sign, PEM or DER; may be repeated",
    ["verify"],
    "refused",
    repeated,
  ),
  entry(
    "--identity <json>",
    "pin the full identity: a file, or text, as `format --json` prints it",
    checking,
    "refused",
  ),
  entry("--block <number>", "show the path from the root to this data block", ["tree"], "refused", u64),
  entry("--html <path>", "write the tree as a self-contained page", ["tree"], "refused"),
  entry("--threads <count>", "threads that hash (default: one a core)", building, "ignored", threadCount),
  entry(
    "--hasher <name>",
    "who computes SHA-256: wasm, native (node:crypto), or auto, the faster here (default)",
    building,
    "ignored",
    hasherChoice,
  ),
  entry("--json", "print the result as JSON", all, "refused"),
  entry("-v, --verbose", "say more", all, "refused"),
  entry("--debug", "say much more, and where an internal error arose", all, "refused"),
  entry("--check-at-most-once", "", [], "ignored"),
  entry("--cancel-deferred", "", [], "refused"),
  entry("--deferred", "", [], "refused"),
  entry("--ignore-corruption", "", [], "refused"),
  entry("--ignore-zero-blocks", "", [], "refused"),
  entry("--panic-on-corruption", "", [], "refused"),
  entry("--restart-on-corruption", "", [], "refused"),
  entry("--use-tasklets", "", [], "refused"),
];

function entry(
  flags: string,
  description: string,
  actions: readonly VerityAction[],
  elsewhere: Elsewhere,
  parse?: (text: string, previous: unknown) => unknown,
): OptionEntry {
  return { flags, description, actions, elsewhere, ...(parse === undefined ? {} : { parse }) };
}

function optionOf(item: OptionEntry): Option {
  const option = new Option(item.flags, item.description);
  return item.parse === undefined ? option : option.argParser(item.parse);
}

/** The options of one action. Those that it does not use are taken, so that they can be judged, and not shown. */
export function optionsOf(action: VerityAction): Option[] {
  return entries.map((item) => optionOf(item).hideHelp(!item.actions.includes(action)));
}

/** All options, hidden: veritysetup takes them before the action too. */
export function optionsBeforeAction(): Option[] {
  return entries.map((item) => optionOf(item).hideHelp());
}

/** The long name of the first option given that `action` does not allow, as veritysetup has it. */
export function refusedOption(action: VerityAction, given: VerityOptions): string | undefined {
  const values = new Map<string, unknown>(Object.entries(given));
  for (const item of entries) {
    if (item.elsewhere === "ignored" || item.actions.includes(action)) continue;
    const option = optionOf(item);
    if (values.has(option.attributeName())) return option.long;
  }
  return undefined;
}
