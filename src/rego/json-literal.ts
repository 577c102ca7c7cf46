/**
 * Values that are JSON within a module's text, read by the engine's own parser: policies are data for the most part,
 * and JSON means the same in Rego.
 */
import type { JsonValue } from "./json.ts";

/** A value and where its text ends. */
export interface JsonLiteral {
  readonly value: JsonValue;
  readonly end: number;
}

/** Levels that JSON is read to here; what goes deeper is read as Rego, which has a limit and an error of its own. */
const depthLimit = 90;

/**
 * The list or object whose bracket stands at `start`.
 *
 * @returns undefined where it is no JSON, or JSON that Rego does not read as JavaScript does: keys that stand twice,
 *   numbers that are not exact. Objects have no prototype.
 */
export function jsonLiteralAt(text: string, start: number): JsonLiteral | undefined {
  const stretch = stretchAt(text, start);
  if (stretch === undefined) return undefined;
  let value: JsonValue;
  try {
    value = JSON.parse(text.slice(start, stretch.end)) as JsonValue;
  } catch {
    return undefined;
  }
  return membersOf(value) === stretch.members ? { value, end: stretch.end } : undefined;
}

/**
 * What reaches to the bracket that closes the one at `start`, as far as all of it can be JSON. What cannot ends the
 * search, so that no text is searched twice.
 */
function stretchAt(
  text: string,
  start: number,
): { readonly end: number; readonly members: number } | undefined {
  let depth = 0;
  let members = 0;
  for (let at = start; at < text.length; at++) {
    switch (kinds[text.charCodeAt(at)]) {
      case kind.bare:
        break;
      case kind.quote:
        at = closingQuote(text, at);
        if (at === -1) return undefined;
        break;
      case kind.opens:
        depth += 1;
        break;
      case kind.closes:
        depth -= 1;
        if (depth === 0) return { end: at + 1, members };
        break;
      case kind.colon:
        members += 1;
        break;
      default:
        return undefined;
    }
  }
  return undefined;
}

/** Kinds of characters that JSON has outside its texts. */
const kind = { bare: 1, quote: 2, opens: 3, closes: 4, colon: 5 };

const kinds: readonly (number | undefined)[] = Array.from({ length: 128 }, (_, character) =>
  kindOf(String.fromCharCode(character)),
);

function kindOf(character: string): number | undefined {
  if (" \t\r\n,+-.0123456789Etruefalsn".includes(character)) return kind.bare;
  if (character === '"') return kind.quote;
  if (character === ":") return kind.colon;
  if ("[{".includes(character)) return kind.opens;
  return "]}".includes(character) ? kind.closes : undefined;
}

/** Where the text ends that begins at `start`; -1 where it does not. */
function closingQuote(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === "\\") escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return -1;
}

/** How many members all objects have; not a number where something is not as Rego would read it. */
function membersOf(value: JsonValue, depth = 0): number {
  if (typeof value === "number") return isExact(value) ? 0 : Number.NaN;
  if (value === null || typeof value !== "object") return 0;
  if (depth === depthLimit) return Number.NaN;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += membersOf(item, depth + 1);
    return members;
  }
  Object.setPrototypeOf(value, null);
  for (const item of Object.values(value)) members += 1 + membersOf(item, depth + 1);
  return members;
}

function isExact(value: number): boolean {
  return (
    Number.isFinite(value) &&
    (!Number.isInteger(value) || Number.isSafeInteger(value)) &&
    !Object.is(value, -0)
  );
}
