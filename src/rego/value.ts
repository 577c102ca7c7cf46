/**
 * The values of Rego: JSON's, and sets; the keys of an object may be any of
 * them. All are immutable once they are handed out. Two values are equal when
 * their keys (`keyOf`) are; no key of one value is that of another.
 */

/** A value. An array is a plain one; `undefined` is never a value, but the lack of one. */
export type RegoValue = null | boolean | number | string | readonly RegoValue[] | RegoObject | RegoSet;

/** An object: in the order of its keys. */
export class RegoObject {
  readonly #entries: ReadonlyMap<string, readonly [key: RegoValue, value: RegoValue]>;
  #sorted: readonly (readonly [key: RegoValue, value: RegoValue])[] | undefined;
  #key: string | undefined;

  /** @param entries of two with equal keys the later counts. */
  constructor(entries: Iterable<readonly [key: RegoValue, value: RegoValue]> = []) {
    const map = new Map<string, readonly [RegoValue, RegoValue]>();
    for (const entry of entries) map.set(keyOf(entry[0]), entry);
    this.#entries = map;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: RegoValue): RegoValue | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }

  has(key: RegoValue): boolean {
    return this.#entries.has(keyOf(key));
  }

  /** Keys and values, in no particular order. */
  *parts(): Generator<RegoValue> {
    for (const entry of this.#entries.values()) yield* entry;
  }

  /** Entries in the order of their keys. */
  entries(): readonly (readonly [key: RegoValue, value: RegoValue])[] {
    this.#sorted ??= [...this.#entries.values()].sort(([a], [b]) => compareValues(a, b));
    return this.#sorted;
  }

  /** As `keyOf`, kept. */
  get identity(): string {
    this.#key ??= `{${this.entries()
      .map(([key, value]) => `${keyOf(key)}:${keyOf(value)}`)
      .join(",")}}`;
    return this.#key;
  }
}

/** A set: in the order of its members. */
export class RegoSet {
  readonly #members: ReadonlyMap<string, RegoValue>;
  #sorted: readonly RegoValue[] | undefined;
  #key: string | undefined;

  constructor(members: Iterable<RegoValue> = []) {
    const map = new Map<string, RegoValue>();
    for (const member of members) {
      const key = keyOf(member);
      if (!map.has(key)) map.set(key, member);
    }
    this.#members = map;
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: RegoValue): boolean {
    return this.#members.has(keyOf(member));
  }

  /** Members, in no particular order. */
  parts(): Iterable<RegoValue> {
    return this.#members.values();
  }

  /** Members in their order. */
  members(): readonly RegoValue[] {
    this.#sorted ??= [...this.#members.values()].sort(compareValues);
    return this.#sorted;
  }

  /** As `keyOf`, kept. */
  get identity(): string {
    this.#key ??= `<${this.members().map(keyOf).join(",")}>`;
    return this.#key;
  }
}

/** True for an array; `Array.isArray` does not know readonly ones. */
export function isArray(value: RegoValue): value is readonly RegoValue[] {
  return Array.isArray(value);
}

/** A text that stands for the value, and for no other. */
export function keyOf(value: RegoValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value !== "object") return Object.is(value, -0) ? "0" : String(value);
  if (isArray(value)) return `[${value.map(keyOf).join(",")}]`;
  return value.identity;
}

/** Whether two values are equal. */
export function equalValues(a: RegoValue, b: RegoValue): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((item, i) => equalAt(item, b[i]));
  if (isArray(b) || a.size !== b.size) return false;
  if (a instanceof RegoSet !== b instanceof RegoSet) return false;
  return keyOf(a) === keyOf(b);
}

function equalAt(a: RegoValue, b: RegoValue | undefined): boolean {
  return b !== undefined && equalValues(a, b);
}

/** The member of a key; of a set the member itself. */
export function memberOf(value: RegoValue, key: RegoValue): RegoValue | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if (isArray(value)) return typeof key === "number" ? value[key] : undefined;
  if (value instanceof RegoSet) return value.has(key) ? key : undefined;
  return value.get(key);
}

/** The kinds in their order. */
const ranks: ReadonlyMap<string, number> = new Map(
  ["null", "boolean", "number", "string", "array", "object", "set"].map((name, rank) => [name, rank]),
);

/** A kind's name, as Rego's `type_name` gives it. */
export function typeName(value: RegoValue): string {
  if (value === null) return "null";
  if (typeof value !== "object") return typeof value;
  if (isArray(value)) return "array";
  return value instanceof RegoSet ? "set" : "object";
}

/** Rego's order of all values: null, booleans, numbers, texts by code points, arrays, objects, sets. */
export function compareValues(a: RegoValue, b: RegoValue): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  const nameA = typeName(a);
  const nameB = typeName(b);
  if (nameA !== nameB) return (ranks.get(nameA) as number) - (ranks.get(nameB) as number);
  if (typeof a === "boolean") return Number(a) - Number(b);
  if (a === null || typeof a !== "object") return 0;
  return compareLists(listOf(a), listOf(b as typeof a));
}

/** What is compared one after the other: of an object its keys and values by turns. */
function listOf(value: readonly RegoValue[] | RegoObject | RegoSet): readonly RegoValue[] {
  if (isArray(value)) return value;
  if (value instanceof RegoSet) return value.members();
  return value.entries().flat();
}

function compareLists(a: readonly RegoValue[], b: readonly RegoValue[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareValues(a[i] as RegoValue, b[i] as RegoValue);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** By code points, which is the order of UTF-8's bytes; JavaScript's own order is that of UTF-16. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA === unitB) continue;
    const surrogates = isSurrogate(unitA) === isSurrogate(unitB);
    return surrogates ? unitA - unitB : isSurrogate(unitA) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
