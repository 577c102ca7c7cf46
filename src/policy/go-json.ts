/** JSON as Go writes it, byte for byte: keys in the order of their bytes, and nothing that HTML could take for its own. */
import type { JsonObject, JsonValue } from "../rego/index.ts";
import { compareText } from "../rego/value.ts";

/** The text that Go's `encoding/json` makes of a value; half of a surrogate pair becomes the mark for no text. */
export function goJson(value: JsonValue): string {
  if (typeof value === "string") return goText(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(goJson).join(",")}]`;
  const members = Object.entries(value as JsonObject).sort(([a], [b]) => compareText(a, b));
  return `{${members.map(([name, member]) => `${goText(name)}:${goJson(member)}`).join(",")}}`;
}

function goText(text: string): string {
  return JSON.stringify(text.replace(/[\ud800-\udfff]/gu, lostText))
    .replaceAll(lostText, "\\ufffd")
    .replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Stands for what is no text; a text that holds it is written with the escape too, which means the same. */
const lostText = "\ufffd";
