/**
 * JSON documents that come from outside. Shape, types and sizes are checked field
 * by field; a name that the document chose is never a property key of ours.
 *
 * A field is found by its exact name. Go's decoder, which the platform's side uses,
 * also takes `"Layers"` for `layers`: a document that has such a field means one
 * thing there and another here, and is refused.
 */
import { FormatError } from "../errors.ts";
import { quoted } from "./quoted-text.ts";

/** One object of a document, and where in it that stands. */
export class JsonObject {
  readonly #fields: ReadonlyMap<string, unknown>;
  /** Every name as written, by what it is in lower case. */
  readonly #spellings: ReadonlyMap<string, readonly string[]>;
  readonly #document: string;
  readonly #path: string;

  private constructor(value: object, document: string, path: string) {
    this.#fields = new Map(Object.entries(value));
    const spellings = new Map<string, string[]>();
    for (const name of this.#fields.keys()) {
      const lower = name.toLowerCase();
      const known = spellings.get(lower);
      if (known === undefined) spellings.set(lower, [name]);
      else known.push(name);
    }
    this.#spellings = spellings;
    this.#document = document;
    this.#path = path;
  }

  /**
   * Parses a document whose top is an object.
   *
   * @param bytes as they came, already bounded in size.
   * @param document names it in errors.
   * @throws {FormatError} `bad-field` for what is no UTF-8, no JSON, or no object.
   */
  static parse(bytes: Uint8Array, document: string): JsonObject {
    return JsonObject.#from(parseJson(bytes, document), document, "");
  }

  /**
   * Parses a document whose top is a list of objects.
   *
   * @throws {FormatError} as {@link JsonObject.parse}.
   */
  static parseList(bytes: Uint8Array, document: string): JsonObject[] {
    const value = parseJson(bytes, document);
    if (!Array.isArray(value)) throw refusal(document, "the top", "no list");
    return value.map((item: unknown, index) => JsonObject.#from(item, document, `[${index}]`));
  }

  /**
   * An object that was parsed already.
   *
   * @throws {FormatError} `bad-field` for what is no object.
   */
  static of(value: unknown, document: string): JsonObject {
    return JsonObject.#from(value, document, "");
  }

  static #from(value: unknown, document: string, path: string): JsonObject {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw refusal(document, path === "" ? "the top" : path, "no object");
    }
    return new JsonObject(value, document, path);
  }

  /** Where a field stands, for messages: `layers[2].digest of the manifest …`. */
  describe(name: string): string {
    return `${this.#pathOf(name)} of ${this.#document}`;
  }

  /** Whether the field is there and not null. */
  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  /** A text, or `undefined` where it is absent, null or empty: Go does not tell these apart. */
  optionalText(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string") throw this.refuse(name, "no text");
    return value;
  }

  /** A text that must be there. */
  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw this.refuse(name, "missing");
    return value;
  }

  /** A non-negative safe integer that must be there. */
  size(name: string): number {
    const value = this.#get(name);
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw this.refuse(name, "no size");
    return value as number;
  }

  /** An integer from 0 to `most`; 0 where it is absent. */
  count(name: string, most: number): number {
    const value = this.#get(name) ?? 0;
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) {
      throw this.refuse(name, `no integer from 0 to ${most}`);
    }
    // Without the sign that JSON can give a zero.
    return (value as number) + 0;
  }

  /** True or false; false where it is absent. */
  flag(name: string): boolean {
    const value = this.#get(name) ?? false;
    if (typeof value !== "boolean") throw this.refuse(name, "neither true nor false");
    return value;
  }

  /** A list of texts, or `undefined` where it is absent. */
  optionalTexts(name: string): string[] | undefined {
    return this.#list(name)?.map((item, index) => {
      if (typeof item !== "string") throw this.refuse(`${name}[${index}]`, "no text");
      return item;
    });
  }

  /** A list of integers from 0 to `most`, or `undefined` where it is absent. */
  optionalCounts(name: string, most: number): number[] | undefined {
    return this.#list(name)?.map((item, index) => {
      if (Number.isSafeInteger(item) && (item as number) >= 0 && (item as number) <= most)
        return item as number;
      throw this.refuse(`${name}[${index}]`, `no integer from 0 to ${most}`);
    });
  }

  /** A list of objects, or `undefined` where it is absent. */
  optionalObjects(name: string): JsonObject[] | undefined {
    return this.#list(name)?.map((item, index) =>
      JsonObject.#from(item, this.#document, `${this.#pathOf(name)}[${index}]`),
    );
  }

  /** A list of objects that must be there. */
  objects(name: string): JsonObject[] {
    const list = this.optionalObjects(name);
    if (list === undefined) throw this.refuse(name, "missing");
    return list;
  }

  /** An object, or `undefined` where it is absent. */
  optionalObject(name: string): JsonObject | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : JsonObject.#from(value, this.#document, this.#pathOf(name));
  }

  /** An object that must be there. */
  object(name: string): JsonObject {
    const value = this.optionalObject(name);
    if (value === undefined) throw this.refuse(name, "missing");
    return value;
  }

  /** An object of texts by names that the document chose; empty where it is absent. */
  textMap(name: string): ReadonlyMap<string, string> {
    const map = new Map<string, string>();
    for (const [key, value] of this.optionalObject(name)?.entries() ?? []) {
      if (typeof value !== "string") throw this.refuse(`${name}[${quoted(key)}]`, "no text");
      map.set(key, value);
    }
    return map;
  }

  /** The names of an object's fields, whatever their values; empty where it is absent. */
  nameSet(name: string): string[] {
    return (this.optionalObject(name)?.entries() ?? []).map(([key]) => key);
  }

  /** All fields, of any type, by names that the document chose. */
  entries(): [string, unknown][] {
    return [...this.#fields];
  }

  /** A field of any type; `undefined` where it is absent or null. Whoever takes it apart checks it. */
  any(name: string): unknown {
    return this.#get(name);
  }

  /**
   * Makes sure that there are no fields but these.
   *
   * @throws {FormatError} `bad-field` which names one that is not to be there.
   */
  allowOnly(...names: readonly string[]): this {
    const known = new Set(names);
    const unknown = [...this.#fields.keys()].find((name) => !known.has(name));
    if (unknown !== undefined) throw this.refuse(quoted(unknown), "a field that is not known");
    return this;
  }

  /** The error for a field that is not what it has to be. */
  refuse(name: string, problem: string): FormatError {
    return refusal(this.#document, this.#pathOf(name), problem);
  }

  #list(name: string): unknown[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.refuse(name, "no list");
    return value;
  }

  #get(name: string): unknown {
    const odd = this.#spellings.get(name.toLowerCase())?.find((spelling) => spelling !== name);
    if (odd !== undefined) {
      throw this.refuse(name, `written ${quoted(odd)}, which some readers take for it and others do not`);
    }
    return this.#fields.get(name) ?? undefined;
  }

  #pathOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

function parseJson(bytes: Uint8Array, document: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Without the cause: engines quote the text in it, and a file of credentials is read here too.
    throw new FormatError("bad-field", `${document} is no JSON`);
  }
}

function refusal(document: string, path: string, problem: string): FormatError {
  return new FormatError("bad-field", `${document}: ${path} is ${problem}`, { at: { field: path } });
}
