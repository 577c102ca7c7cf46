/** Texts: offsets and lengths count code points, as OPA's do. */
import { binary, type NamedBuiltin, ternary, textsOf, unary } from "./builtin.ts";
import { formatted } from "./go-format.ts";
import type { Allocation } from "./program.ts";
import { compareVersions, isVersion } from "./semantic-version.ts";
import { isArray, RegoObject, type RegoValue } from "./value.ts";

/** A builtin of texts alone. */
function ofText(name: string, apply: (a: string) => RegoValue | undefined): NamedBuiltin {
  return unary(name, (a, budget) => (typeof a === "string" ? counted(apply(a), budget) : undefined));
}

function ofTexts(name: string, apply: (a: string, b: string) => RegoValue | undefined): NamedBuiltin {
  return binary(name, (a, b, budget) =>
    typeof a === "string" && typeof b === "string" ? counted(apply(a, b), budget) : undefined,
  );
}

function counted(value: RegoValue | undefined, budget: Allocation): RegoValue | undefined {
  if (typeof value === "string") budget.allocate(value.length);
  else if (value !== undefined && isArray(value)) budget.allocate(value.length);
  return value;
}

/** Takes characters of a set away from one end, or both. */
function trimmed(text: string, characters: string, left: boolean, right: boolean): string {
  const taken = new Set(characters);
  const points = [...text];
  let start = 0;
  let end = points.length;
  while (left && start < end && taken.has(points[start] as string)) start += 1;
  while (right && end > start && taken.has(points[end - 1] as string)) end -= 1;
  return points.slice(start, end).join("");
}

/** Offset of a text in another, in code points; -1 where it is not there. */
function offsetOf(text: string, part: string): number | undefined {
  if (part === "") return undefined;
  const at = text.indexOf(part);
  return at === -1 ? -1 : [...text.slice(0, at)].length;
}

function offsetsOf(text: string, part: string): number[] | undefined {
  if (part === "") return undefined;
  const offsets: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) {
    offsets.push([...text.slice(0, at)].length);
  }
  return offsets;
}

/** Go maps each character to one: those that JavaScript makes several of stay, or lose what is put over them. */
function eachCase(text: string, map: (point: string) => string): string {
  if (/^[\0-\x7f]*$/.test(text)) return map(text);
  return Array.from(text, (point) => {
    const mapped = map(point);
    if ([...mapped].length === 1) return mapped;
    return point === "\u0130" ? "i" : withIota(point);
  }).join("");
}

/** Greek letters with an iota beneath them have capitals of their own; other such characters have none. */
function withIota(point: string): string {
  const code = point.codePointAt(0) as number;
  if (code >= 0x1f80 && code <= 0x1faf) return String.fromCodePoint(code | 8);
  return ["\u1fb3", "\u1fc3", "\u1ff3"].includes(point) ? String.fromCodePoint(code + 9) : point;
}

function substring(text: RegoValue, offset: RegoValue, length: RegoValue): string | undefined {
  if (typeof text !== "string" || !Number.isInteger(offset) || !Number.isInteger(length)) return undefined;
  return piece(text, offset as number, length as number);
}

function piece(text: string, offset: number, length: number): string | undefined {
  if (offset < 0) return undefined;
  const points = [...text];
  return points.slice(offset, length < 0 ? points.length : offset + length).join("");
}

function replaced(text: RegoValue, from: RegoValue, to: RegoValue, budget: Allocation): string | undefined {
  if (typeof text !== "string" || typeof from !== "string" || typeof to !== "string") return undefined;
  // Go puts the new text between all characters for an empty old one.
  budget.allocate(text.length + (from === "" ? text.length + 1 : text.split(from).length) * to.length);
  if (from === "") return `${to}${[...text].map((character) => character + to).join("")}`;
  return text.replaceAll(from, () => to);
}

