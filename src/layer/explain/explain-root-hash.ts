/** A root hash that a layer does not have: whether it has it under other options, or it is no root hash at all. */
import { equalBytes } from "../../bytes/compare.ts";
import { FormatError } from "../../errors.ts";
import { optionCauses } from "./cause-text.ts";
import type { ExplainContext } from "./explain-context.ts";
import type { Cause } from "./explanation.ts";
import type { Findings, LookedImage, LookedTar } from "./findings.ts";
import { hashingCauses } from "./hashing-causes.ts";
import type { LeafTable } from "./leaf-table.ts";
import { otherOptionSets } from "./option-set.ts";
import { tarLeaves } from "./tar-view.ts";
import { rootHashOfLeaves, variantsDiffer } from "./tree-variant.ts";

/** What was found, as far as there is more than nothing. */
export async function rootHashCauses(
  looked: LookedTar | LookedImage,
  wanted: Uint8Array,
  context: ExplainContext,
): Promise<Pick<Findings, "causes" | "match">> {
  return looked.kind === "tar"
    ? tarCauses(looked, wanted, context)
    : { causes: await imageCauses(looked, wanted), match: undefined };
}

async function tarCauses(
  tar: LookedTar,
  wanted: Uint8Array,
  context: ExplainContext,
): Promise<Pick<Findings, "causes" | "match">> {
  const { optionSet, engine, signal } = context;
  const digest = await otherDigest(tar, wanted);
  if (digest) return { causes: [digest], match: undefined };
  if (await isBefore1659(tar.view.leaves, wanted)) {
    return { causes: [before1659], match: { a: optionSet, b: undefined } };
  }
  for (const set of otherOptionSets(optionSet, tar.view.records)) {
    let leaves: LeafTable;
    try {
      leaves = await tarLeaves(tar.input, set, engine, signal);
    } catch (error) {
      if (error instanceof FormatError) continue;
      throw error;
    }
    const old = await isBefore1659(leaves, wanted);
    if (!old && !equalBytes(await rootHashOfLeaves(leaves, "standard"), wanted)) continue;
    const causes = optionCauses(optionSet, set, "The root hash is that of A");
    return { causes: old ? [before1659, ...causes] : causes, match: { a: set, b: undefined } };
  }
  return { causes: [unknownCause(tar)], match: undefined };
}

async function imageCauses({ view }: LookedImage, wanted: Uint8Array): Promise<Cause[]> {
  if (equalBytes(view.rootHash, wanted)) {
    const causes = hashingCauses(view, "A");
    return causes.length > 0 ? causes : [ofData];
  }
  if (await isBefore1659(view.leaves, wanted)) return [before1659];
  const causes = hashingCauses(view, "A");
  if (view.storedRootHash && equalBytes(view.storedRootHash, wanted)) return causes;
  const message =
    "The image's data has another root hash, in every way of hashing that tools for layers have had.";
  const advice =
    "See that it is the image of the layer that the policy means; sealstone layer explain with its tar says which options it was made with.";
  return [...causes, { code: "unknown", message, advice }];
}

async function isBefore1659(leaves: LeafTable, wanted: Uint8Array): Promise<boolean> {
  return variantsDiffer(leaves.count) && equalBytes(await rootHashOfLeaves(leaves, "before-1659"), wanted);
}

async function otherDigest({ input, view }: LookedTar, wanted: Uint8Array): Promise<Cause | undefined> {
  const advice = `Put the root hash in its place: sealstone layer roothash computes it.`;
  if (equalBytes(view.diffId, wanted)) {
    const message =
      "It is no root hash but the SHA-256 of the uncompressed archive: the layer's diff-id, as the image's configuration lists it.";
    return { code: "other-digest", message, advice };
  }
  const stored = await input.storedDigest?.();
  if (stored === undefined || !equalBytes(stored, wanted)) return undefined;
  const message =
    "It is no root hash but the SHA-256 of the compressed archive: the layer's digest, as the image's manifest lists it.";
  return { code: "other-digest", message, advice };
}

function unknownCause({ side }: LookedTar): Cause {
  const implied = side.warnings.counts.get("implied-parent") ?? 0;
  const hint =
    implied > 0
      ? ` The archive implies ${implied} ${implied === 1 ? "folder" : "folders"} without entries: hcsshim before #2270 (September 2024) gave each the time of the run, and with that a root hash that nobody can compute again.`
      : "";
  return {
    code: "unknown",
    message: `No set of options gives that root hash for this archive.${hint}`,
    advice:
      implied > 0
        ? "Compute the policy anew with tools of today; or see that the root hash is this layer's and not a neighbour's."
        : "See that the root hash is this layer's and not a neighbour's (sealstone image roothash lists all), and the archive the one that was pulled.",
  };
}

const before1659: Cause = {
  code: "tree-before-1659",
  message:
    "It is the root hash that hcsshim computed before #1659 (February 2023), when a level that fills its last block got a block of zeros more.",
  advice: "Compute the policy anew with tools of today, and see that the platform's are of today too.",
};

const ofData: Cause = {
  code: "stored-tree",
  message: "It is the root hash of the image's data, but not of the tree that the image brings along.",
  advice: "Build the image anew: its tree is not that of its data.",
};
