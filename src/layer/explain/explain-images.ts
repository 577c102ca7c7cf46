/** Two images: how each was hashed, what it shows of the options it was made with, its paths and its blocks. */
import { equalBytes } from "../../bytes/compare.ts";
import { type BlockDifferences, blockDifferences } from "./block-differences.ts";
import type { ExplainContext } from "./explain-context.ts";
import type { Cause } from "./explanation.ts";
import type { Findings, LookedImage } from "./findings.ts";
import { hashingCauses } from "./hashing-causes.ts";
import { imageOptionCauses } from "./image-causes.ts";
import type { LayerView } from "./layer-view.ts";
import { pathCauses } from "./path-causes.ts";
import { type PathDifferences, pathDifferences } from "./path-differences.ts";

/** Why two images' root hashes differ. */
export async function explainImages(
  a: LookedImage,
  b: LookedImage,
  context: ExplainContext,
): Promise<Findings> {
  const causes: Cause[] = [...hashingCauses(a.view, "A"), ...hashingCauses(b.view, "B")];
  if (equalBytes(a.view.rootHash, b.view.rootHash)) return { ...empty, causes };
  causes.push(...imageOptionCauses(a.side.options, b.side.options));
  const { paths, blocks } = await compareFileSystems(a.view, b.view, context);
  causes.push(...pathCauses(paths, blocks));
  return { ...empty, causes, paths, blocks };
}

const empty: Findings = {
  causes: [],
  match: undefined,
  entries: undefined,
  paths: undefined,
  blocks: undefined,
};

/** Paths and blocks of two file systems. */
export async function compareFileSystems(
  a: LayerView,
  b: LayerView,
  { limit, signal }: ExplainContext,
): Promise<{ paths: PathDifferences | undefined; blocks: BlockDifferences }> {
  const paths = await pathDifferences(a, b, limit, signal);
  return { paths, blocks: await blockDifferences(a, b, limit, signal) };
}
