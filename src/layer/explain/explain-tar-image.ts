/** An archive and an image: first whether some options make the one of the other, then where they part. */
import { equalBytes } from "../../bytes/compare.ts";
import { FormatError } from "../../errors.ts";
import { optionCauses } from "./cause-text.ts";
import { impliedParents } from "./entry-path.ts";
import type { ExplainContext } from "./explain-context.ts";
import { compareFileSystems } from "./explain-images.ts";
import type { Cause, OptionMatch } from "./explanation.ts";
import type { Findings, LookedImage, LookedTar } from "./findings.ts";
import { hashingCauses } from "./hashing-causes.ts";
import { type OptionSet, otherOptionSets } from "./option-set.ts";
import { pathCauses } from "./path-causes.ts";
import { type TarView, tarLeaves, viewTar } from "./tar-view.ts";
import { rootHashOfLeaves } from "./tree-variant.ts";

/** Which of the two the caller named first: causes and lists speak of A and B. */
export type TarOrder = "tar-first" | "image-first";

/** Why an archive's layer has not an image's root hash. */
export async function explainTarAndImage(
  tar: LookedTar,
  image: LookedImage,
  order: TarOrder,
  context: ExplainContext,
): Promise<Findings> {
  const { optionSet } = context;
  const [tarName, imageName] = order === "tar-first" ? ["A", "B"] : ["B", "A"];
  const causes: Cause[] = hashingCauses(image.view, imageName);
  const found = await matchingOptions(tar, image, context);
  if (found !== undefined) {
    causes.push(...optionCauses(optionSet, found, `${imageName} is the layer of ${tarName}`));
    return { causes, match: matchOf(found), entries: undefined, paths: undefined, blocks: undefined };
  }
  const closest = closestOptions(optionSet, image);
  const tarView = await viewAgain(tar, closest, context);
  const views = order === "tar-first" ? ([tarView, image.view] as const) : ([image.view, tarView] as const);
  const { paths, blocks } = await compareFileSystems(views[0], views[1], context);
  causes.push(...optionCauses(optionSet, closest, `${imageName} shows to have been made`));
  const implied = new Set(impliedParents(tarView.records, closest).keys());
  causes.push(...pathCauses(paths, blocks, implied));
  return { causes, match: undefined, entries: undefined, paths, blocks };
}

function matchOf(found: OptionSet): OptionMatch {
  return { a: found, b: undefined };
}

/** Options under which the archive gives the image's data; those of the context among them. */
async function matchingOptions(
  { input, view }: LookedTar,
  image: LookedImage,
  { optionSet, engine, signal }: ExplainContext,
): Promise<OptionSet | undefined> {
  const wanted = image.view.rootHash;
  if (equalBytes(view.rootHash, wanted)) return optionSet;
  for (const set of otherOptionSets(optionSet, view.records)) {
    try {
      const leaves = await tarLeaves(input, set, engine, signal);
      if (equalBytes(await rootHashOfLeaves(leaves, "standard"), wanted)) return set;
    } catch (error) {
      // Not a layer with these: a whiteout's name that no file can have, a disk too small.
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return undefined;
}

/** The options that the image shows, so that what is compared differs in as little as can be. */
function closestOptions(used: OptionSet, { side, view }: LookedImage): OptionSet {
  const names = [...(view.map?.inodes.keys() ?? [])];
  const plain = names.some((path) => path.slice(path.lastIndexOf("/") + 1).startsWith(".wh."));
  const { maximumDiskSizeBytes, inlineData } = side.options;
  const size = maximumDiskSizeBytes ?? used.maximumDiskSizeBytes;
  const sameBlocks = Math.ceil(used.maximumDiskSizeBytes / 2 ** 34) === Math.ceil(size / 2 ** 34);
  return {
    ...used,
    ...(plain && { convertWhiteout: false }),
    inlineData: inlineData ?? used.inlineData,
    maximumDiskSizeBytes: sameBlocks || size === 0 ? used.maximumDiskSizeBytes : size,
  };
}

async function viewAgain(
  { input, view }: LookedTar,
  set: OptionSet,
  { optionSet, engine, signal }: ExplainContext,
): Promise<TarView> {
  if (Object.entries(set).every(([name, value]) => optionSet[name as keyof OptionSet] === value)) return view;
  try {
    return await viewTar(input, set, engine, signal);
  } catch (error) {
    if (error instanceof FormatError) return view;
    throw error;
  }
}
