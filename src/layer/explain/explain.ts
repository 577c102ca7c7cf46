/**
 * Why two layers have different root hashes: the archive's order and fields, the
 * options that it was converted with, the tools that hashed it, or the blocks.
 *
 * Security: nothing here is verified, and nothing that comes of it says that a
 * layer is good. Names and texts are the archive's or the image's.
 */
import { equalBytes } from "../../bytes/compare.ts";
import { type ExplainContext, type ExplainOptions, explainContext } from "./explain-context.ts";
import { explainImages } from "./explain-images.ts";
import { rootHashCauses } from "./explain-root-hash.ts";
import { explainTarAndImage } from "./explain-tar-image.ts";
import { explainTars } from "./explain-tars.ts";
import type { LayerExplanation, LayerSide } from "./explanation.ts";
import type { Findings, Looked } from "./findings.ts";
import { viewImage } from "./image-view.ts";
import type { LayerInput } from "./layer-input.ts";
import { sideOfFailure, sideOfImage, sideOfTar } from "./layer-side.ts";
import { viewTar } from "./tar-view.ts";

const nothing: Findings = {
  causes: [],
  match: undefined,
  entries: undefined,
  paths: undefined,
  blocks: undefined,
};

/**
 * Compares two layers: tars, images, or one of each.
 *
 * @throws {DeviceError} and what the sources throw; malformed inputs are a verdict, not an error.
 */
export async function explainLayers(
  a: LayerInput,
  b: LayerInput,
  options: ExplainOptions = {},
): Promise<LayerExplanation> {
  const context = explainContext(options);
  const ofA = await look(a, context);
  const ofB = await look(b, context);
  const sides = { a: ofA.side, b: ofB.side, wanted: undefined };
  if (ofA.kind === "failed" || ofB.kind === "failed") return malformed(ofA.side, ofB.side);
  if (sameLayer(ofA, ofB)) return { verdict: "equal", ...sides, ...nothing };
  return { verdict: "different", ...sides, ...(await compare(ofA, ofB, context)) };
}

/**
 * Holds a layer against a root hash: which options, or which other digest, it is.
 *
 * @param wanted 32 bytes.
 * @throws as `explainLayers`.
 */
export async function explainRootHash(
  a: LayerInput,
  wanted: Uint8Array,
  options: ExplainOptions = {},
): Promise<LayerExplanation> {
  const context = explainContext(options);
  const looked = await look(a, context);
  const { side } = looked;
  if (looked.kind === "failed") return { ...malformed(side, undefined), wanted };
  const sides = { a: side, b: undefined, wanted };
  if (hasRootHash(looked, wanted)) return { verdict: "equal", ...sides, ...nothing };
  const found = await rootHashCauses(looked, wanted, context);
  return { verdict: "different", ...sides, ...nothing, ...found };
}

/**
 * Looks at one layer: its root hash, and what it keeps badly.
 *
 * @throws as `explainLayers`.
 */
export async function explainLayer(a: LayerInput, options: ExplainOptions = {}): Promise<LayerExplanation> {
  const looked = await look(a, explainContext(options));
  if (looked.kind === "failed") return malformed(looked.side, undefined);
  return { verdict: "one", a: looked.side, b: undefined, wanted: undefined, ...nothing };
}

async function look(input: LayerInput, context: ExplainContext): Promise<Looked> {
  const { engine, signal, optionSet } = context;
  try {
    if (input.kind === "tar") {
      const view = await viewTar(input, optionSet, engine, signal);
      return { kind: "tar", input, view, side: sideOfTar(view, optionSet, context.limit) };
    }
    const view = await viewImage(input, engine, signal);
    return { kind: "image", input, view, side: sideOfImage(view) };
  } catch (error) {
    return { kind: "failed", side: sideOfFailure(input, error) };
  }
}

function compare(a: LookedLayer, b: LookedLayer, context: ExplainContext): Promise<Findings> {
  if (a.kind === "tar") {
    return b.kind === "tar" ? explainTars(a, b, context) : explainTarAndImage(a, b, "tar-first", context);
  }
  return b.kind === "tar" ? explainTarAndImage(b, a, "image-first", context) : explainImages(a, b, context);
}

type LookedLayer = Exclude<Looked, { kind: "failed" }>;

/** Equal root hashes over equal data: an image's own tree may say what its data does not. */
function sameLayer(a: LookedLayer, b: LookedLayer): boolean {
  return sameBytes(a.side.rootHash, b.side.rootHash) && equalBytes(a.view.rootHash, b.view.rootHash);
}

function hasRootHash(looked: LookedLayer, wanted: Uint8Array): boolean {
  // Another tree than the data's is a finding of its own.
  if (looked.kind === "image" && looked.view.storedTree === "other") return false;
  return sameBytes(looked.side.rootHash, wanted);
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && equalBytes(a, b);
}

function malformed(a: LayerSide, b: LayerSide | undefined): LayerExplanation {
  const causes = [a, b].flatMap((side) => {
    if (side === undefined || side.rootHash !== undefined) return [];
    const [problem] = side.problems;
    const message = `${side.name}: ${problem?.message ?? "malformed"}.`;
    const advice =
      side.kind === "tar"
        ? "No tool makes a layer of this archive with these options: mend it, or see that it is a layer's archive, whole."
        : "See that it is a layer's image, whole.";
    return [{ code: "malformed" as const, message, advice }];
  });
  return { ...nothing, verdict: "malformed", a, b, wanted: undefined, causes };
}
