/** Fields of a JSON object that a person wrote, read as Go does: what is absent or null is empty, false or no list. */
import { FormatError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../rego/index.ts";

/** See the head of this file. Every method throws a `FormatError` `bad-field` for a field of another type. */
export class JsonFields {
  readonly #object: JsonObject;
  readonly #what: string;

  /** @param what names the object in errors. */
  constructor(value: JsonValue | undefined, what: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new FormatError("bad-field", `${what} is no JSON object`);
    }
    this.#object = value as JsonObject;
    this.#what = what;
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  text(name: string): string {
    const value = this.#get(name) ?? "";
    if (typeof value !== "string") throw this.#refused(name, "text");
    return value;
  }

  flag(name: string): boolean {
    const value = this.#get(name) ?? false;
    if (typeof value !== "boolean") throw this.#refused(name, "true or false");
    return value;
  }

  /** A whole number; 0 where there is none. */
  number(name: string): number {
    const value = this.#get(name) ?? 0;
    if (typeof value !== "number" || !Number.isSafeInteger(value)) throw this.#refused(name, "whole number");
    return value;
  }

  /** Any value; undefined where it is absent or null. */
  value(name: string): JsonValue | undefined {
    return this.#get(name);
  }

  texts(name: string): readonly string[] | null {
    const list = this.list(name);
    if (list === null) return null;
    if (!list.every((item) => typeof item === "string")) throw this.#refused(name, "list of texts");
    return list as readonly string[];
  }

  list(name: string): readonly JsonValue[] | null {
    const value = this.#get(name) ?? null;
    if (value !== null && !Array.isArray(value)) throw this.#refused(name, "list");
    return value as readonly JsonValue[] | null;
  }

  object(name: string): JsonObject {
    const value = this.#get(name) ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw this.#refused(name, "object");
    return value as JsonObject;
  }

  /** The fields of an object. */
  fields(name: string): JsonFields {
    return new JsonFields(this.object(name), `${name} of ${this.#what}`);
  }

  /** The fields of each object of a list. */
  each(name: string): readonly JsonFields[] {
    return (this.list(name) ?? []).map(
      (item, index) => new JsonFields(item, `${name}[${index}] of ${this.#what}`),
    );
  }

  #get(name: string): JsonValue | undefined {
    const value = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
    return value === null ? undefined : value;
  }

  #refused(name: string, type: string): FormatError {
    return new FormatError("bad-field", `${name} of ${this.#what} is no ${type}`, { at: { field: name } });
  }
}
