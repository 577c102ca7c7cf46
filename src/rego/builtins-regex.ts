/**
 * Regular expressions of RE2, in time linear in the text: `re2js` is a port of
 * Go's. What RE2 lacks (lookaround, back references) is no expression, and a
 * builtin with one has no result.
 */
import { RE2JS } from "re2js";
import { binary, type NamedBuiltin, ternary, unary } from "./builtin.ts";

/** An expression; undefined for what RE2 has not. */
export function compileRegex(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

function found(pattern: string, text: string, most: number): string[] | undefined {
  const matcher = compileRegex(pattern)?.matcher(text);
  if (matcher === undefined) return undefined;
  const matches: string[] = [];
  while (matches.length !== most && matcher.find()) matches.push(matcher.group() ?? "");
  return matches;
}

/** See the head of this file. */
export const regexBuiltins: readonly NamedBuiltin[] = [
  unary("regex.is_valid", (a) => typeof a === "string" && compileRegex(a) !== undefined),
  binary("regex.match", (pattern, text) =>
    typeof pattern === "string" && typeof text === "string"
      ? compileRegex(pattern)?.matcher(text).find()
      : undefined,
  ),
  binary("regex.split", (pattern, text, budget) => {
    if (typeof pattern !== "string" || typeof text !== "string") return undefined;
    const parts = compileRegex(pattern)?.split(text, -1);
    budget.allocate(parts?.length ?? 0);
    return parts;
  }),
  ternary("regex.find_n", (pattern, text, most, budget) => {
    if (typeof pattern !== "string" || typeof text !== "string" || !Number.isInteger(most)) return undefined;
    const matches = found(pattern, text, most as number);
    budget.allocate(matches?.length ?? 0);
    return matches;
  }),
  ternary("regex.replace", (text, pattern, by, budget) => {
    if (typeof pattern !== "string" || typeof text !== "string" || typeof by !== "string") return undefined;
    const replaced = compileRegex(pattern)?.matcher(text).replaceAll(by);
    budget.allocate(replaced?.length ?? 0);
    return replaced;
  }),
];
