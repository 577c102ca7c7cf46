/** Arrays, sets, objects, and JSON. */
import { binary, cheap, membersOf, type NamedBuiltin, ternary, unary, valuesOf } from "./builtin.ts";
import { goJson } from "./go-json.ts";
import { fromJson, type JsonValue, toJson } from "./json.ts";
import type { Allocation } from "./program.ts";
import {
  compareValues,
  equalValues,
  isArray,
  memberOf,
  RegoObject,
  RegoSet,
  type RegoValue,
} from "./value.ts";

function count(value: RegoValue): number | undefined {
  if (typeof value === "string") return [...value].length;
  if (value === null || typeof value !== "object") return undefined;
  return isArray(value) ? value.length : value.size;
}

/** The least or the greatest member; nothing of an empty collection. */
function extreme(value: RegoValue, sign: 1 | -1): RegoValue | undefined {
  const [first, ...rest] = membersOf(value) ?? [];
  return rest.reduce(
    (best: RegoValue | undefined, each) =>
      best !== undefined && sign * compareValues(each, best) > 0 ? each : best,
    first,
  );
}

function isMember(value: RegoValue, collection: RegoValue): boolean {
  if (collection instanceof RegoSet) return collection.has(value);
  return valuesOf(collection)?.some((member) => equalValues(member, value)) ?? false;
}

/** Whether a collection has a key, and the value at it. */
function isEntry(key: RegoValue, value: RegoValue, collection: RegoValue): boolean {
  const at = memberOf(collection, key);
  return at !== undefined && equalValues(at, value);
}

function union(sets: readonly RegoValue[], budget: Allocation): RegoSet | undefined {
  if (!sets.every((set) => set instanceof RegoSet)) return undefined;
  const members = sets.flatMap((set) => set.members());
  budget.allocate(members.length);
  return new RegoSet(members);
}

function intersection(sets: readonly RegoValue[]): RegoSet | undefined {
  if (!sets.every((set) => set instanceof RegoSet)) return undefined;
  const [first, ...rest] = sets;
  return new RegoSet(first?.members().filter((member) => rest.every((set) => set.has(member))));
}

/** The second object's members over the first's, at every depth where both are objects. */
function mergedObjects(a: RegoObject, b: RegoObject, budget: Allocation): RegoObject {
  budget.allocate(a.size + b.size);
  const merged = b.entries().map(([key, value]) => {
    const below = a.get(key);
    const both = below instanceof RegoObject && value instanceof RegoObject;
    return [key, both ? mergedObjects(below, value, budget) : value] as const;
  });
  return new RegoObject([...a.entries(), ...merged]);
}

/** What stands at a path of keys, or at one key. */
function objectGet(object: RegoValue, key: RegoValue, otherwise: RegoValue): RegoValue | undefined {
  if (!(object instanceof RegoObject)) return undefined;
  let at: RegoValue | undefined = object;
  for (const step of isArray(key) ? key : [key]) {
    if (at instanceof RegoObject) at = at.get(step);
    else at = at !== undefined && isArray(at) && typeof step === "number" ? at[step] : undefined;
  }
  return at === undefined ? otherwise : at;
}

/** The keys that `object.remove` and `object.filter` are given. */
function keysGiven(keys: RegoValue): RegoSet | undefined {
  if (keys instanceof RegoObject) return new RegoSet(keys.entries().map(([key]) => key));
  const members = membersOf(keys);
  return members && new RegoSet(members);
}

function withKeys(object: RegoValue, keys: RegoValue, wanted: boolean): RegoObject | undefined {
  const given = keysGiven(keys);
  if (!(object instanceof RegoObject) || given === undefined) return undefined;
  return new RegoObject(object.entries().filter(([key]) => given.has(key) === wanted));
}

/** Whether one collection is in another: keys with their values at every depth, members, or items in a row. */
function isSubset(whole: RegoValue, part: RegoValue, budget: Allocation): boolean | undefined {
  if (whole instanceof RegoObject && part instanceof RegoObject) {
    return part.entries().every(([key, value]) => {
      const other = whole.get(key);
      return other !== undefined && (isSubset(other, value, budget) ?? equalValues(other, value));
    });
  }
  if (whole instanceof RegoSet && part instanceof RegoSet) return part.members().every((m) => whole.has(m));
  if (!isArray(whole)) return undefined;
  budget.allocate(whole.length);
  if (part instanceof RegoSet) {
    const members = new RegoSet(whole);
    return part.members().every((member) => members.has(member));
  }
  if (!isArray(part)) return undefined;
  budget.allocate(whole.length * part.length);
  return whole.some((_, at) => part.every((item, i) => isSameItem(whole[at + i], item))) || part.length === 0;
}

function isSameItem(item: RegoValue | undefined, other: RegoValue): boolean {
  return item !== undefined && equalValues(item, other);
}

function slice(value: RegoValue, from: RegoValue, to: RegoValue): RegoValue | undefined {
  if (!isArray(value) || !Number.isInteger(from) || !Number.isInteger(to)) return undefined;
  const start = Math.max(0, from as number);
  return value.slice(start, Math.max(start, Math.min(to as number, value.length)));
}

function parsed(text: string): RegoValue | undefined {
  try {
    return fromJson(JSON.parse(text) as JsonValue);
  } catch {
    return undefined;
  }
}

/** See the head of this file. */
export const collectionBuiltins: readonly NamedBuiltin[] = [
  cheap(unary("count", count)),
  unary("max", (a) => extreme(a, 1)),
  unary("min", (a) => extreme(a, -1)),
  unary("sort", (a) => membersOf(a)?.toSorted(compareValues)),
  unary("all", (a) => membersOf(a)?.every((member) => member === true)),
  unary("any", (a) => membersOf(a)?.some((member) => member === true)),
  binary("internal.member_2", isMember),
  ternary("internal.member_3", isEntry),
  binary("or", (a, b, budget) => union([a, b], budget)),
  binary("and", (a, b) => intersection([a, b])),
  unary("union", (a, budget) => (a instanceof RegoSet ? union(a.members(), budget) : undefined)),
  unary("intersection", (a) => (a instanceof RegoSet ? intersection(a.members()) : undefined)),
  binary("array.concat", (a, b, budget) => {
    if (!isArray(a) || !isArray(b)) return undefined;
    budget.allocate(a.length + b.length);
    return [...a, ...b];
  }),
  unary("array.reverse", (a) => (isArray(a) ? a.toReversed() : undefined)),
  ternary("array.slice", slice),
  cheap(ternary("object.get", objectGet)),
  binary("object.subset", isSubset),
  unary("object.keys", (a) => (a instanceof RegoObject ? keysGiven(a) : undefined)),
  binary("object.union", (a, b, budget) =>
    a instanceof RegoObject && b instanceof RegoObject ? mergedObjects(a, b, budget) : undefined,
  ),
  unary("object.union_n", (a, budget) =>
    isArray(a) && a.every((each) => each instanceof RegoObject)
      ? a.reduce((merged, each) => mergedObjects(merged, each, budget), new RegoObject())
      : undefined,
  ),
  binary("object.remove", (a, b) => withKeys(a, b, false)),
  binary("object.filter", (a, b) => withKeys(a, b, true)),
  unary("json.marshal", (a, budget) => {
    const text = goJson(toJson(a));
    budget.allocate(text.length);
    return text;
  }),
  unary("json.unmarshal", (a) => (typeof a === "string" ? parsed(a) : undefined)),
  unary("json.is_valid", (a) => typeof a === "string" && parsed(a) !== undefined),
];
