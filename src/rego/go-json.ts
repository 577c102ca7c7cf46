/** JSON as Go writes it, byte for byte: keys in the order of their bytes, and nothing that HTML could take for its own. */
import type { JsonObject, JsonValue } from "./json.ts";
import { compareText } from "./value.ts";

/**
 * The text that Go's `encoding/json` makes of a value; half of a surrogate pair becomes the mark for no text.
 *
 * @param indent what each level is indented by, with a line for each member; all on one line unless given.
 */
export function goJson(value: JsonValue, indent = ""): string {
  return textOf(value, indent, "\n");
}

/** @param lineStart a line end, and what the line after it begins with. */
function textOf(value: JsonValue, indent: string, lineStart: string): string {
  if (typeof value === "string") return goText(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = lineStart + indent;
  const enclosed = (open: string, members: readonly string[], close: string): string => {
    if (indent === "" || members.length === 0) return open + members.join(",") + close;
    return open + inner + members.join(`,${inner}`) + lineStart + close;
  };
  if (Array.isArray(value)) {
    return enclosed(
      "[",
      value.map((item) => textOf(item, indent, inner)),
      "]",
    );
  }
  const colon = indent === "" ? ":" : ": ";
  const members = Object.entries(value as JsonObject)
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, member]) => goText(name) + colon + textOf(member, indent, inner));
  return enclosed("{", members, "}");
}

function goText(text: string): string {
  return JSON.stringify(text)
    .replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (found) => (found.length === 6 ? "\\ufffd" : found))
    .replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
