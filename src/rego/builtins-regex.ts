/**
 * Regular expressions of RE2, in time linear in the text: `re2js` is a port of
 * Go's. What RE2 lacks (lookaround, back references) is no expression, and a
 * builtin with one has no result.
 */
import { RE2JS } from "re2js";
import { binary, type NamedBuiltin, ternary, unary } from "./builtin.ts";
import type { Allocation } from "./program.ts";
import type { RegoValue } from "./value.ts";

/** An expression; undefined for what RE2 has not. */
export function compileRegex(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

/** What work takes, in what a character that is copied takes. */
const unitsToCompile = 20;
const unitsToRead = 4;
const unitsToMatch = 50;

/** As `compileRegex`, once for an evaluation, which pays for it and for the text. */
function expressionFor(pattern: string, text: string, budget: Allocation): RE2JS | undefined {
  budget.allocate(unitsToRead * text.length);
  if (budget.expressions.has(pattern)) return budget.expressions.get(pattern);
  budget.allocate(unitsToCompile * pattern.length);
  const expression = compileRegex(pattern);
  budget.expressions.set(pattern, expression);
  return expression;
}

function isMatch(pattern: RegoValue, text: RegoValue, budget: Allocation): boolean | undefined {
  if (typeof pattern !== "string" || typeof text !== "string") return undefined;
  return expressionFor(pattern, text, budget)?.matcher(text).find();
}

/** A match: where it is, and its groups, the whole first; undefined for a group that took no part. */
interface Match {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
  readonly named: (name: string) => string | undefined;
}

/**
 * Matches one after the other as Go finds them: without an empty one right behind the one before.
 *
 * @param most -1 for all.
 */
function matchesOf(pattern: string, text: string, budget: Allocation, most = -1): Match[] | undefined {
  const matcher = expressionFor(pattern, text, budget)?.matcher(text);
  if (matcher === undefined) return undefined;
  const matches: Match[] = [];
  const names = matcher.pattern().namedGroups();
  let last = -1;
  while (matches.length !== most && matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (start === end && start === last) continue;
    last = end;
    budget.allocate(unitsToMatch);
    const count = matcher.groupCount() + 1;
    const groups = Array.from({ length: count }, (_, i) => matcher.group(i) ?? undefined);
    const named = (name: string): string | undefined =>
      Object.hasOwn(names, name) ? groups[names[name] as number] : undefined;
    matches.push({ start, end, groups, named });
  }
  return matches;
}

/** The text between matches, as Go cuts it. */
function splitAt(pattern: string, text: string, budget: Allocation): string[] | undefined {
  const matches = matchesOf(pattern, text, budget);
  if (matches === undefined) return undefined;
  if (pattern !== "" && text === "") return [""];
  const parts: string[] = [];
  let [from, to] = [0, 0];
  for (const { start, end } of matches) {
    to = start;
    if (end !== 0) parts.push(text.slice(from, to));
    from = end;
  }
  if (to !== text.length) parts.push(text.slice(from));
  return parts;
}

/** `$1`, `${1}`, `$name`, `${name}` and `$$` in what is put in place of a match; any other `$` is itself. */
const reference = /\$(?:\$|([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})/g;

function expanded(by: string, { groups, named }: Match): string {
  return by.replace(reference, (_whole, bare?: string, braced?: string) => {
    const name = bare ?? braced;
    if (name === undefined) return "$";
    const group = /^[0-9]+$/.test(name) ? groups[Number(name)] : named(name);
    return group ?? "";
  });
}

function replaced(text: string, pattern: string, by: string, budget: Allocation): string | undefined {
  const matches = matchesOf(pattern, text, budget);
  if (matches === undefined) return undefined;
  let result = "";
  let from = 0;
  for (const match of matches) {
    const put = text.slice(from, match.start) + expanded(by, match);
    budget.allocate(put.length);
    result += put;
    from = match.end;
  }
  return result + text.slice(from);
}

/** See the head of this file. */
export const regexBuiltins: readonly NamedBuiltin[] = [
  unary("regex.is_valid", (a, budget) => typeof a === "string" && expressionFor(a, "", budget) !== undefined),
  binary("regex.match", isMatch),
  // Its name in older versions of the language.
  binary("re_match", isMatch),
  binary("regex.split", (pattern, text, budget) => {
    if (typeof pattern !== "string" || typeof text !== "string") return undefined;
    const parts = splitAt(pattern, text, budget);
    budget.allocate(parts?.length ?? 0);
    return parts;
  }),
  ternary("regex.find_n", (pattern, text, most, budget) =>
    found(pattern, text, most, budget)?.map(([whole = ""]) => whole),
  ),
  ternary("regex.find_all_string_submatch_n", found),
  ternary("regex.replace", (text, pattern, by, budget) =>
    typeof pattern === "string" && typeof text === "string" && typeof by === "string"
      ? replaced(text, pattern, by, budget)
      : undefined,
  ),
];

/** Groups of each match; of one that took no part, the empty text. */
function found(
  pattern: RegoValue,
  text: RegoValue,
  most: RegoValue,
  budget: Allocation,
): readonly (readonly string[])[] | undefined {
  if (typeof pattern !== "string" || typeof text !== "string" || !Number.isInteger(most)) return undefined;
  const matches = matchesOf(pattern, text, budget, Math.max(-1, most as number));
  budget.allocate(matches?.reduce((sum, { groups }) => sum + groups.length, 0) ?? 0);
  return matches?.map(({ groups }) => groups.map((group) => group ?? ""));
}
