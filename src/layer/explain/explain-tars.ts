/** Two archives: their entries first, then whether other options make them one. */
import { toHex } from "../../bytes/hex.ts";
import { FormatError } from "../../errors.ts";
import { blockDifferences } from "./block-differences.ts";
import { entryCause, optionCauses } from "./cause-text.ts";
import { diffEntries } from "./entry-difference.ts";
import type { ExplainContext } from "./explain-context.ts";
import type { Cause, OptionMatch } from "./explanation.ts";
import type { Findings, LookedTar } from "./findings.ts";
import { changedOptions, type OptionSet, otherOptionSets } from "./option-set.ts";
import { tarLeaves } from "./tar-view.ts";
import { rootHashOfLeaves } from "./tree-variant.ts";

/** Why two archives' layers differ under the same options. */
export async function explainTars(a: LookedTar, b: LookedTar, context: ExplainContext): Promise<Findings> {
  const { optionSet, limit, signal } = context;
  const entries = diffEntries(a.view.records, b.view.records, optionSet, limit);
  const blocks = await blockDifferences(a.view, b.view, limit, signal);
  const match = await matchOptions(a, b, context);
  const causes: Cause[] = [];
  if (match?.b) {
    causes.push(
      ...optionCauses(optionSet, match.a, "A is the same as B").filter(() => match.a !== match.b),
      ...optionCauses(optionSet, match.b, "B is the same as A"),
    );
  }
  if (entries.first) causes.push(entryCause(entries.first));
  if (causes.length === 0) causes.push(blocksAlone);
  return { causes, match, entries, paths: undefined, blocks };
}

/** No entry says otherwise and yet the layers differ. */
const blocksAlone: Cause = {
  code: "blocks",
  message: "No entry differs in what a layer keeps of it, yet the blocks do.",
  advice: "Please report it, with both archives: this is a gap in the explanation.",
};

/**
 * Name rules under which the archives make equal layers: those that decide what
 * a name means, tried on each side alone.
 */
async function matchOptions(
  a: LookedTar,
  b: LookedTar,
  context: ExplainContext,
): Promise<OptionMatch | undefined> {
  const { optionSet } = context;
  const rootHashes = new Map<string, OptionSet>([[toHex(a.view.rootHash), optionSet]]);
  for (const set of nameSets(optionSet, a)) {
    const rootHash = await tryOptions(a, set, context);
    if (rootHash !== undefined && !rootHashes.has(rootHash)) rootHashes.set(rootHash, set);
  }
  const own = rootHashes.get(toHex(b.view.rootHash));
  if (own) return { a: own, b: optionSet };
  for (const set of nameSets(optionSet, b)) {
    const rootHash = await tryOptions(b, set, context);
    const found = rootHash === undefined ? undefined : rootHashes.get(rootHash);
    if (found) return { a: found, b: set };
  }
  return undefined;
}

/** Disk size and inline data act on both alike, and make nothing equal that was not. */
function nameSets(used: OptionSet, { view }: LookedTar): OptionSet[] {
  const always: readonly (keyof OptionSet)[] = ["maximumDiskSizeBytes", "inlineData"];
  return otherOptionSets(used, view.records).filter((set) =>
    changedOptions(used, set).every((name) => !always.includes(name)),
  );
}

/** The root hash under other options, in hex; undefined where the tar cannot be a layer with them. */
export async function tryOptions(
  { input }: LookedTar,
  set: OptionSet,
  { engine, signal }: ExplainContext,
): Promise<string | undefined> {
  try {
    return toHex(await rootHashOfLeaves(await tarLeaves(input, set, engine, signal), "standard"));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
