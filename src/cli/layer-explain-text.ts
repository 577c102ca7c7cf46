/** An explanation as text: the verdict, the causes, then the lists, as long as was asked for. */
import { toHex } from "../bytes/hex.ts";
import { differenceText, shownPath } from "../layer/explain/cause-text.ts";
import type { LayerExplanation, LayerSide } from "../layer/explain/explanation.ts";
import { optionsText } from "../layer/explain/option-set.ts";
import { ownerText } from "../layer/explain/owner-text.ts";
import { pathText } from "../layer/explain/path-causes.ts";
import { type LayerWarning, warningAdvice } from "../layer/explain/warning.ts";
import { byteQuantity, counted, grouped } from "./byte-quantity.ts";

/** The whole text, without a trailing newline. */
export function explanationText(explanation: LayerExplanation, limit: number): string {
  const { a, b, causes } = explanation;
  const parts = [verdictText(explanation)];
  for (const { message, advice } of causes) parts.push(`${message}\n  ${advice}`);
  parts.push(...matchText(explanation), ...listTexts(explanation, limit));
  for (const [letter, side] of [
    ["A", a],
    ["B", b],
  ] as const) {
    if (side) parts.push(...sideTexts(letter, side, explanation.b !== undefined, limit));
  }
  return parts.join("\n\n");
}

function verdictText({ verdict, a, b, wanted }: LayerExplanation): string {
  const sides = [sideLine("A", a), ...(b ? [sideLine("B", b)] : [])];
  if (wanted) sides.push(`wanted: ${toHex(wanted)}`);
  return [headline(verdict, a, b), ...sides].join("\n");
}

function headline(verdict: LayerExplanation["verdict"], a: LayerSide, b: LayerSide | undefined): string {
  if (verdict === "malformed") return "Malformed: there is no layer to compare.";
  if (verdict === "one") return "One layer:";
  if (verdict === "different") return "Different root hashes.";
  const [left, right] = [a.diffId, b?.diffId];
  const bytes = left && right && toHex(left) !== toHex(right);
  return bytes
    ? "Equal root hashes. The archives differ in nothing that a layer keeps."
    : "Equal root hashes.";
}

function sideLine(letter: string, { name, kind, rootHash, ext4SizeBytes, entryCount }: LayerSide): string {
  if (rootHash === undefined || ext4SizeBytes === undefined) return `${letter} ${name} (${kind}): no layer`;
  const what =
    entryCount === undefined
      ? kind
      : `${kind}, ${entryCount === 1 ? "1 entry" : `${grouped(entryCount)} entries`}`;
  return `${letter} ${name} (${what}, file system of ${byteQuantity(ext4SizeBytes)}): ${toHex(rootHash)}`;
}

function matchText({ match }: LayerExplanation): string[] {
  if (match === undefined) return [];
  const { a, b } = match;
  if (b === undefined) return [`The root hashes are equal for the tar with ${optionsText(a)}.`];
  return [`The root hashes are equal for A with ${optionsText(a)} and B with ${optionsText(b)}.`];
}

function listTexts({ entries, paths, blocks }: LayerExplanation, limit: number): string[] {
  const texts: string[] = [];
  if (entries && entries.differences.length > 0) {
    const { changed, moved, onlyInA, onlyInB } = entries.counts;
    const total = changed + moved + onlyInA + onlyInB;
    const head = `Entries: ${changed} changed, ${moved} moved, ${onlyInA} in A alone, ${onlyInB} in B alone`;
    texts.push(list(head, entries.differences.map(differenceText), total, limit));
  }
  if (paths && paths.differences.length > 0) {
    const { changed, onlyInA, onlyInB } = paths;
    const head = `Paths: ${changed} changed, ${onlyInA} in A alone, ${onlyInB} in B alone`;
    texts.push(list(head, paths.differences.map(pathText), changed + onlyInA + onlyInB, limit));
  }
  if (blocks && blocks.runs.length > 0) {
    const head = `Blocks: ${counted(blocks.count, "block")} differ (A has ${blocks.aBlocks}, B ${blocks.bBlocks})`;
    const lines = blocks.runs.map((run) => {
      const many = run.endBlock - run.firstBlock > 1;
      const numbers = many ? `blocks ${run.firstBlock} to ${run.endBlock - 1}` : `block ${run.firstBlock}`;
      return `${numbers}: ${ownerText(run)}`;
    });
    texts.push(list(head, lines, undefined, limit));
  }
  return texts;
}

function sideTexts(letter: string, side: LayerSide, named: boolean, limit: number): string[] {
  const of = named ? ` of ${letter}` : "";
  const texts: string[] = [];
  const { counts, warnings } = side.warnings;
  if (side.rootHash && side.problems.length > 0) {
    texts.push(
      list(
        `Problems${of}, which no root hash covers:`,
        side.problems.map(({ message }) => message),
        undefined,
        limit,
      ),
    );
  }
  for (const [code, count] of counts) {
    const lines = warnings.filter((warning) => warning.code === code).map(warningText);
    texts.push(
      `${list(`Warning${of}: ${code}, ${count}`, lines, count, Math.min(limit, lines.length))}\n  ${warningAdvice[code]}`,
    );
  }
  return texts;
}

function warningText({ path, offsetBytes, message }: LayerWarning): string {
  return `${shownPath(path)} ${message} (byte ${offsetBytes})`;
}

/** A heading and its first lines, and how many are left out. */
function list(head: string, lines: readonly string[], total: number | undefined, limit: number): string {
  const shown = lines.slice(0, limit);
  const left = (total ?? lines.length) - shown.length;
  const more = left > 0 ? [`… and ${left} more: --all lists them`] : [];
  return [head, ...[...shown, ...more].map((line) => `  ${line}`)].join("\n");
}
