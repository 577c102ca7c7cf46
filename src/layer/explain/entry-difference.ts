/**
 * How two archives differ, entry by entry: entries of one path are matched, the
 * first of it with the first, the second with the second, and of the matched
 * ones the fewest that stand elsewhere are called moved.
 *
 * ## Performance
 * n log n in the number of entries, and memory for a few numbers an entry.
 */

import { changedFields, entryKind, type FieldChange } from "./entry-effect.ts";
import { type ImpliedParent, impliedParents, pathKey } from "./entry-path.ts";
import type { EntryRecord, NameRules } from "./entry-record.ts";

/** One entry's difference. */
export interface EntryDifference {
  readonly kind: "changed" | "moved" | "only-in-a" | "only-in-b";
  /** Of the node that the entry is about, cleaned, as `latin1FromBytes` gives it; `""` is the root. */
  readonly path: string;
  readonly a: EntryRecord | undefined;
  readonly b: EntryRecord | undefined;
  /** Of `changed`: what differs. */
  readonly fields: readonly FieldChange[];
  /**
   * Of an entry that only one archive has: the other one implies the folder
   * without an entry for it, or this is a further entry of its path.
   */
  readonly reason: "implied-parent" | "duplicate" | undefined;
  /** Where the reason is `implied-parent`: the other archive's entry that needed the folder. */
  readonly needed: EntryRecord | undefined;
}

/** How many entries differ in which way. */
export interface DifferenceCounts {
  readonly changed: number;
  readonly moved: number;
  readonly onlyInA: number;
  readonly onlyInB: number;
}

/** What `diffEntries` finds. */
export interface EntriesDifference {
  /** The difference that comes first in archive order; undefined where all entries have the same effects. */
  readonly first: EntryDifference | undefined;
  readonly counts: DifferenceCounts;
  /** In the order of A, then what only B has; at most as many as were asked for. */
  readonly differences: readonly EntryDifference[];
}

interface Side {
  readonly records: readonly EntryRecord[];
  readonly paths: readonly string[];
  readonly implied: ReadonlyMap<string, ImpliedParent>;
  /** For each entry the other side's entry that it is matched with. */
  readonly partner: readonly (number | undefined)[];
  /** How many entries of the same path stand before it. */
  readonly nth: readonly number[];
}

/**
 * Compares two archives' entries in what they do to a layer.
 *
 * @param limit how many differences to list; all are counted.
 */
export function diffEntries(
  aRecords: readonly EntryRecord[],
  bRecords: readonly EntryRecord[],
  rules: NameRules,
  limit: number = Number.POSITIVE_INFINITY,
): EntriesDifference {
  const [a, b] = matchEntries(aRecords, bRecords, rules);
  const moved = movedEntries(a);
  const describe = describer(a, b, moved, rules);
  const counts = { changed: 0, moved: 0, onlyInA: 0, onlyInB: 0 };
  const differences: EntryDifference[] = [];
  const add = (difference: EntryDifference | undefined): void => {
    if (difference === undefined) return;
    counts[countOf[difference.kind]]++;
    if (differences.length < limit) differences.push(difference);
  };
  for (const index of a.records.keys()) add(describe("a", index));
  for (const [index, partner] of b.partner.entries()) if (partner === undefined) add(describe("b", index));
  return { first: firstDifference(a, b, describe), counts, differences };
}

const countOf = {
  changed: "changed",
  moved: "moved",
  "only-in-a": "onlyInA",
  "only-in-b": "onlyInB",
} as const;

type Describe = (side: "a" | "b", index: number) => EntryDifference | undefined;

function describer(a: Side, b: Side, moved: ReadonlySet<number>, rules: NameRules): Describe {
  return (name, index) => {
    const [own, other] = name === "a" ? [a, b] : [b, a];
    const record = own.records[index];
    const path = own.paths[index];
    if (record === undefined || path === undefined) return undefined;
    const partner = own.partner[index];
    if (partner === undefined) return unmatched(name, own, other, index, rules);
    const [ofA, ofB] = name === "a" ? [record, other.records[partner]] : [other.records[partner], record];
    if (ofA === undefined || ofB === undefined) return undefined;
    const fields = changedFields(ofA, ofB, rules);
    const kind = fields.length > 0 ? "changed" : moved.has(ofA.index) ? "moved" : undefined;
    return kind && { kind, path, a: ofA, b: ofB, fields, reason: undefined, needed: undefined };
  };
}

