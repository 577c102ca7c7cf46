/** An explanation as JSON: hashes in hex, names in the escaped form that the text has, all counts whole. */

import { toHex } from "../bytes/hex.ts";
import { bytesFromLatin1 } from "../bytes/latin1.ts";
import { printableText } from "../bytes/printable.ts";
import type { BlockDifferences } from "../layer/explain/block-differences.ts";
import { shownPath } from "../layer/explain/cause-text.ts";
import type { EntriesDifference, EntryDifference } from "../layer/explain/entry-difference.ts";
import type { EntryRecord } from "../layer/explain/entry-record.ts";
import type { LayerExplanation, LayerSide } from "../layer/explain/explanation.ts";
import type { PathDifferences } from "../layer/explain/path-differences.ts";

/** What `--json` prints; `docs/command.md` has the shape. */
export function explanationJson(explanation: LayerExplanation): Record<string, unknown> {
  const { verdict, a, b, wanted, causes, match, entries, paths, blocks } = explanation;
  return {
    verdict,
    a: sideJson(a),
    ...(b && { b: sideJson(b) }),
    ...(wanted && { wantedRootHash: toHex(wanted) }),
    causes: causes.map(({ path, ...cause }) => ({
      ...cause,
      ...(path !== undefined && { path: shownPath(path) }),
    })),
    ...(match && { match }),
    ...(entries && { entries: entriesJson(entries) }),
    ...(paths && { paths: pathsJson(paths) }),
    ...(blocks && { blocks: blocksJson(blocks) }),
  };
}

function sideJson(side: LayerSide): Record<string, unknown> {
  const { name, kind, rootHash, ext4SizeBytes, options, diffId, entryCount, problems, warnings } = side;
  return {
    name,
    kind,
    ...(rootHash && { rootHash: toHex(rootHash) }),
    ...(ext4SizeBytes !== undefined && { ext4SizeBytes }),
    options,
    ...(diffId && { diffId: `sha256:${toHex(diffId)}` }),
    ...(entryCount !== undefined && { entries: entryCount }),
    problems: problems.map(({ name: error, code, message }) => ({ error, code, message })),
    warningCounts: Object.fromEntries(warnings.counts),
    warnings: warnings.warnings.map(({ path, ...warning }) => ({ ...warning, path: shownPath(path) })),
  };
}

function entriesJson({ counts, first, differences }: EntriesDifference): Record<string, unknown> {
  return {
    ...counts,
    ...(first && { first: entryJson(first) }),
    differences: differences.map(entryJson),
  };
}

function entryJson({ kind, path, a, b, fields, reason, needed }: EntryDifference): Record<string, unknown> {
  return {
    kind,
    path: shownPath(path),
    ...(a && { a: placeJson(a) }),
    ...(b && { b: placeJson(b) }),
    ...(fields.length > 0 && {
      fields: fields.map(({ name, xattr, ...values }) => ({
        name,
        ...(xattr && { xattr: printableText(xattr) }),
        ...values,
      })),
    }),
    ...(reason && { reason }),
    ...(needed && { neededBy: placeJson(needed) }),
  };
}

function placeJson({ index, entry }: EntryRecord): Record<string, unknown> {
  return { index, offsetBytes: entry.offsetBytes, name: printableText(entry.name) };
}

function pathsJson({ changed, onlyInA, onlyInB, differences }: PathDifferences): Record<string, unknown> {
  const list = differences.map(({ kind, path, changes }) => ({ kind, path: shownPath(path), changes }));
  return { changed, onlyInA, onlyInB, differences: list };
}

function blocksJson({ count, aBlocks, bBlocks, runs }: BlockDifferences): Record<string, unknown> {
  const path = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : printableText(bytesFromLatin1(text));
  return {
    count,
    aBlocks,
    bBlocks,
    runs: runs.map(({ firstBlock, endBlock, a, b, aPath, bPath, detail }) => ({
      firstBlock,
      endBlock,
      a,
      b,
      aPath: path(aPath),
      bPath: path(bPath),
      ...(detail && { fields: detail.fields, detail: detail.text }),
    })),
  };
}
