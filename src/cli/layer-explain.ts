/** `sealstone layer explain`: why two layers, or a layer and a root hash, differ. */
import { chosenHashers } from "../crypto/hasher-choice.node.ts";
import { createNativeStreamHasher } from "../crypto/native-stream-hasher.node.ts";
import { explainLayer, explainLayers, explainRootHash } from "../layer/explain/explain.ts";
import type { LayerExplanation } from "../layer/explain/explanation.ts";
import type { GroupContext } from "./action-group.ts";
import { startDigestThreads } from "./digest-threads.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { LayerShapeOptions } from "./layer-build-options.ts";
import { type ExplainedInput, openExplained } from "./layer-explain-input.ts";
import { explanationJson } from "./layer-explain-json.ts";
import { explanationText } from "./layer-explain-text.ts";
import { layerRootHash } from "./layer-files.ts";
import { layerOptionsFrom } from "./layer-shape.ts";

/** As commander hands them over. */
export interface LayerExplainOptions extends LayerShapeOptions {
  readonly rootHash?: string;
  readonly all?: boolean;
}

/** Lines of each list, and items of each in JSON, without `--all`. */
const shownLines = 10;
const listedItems = 1000;

/** Explains the one or two operands. */
export async function runLayerExplain(
  context: GroupContext,
  [aPath = "", bPath]: readonly string[],
  options: LayerExplainOptions,
): Promise<ExitCode> {
  checkOperands(aPath, bPath, options);
  const wanted = options.rootHash === undefined ? undefined : await layerRootHash(options);
  await using a = await openExplained(aPath, context);
  await using b = bPath === undefined ? undefined : await openExplained(bPath, context);
  const explanation = await explain(a, b, wanted, context, options);
  const { terminal } = context;
  if (options.json) terminal.out(JSON.stringify(explanationJson(explanation)));
  else terminal.out(explanationText(explanation, options.all ? Number.POSITIVE_INFINITY : shownLines));
  const good = explanation.verdict === "equal" || explanation.verdict === "one";
  return good ? exitCodes.success : exitCodes.failure;
}

async function explain(
  a: ExplainedInput,
  b: ExplainedInput | undefined,
  wanted: Uint8Array | undefined,
  context: GroupContext,
  options: LayerExplainOptions,
): Promise<LayerExplanation> {
  const { signal } = context;
  const imageBytes = [a, b].map((input) => (input?.layer.kind === "image" ? input.sizeBytes : 0));
  await using threads = startDigestThreads(context, options, Math.max(...imageBytes));
  const { convertWhiteout, convertBackslash, maximumDiskSizeBytes, inlineData } = layerOptionsFrom(options);
  const given = {
    options: {
      ...(convertWhiteout !== undefined && { convertWhiteout }),
      ...(convertBackslash !== undefined && { convertBackslash }),
      ...(maximumDiskSizeBytes !== undefined && { maximumDiskSizeBytes }),
      ...(inlineData !== undefined && { inlineData }),
    },
    limit: options.all ? Number.POSITIVE_INFINITY : listedItems,
    engine: {
      createHasher: chosenHashers(options.hasher ?? "auto"),
      createStreamHasher: createNativeStreamHasher,
      digests: threads.digests,
    },
    signal,
  };
  if (b) return explainLayers(a.layer, b.layer, given);
  return wanted ? explainRootHash(a.layer, wanted, given) : explainLayer(a.layer, given);
}

function checkOperands(aPath: string, bPath: string | undefined, { rootHash }: LayerExplainOptions): void {
  if (bPath !== undefined && rootHash !== undefined) {
    throw new CommandFailure(
      exitCodes.usage,
      "sealstone layer explain: give a second layer or --root-hash, not both.",
    );
  }
  if (aPath === "-" && bPath === "-") {
    throw new CommandFailure(
      exitCodes.usage,
      "sealstone layer explain: standard input is one layer, not two.",
    );
  }
}