function unmatched(
  name: "a" | "b",
  own: Side,
  other: Side,
  index: number,
  rules: NameRules,
): EntryDifference | undefined {
  const record = own.records[index];
  const path = own.paths[index] ?? "";
  if (record === undefined) return undefined;
  const implied = entryKind(record, rules) === "directory" ? other.implied.get(path) : undefined;
  const duplicate = (own.nth[index] ?? 0) > 0;
  return {
    kind: name === "a" ? "only-in-a" : "only-in-b",
    path,
    a: name === "a" ? record : undefined,
    b: name === "b" ? record : undefined,
    fields: [],
    reason: duplicate ? "duplicate" : implied && "implied-parent",
    needed: duplicate ? undefined : implied?.needed,
  };
}

/**
 * At the first place where the archives part, one of the two entries there has a
 * difference of its own: all before are matched with each other, so that two
 * that are both merely matched elsewhere cross, and one of them counts as moved.
 */
function firstDifference(a: Side, b: Side, describe: Describe): EntryDifference | undefined {
  const end = Math.max(a.records.length, b.records.length);
  for (let index = 0; index < end; index++) {
    const ofA = describe("a", index);
    const ofB = describe("b", index);
    if (ofA === undefined && ofB === undefined) continue;
    if (ofA?.kind === "only-in-a" || ofB === undefined) return ofA;
    if (ofB.kind === "only-in-b" || ofA === undefined) return ofB;
    return ofA.kind === "changed" && ofB.kind === "moved" && ofA.a?.index !== ofA.b?.index ? ofB : ofA;
  }
  return undefined;
}

function matchEntries(
  aRecords: readonly EntryRecord[],
  bRecords: readonly EntryRecord[],
  rules: NameRules,
): [Side, Side] {
  const aPaths = aRecords.map(({ entry }) => pathKey(entry.name, rules));
  const bPaths = bRecords.map(({ entry }) => pathKey(entry.name, rules));
  const aNth = occurrences(aPaths);
  const bNth = occurrences(bPaths);
  const ofB = new Map(bPaths.map((path, index) => [`${bNth[index]}/${path}`, index]));
  const aPartner = aPaths.map((path, index) => ofB.get(`${aNth[index]}/${path}`));
  const bPartner: (number | undefined)[] = bPaths.map(() => undefined);
  for (const [index, partner] of aPartner.entries()) if (partner !== undefined) bPartner[partner] = index;
  const side = (
    records: readonly EntryRecord[],
    paths: readonly string[],
    partner: readonly (number | undefined)[],
    nth: readonly number[],
  ): Side => ({ records, paths, partner, nth, implied: impliedParents(records, rules) });
  return [side(aRecords, aPaths, aPartner, aNth), side(bRecords, bPaths, bPartner, bNth)];
}

function occurrences(paths: readonly string[]): number[] {
  const counts = new Map<string, number>();
  return paths.map((path) => {
    const nth = counts.get(path) ?? 0;
    counts.set(path, nth + 1);
    return nth;
  });
}

/** Places in A of the matched entries outside a longest run that has one order in both archives. */
function movedEntries({ partner }: Side): Set<number> {
  // Patience sorting: `tails[k]` ends the best run of k + 1 entries, `before` leads back along it.
  const tails: number[] = [];
  const before = new Map<number, number | undefined>();
  const moved = new Set<number>();
  for (const [index, place] of partner.entries()) {
    if (place === undefined) continue;
    moved.add(index);
    let low = 0;
    for (let high = tails.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((partner[tails[middle] as number] as number) < place) low = middle + 1;
      else high = middle;
    }
    before.set(index, tails[low - 1]);
    tails[low] = index;
  }
  for (let at = tails.at(-1); at !== undefined; at = before.get(at)) moved.delete(at);
  return moved;
}
