/** Values from JSON and to JSON. */
import { isArray, keyOf, RegoObject, RegoSet, type RegoValue } from "./value.ts";

/** What JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** An object of JSON's. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** The value of plain data: own enumerable properties count, absent ones (`undefined`) do not. */
export function fromJson(json: JsonValue): RegoValue {
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const entries = Object.entries(json as JsonObject).filter(([, value]) => value !== undefined);
  return new RegoObject(entries.map(([name, value]) => [name, fromJson(value)] as const));
}

/**
 * Plain data of a value, as OPA's JSON has it: a set becomes an array in its order, a key that is no
 * text becomes the text of its JSON. Objects have no prototype.
 */
export function toJson(value: RegoValue): JsonValue {
  if (value === null || typeof value !== "object") return value;
  if (isArray(value)) return value.map(toJson);
  if (value instanceof RegoSet) return value.members().map(toJson);
  const json: { [name: string]: JsonValue } = Object.create(null);
  for (const [key, member] of value.entries()) {
    json[typeof key === "string" ? key : JSON.stringify(toJson(key))] = toJson(member);
  }
  return json;
}

/** A value as Rego's text has it, for messages and `sprintf`. */
export function valueText(value: RegoValue): string {
  if (value === null || typeof value !== "object") return keyOf(value);
  if (isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (value instanceof RegoObject) {
    const entries = value.entries().map(([key, member]) => `${valueText(key)}: ${valueText(member)}`);
    return `{${entries.join(", ")}}`;
  }
  return value.size === 0 ? "set()" : `{${value.members().map(valueText).join(", ")}}`;
}
