/** What an archive's layer keeps badly: each entry by itself, and in what stands before it. */
import { bytesFromLatin1 } from "../../bytes/latin1.ts";
import { printableText } from "../../bytes/printable.ts";
import { entryKind } from "./entry-effect.ts";
import { impliedParents, parentKey, pathKey } from "./entry-path.ts";
import type { EntryRecord, NameRules } from "./entry-record.ts";
import { type EntryFinding, entryFindings } from "./entry-warnings.ts";
import type { LayerWarning, LayerWarnings, WarningCode } from "./warning.ts";
import { XattrHistory } from "./xattr-history.ts";

/** How many warnings of a kind are listed unless the caller says otherwise. */
export const defaultWarningLimit = 1000;

/**
 * The warnings of an archive.
 *
 * @param limit how many of each kind to list; all are counted.
 */
export function tarWarnings(
  records: readonly EntryRecord[],
  rules: NameRules,
  limit: number = defaultWarningLimit,
): LayerWarnings {
  const counts = new Map<WarningCode, number>();
  const warnings: LayerWarning[] = [];
  const add = (path: string, { entry }: EntryRecord, [code, message]: EntryFinding): void => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    if (count <= limit) warnings.push({ code, path, offsetBytes: entry.offsetBytes, message });
  };
  const implied = impliedParents(records, rules);
  const unsaid = new Set(implied.keys());
  const seen = new Set<string>();
  const history = new XattrHistory(rules);
  for (const record of records) {
    const path = pathKey(record.entry.name, rules);
    for (const parent of takeImplied(unsaid, implied, path, record)) {
      add(parent, record, impliedFinding(path));
    }
    if (seen.has(path) && entryKind(record, rules) !== "opaque marker") {
      add(path, record, [
        "entry-twice",
        "comes again: what this entry says takes the place of what was said",
      ]);
    }
    seen.add(path);
    for (const finding of entryFindings(record, rules)) add(path, record, finding);
    for (const finding of history.add(path, record)) add(path, record, finding);
  }
  return { counts, warnings };
}

/** The folders that this entry is the first to need, outermost first. */
function takeImplied(
  unsaid: Set<string>,
  implied: ReturnType<typeof impliedParents>,
  path: string,
  record: EntryRecord,
): string[] {
  const taken: string[] = [];
  for (let at = parentKey(path); at !== undefined && unsaid.has(at); at = parentKey(at)) {
    if (implied.get(at)?.needed !== record) break;
    unsaid.delete(at);
    taken.push(at);
  }
  return taken.reverse();
}

function impliedFinding(path: string): EntryFinding {
  const needed = printableText(bytesFromLatin1(path));
  return [
    "implied-parent",
    `has no entry before that of ${needed}: it takes mode, owner and times of the folder around it`,
  ];
}