function replacedAll(patterns: RegoValue, text: RegoValue, budget: Allocation): string | undefined {
  if (!(patterns instanceof RegoObject) || typeof text !== "string") return undefined;
  const pairs = patterns.entries();
  if (!pairs.every((pair) => pair.every((part) => typeof part === "string"))) return undefined;
  let result = "";
  for (let at = 0; at < text.length; ) {
    const pair = pairs.find(([from]) => from !== "" && text.startsWith(from as string, at));
    const point = String.fromCodePoint(text.codePointAt(at) as number);
    const put = pair ? (pair[1] as string) : point;
    budget.allocate(put.length);
    result += put;
    at += (pair ? (pair[0] as string) : point).length;
  }
  return result;
}

/** A number in digits of a base, cut off after the point. */
function formatInt(value: RegoValue, base: RegoValue): string | undefined {
  if (typeof value !== "number" || ![2, 8, 10, 16].includes(base as number)) return undefined;
  return Math.trunc(value).toString(base as number);
}

const numeral = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

function toNumber(value: RegoValue): number | undefined {
  if (value === null) return 0;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") return numeral.test(value) ? Number(value) : undefined;
  return typeof value === "number" ? value : undefined;
}

/** Whether one of some texts begins or ends with one of others; either may be one text alone. */
function anyMatch(name: string, matches: (text: string, part: string) => boolean): NamedBuiltin {
  return binary(name, (a, b, budget) => {
    const texts = typeof a === "string" ? [a] : textsOf(a);
    const parts = typeof b === "string" ? [b] : textsOf(b);
    if (texts === undefined || parts === undefined) return undefined;
    budget.allocate(texts.length * parts.length);
    return texts.some((text) => parts.some((part) => matches(text, part)));
  });
}

/** Go's white space, which is not JavaScript's. */
const goSpace =
  "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

/** See the head of this file. */
export const textBuiltins: readonly NamedBuiltin[] = [
  binary("concat", (delimiter, parts, budget) => {
    const texts = textsOf(parts);
    return typeof delimiter === "string" ? counted(texts?.join(delimiter), budget) : undefined;
  }),
  ofTexts("contains", (a, b) => a.includes(b)),
  ofTexts("startswith", (a, b) => a.startsWith(b)),
  ofTexts("endswith", (a, b) => a.endsWith(b)),
  ofTexts("indexof", offsetOf),
  ofTexts("indexof_n", offsetsOf),
  ofTexts("strings.count", (a, b) => (b === "" ? [...a].length + 1 : a.split(b).length - 1)),
  anyMatch("strings.any_prefix_match", (text, part) => text.startsWith(part)),
  anyMatch("strings.any_suffix_match", (text, part) => text.endsWith(part)),
  ofText("lower", (a) => eachCase(a, (point) => point.toLowerCase())),
  ofText("upper", (a) => eachCase(a, (point) => point.toUpperCase())),
  ofText("strings.reverse", (a) => [...a].reverse().join("")),
  ofTexts("split", (a, b) => (b === "" ? [...a] : a.split(b))),
  ternary("substring", substring),
  ternary("replace", replaced),
  binary("strings.replace_n", replacedAll),
  ofTexts("trim", (a, b) => trimmed(a, b, true, true)),
  ofTexts("trim_left", (a, b) => trimmed(a, b, true, false)),
  ofTexts("trim_right", (a, b) => trimmed(a, b, false, true)),
  ofTexts("trim_prefix", (a, b) => (a.startsWith(b) ? a.slice(b.length) : a)),
  ofTexts("trim_suffix", (a, b) => (b !== "" && a.endsWith(b) ? a.slice(0, -b.length) : a)),
  ofText("trim_space", (a) => trimmed(a, goSpace, true, true)),
  binary("sprintf", (format, given, budget) =>
    typeof format === "string" && isArray(given)
      ? counted(formatted(format, given, budget), budget)
      : undefined,
  ),
  binary("format_int", formatInt),
  unary("to_number", toNumber),
  unary("semver.is_valid", (a) => typeof a === "string" && isVersion(a)),
  ofTexts("semver.compare", compareVersions),
];
