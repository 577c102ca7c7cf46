/**
 * What a policy remembers between requests: tables by name, each of keys and values or a set of values, changed
 * by the operations that rules return. Operations are done in order and stay done where a later one fails
 * (hcsshim, `regopolicyinterpreter`); whoever needs a whole request undone keeps a snapshot.
 */
import { PolicyError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../rego/index.ts";
import { fromJson } from "../rego/json.ts";
import { equalValues } from "../rego/value.ts";

/** A table: of keys, or of members alone. */
type Table = Map<string, JsonValue> | JsonValue[];

/** A table as it stands between two changes: another object after each, so that what is made of one can be kept by it. */
export interface TableState {
  readonly table: ReadonlyMap<string, JsonValue> | readonly JsonValue[];
}

/** A state that is not handed out as readonly. */
interface OwnState extends TableState {
  readonly table: Table;
  /** A snapshot holds it: it is copied before it is changed. */
  isShared: boolean;
}

/** One operation, read from a rule's result. */
interface Operation {
  readonly name: string;
  readonly action: string;
  readonly isSet: boolean;
  readonly key: string;
  readonly value: JsonValue;
}

/** All tables as they were at one time. */
export type MetadataSnapshot = ReadonlyMap<string, TableState>;

/** See the head of this file. Values given to it must not be changed any more. */
export class Metadata {
  readonly #tables: Map<string, OwnState> = new Map();
  #operations = 0;

  constructor() {
    this.#tables.set("operatingsystem", stateOf(new Map([["ostype", "linux"]])));
  }

  /** How many operations were done, undone ones among them. */
  get operations(): number {
    return this.#operations;
  }

  /** A table as it is now; undefined where there is none. */
  state(name: string): TableState | undefined {
    return this.#tables.get(name);
  }

  /** All tables as they are now. */
  states(): Iterable<readonly [name: string, state: TableState]> {
    return this.#tables;
  }

  /** A key's value; undefined where the table has none. */
  get(name: string, key: string): JsonValue | undefined {
    const table = this.#tables.get(name)?.table;
    return table instanceof Map ? table.get(key) : undefined;
  }

  /** Keys and values of a table, in no particular order. */
  entries(name: string): Iterable<readonly [key: string, value: JsonValue]> {
    const table = this.#tables.get(name)?.table;
    return table instanceof Map ? table : [];
  }

  /** Members of a set. */
  members(name: string): readonly JsonValue[] {
    const table = this.#tables.get(name)?.table;
    return Array.isArray(table) ? table : [];
  }

  /**
   * Does what a result's `metadata` says.
   *
   * @throws {PolicyError} for what is no list of operations, which changes nothing, and for an operation that
   *   cannot be done, before which all others are done.
   */
  apply(operations: JsonValue): void {
    if (!Array.isArray(operations)) throw refused("error loading metadata array: invalid type");
    const read = operations.map(readOperation);
    for (const operation of read) this.#apply(operation);
  }

  #apply(operation: Operation): void {
    const { name, isSet } = operation;
    this.#operations += 1;
    const { table: known, isShared = false } = this.#tables.get(name) ?? {};
    const table = known === undefined ? (isSet ? [] : new Map()) : isShared ? copyOf(known) : known;
    this.#tables.set(name, stateOf(table));
    if (Array.isArray(table) !== isSet) {
      throw failed(`metadata ${name} is ${isSet ? "no set" : "a set"}`);
    }
    if (Array.isArray(table)) applyToSet(table, operation);
    else applyToMap(table, operation);
  }

  /** All tables, to be handed to `restore`. */
  snapshot(): MetadataSnapshot {
    for (const state of this.#tables.values()) state.isShared = true;
    return new Map(this.#tables);
  }

  /** Makes all tables what they were. */
  restore(snapshot: MetadataSnapshot): void {
    this.#tables.clear();
    for (const [name, state] of snapshot) this.#tables.set(name, state as OwnState);
  }

  /** All tables as JSON; objects have no prototype. */
  toJson(): JsonObject {
    const json: { [name: string]: JsonValue } = Object.create(null);
    for (const [name, state] of this.#tables) json[name] = tableJson(state);
    return json;
  }
}

function stateOf(table: Table): OwnState {
  return { table, isShared: false };
}

function copyOf(table: Table): Table {
  return Array.isArray(table) ? [...table] : new Map(table);
}

/** A table as JSON; an object has no prototype. */
export function tableJson({ table }: TableState): JsonValue {
  if (!("get" in table)) return [...table];
  const json: { [key: string]: JsonValue } = Object.create(null);
  for (const [key, value] of table) json[key] = value;
  return json;
}

function applyToMap(table: Map<string, JsonValue>, { name, action, key, value }: Operation): void {
  if (action === "remove") {
    table.delete(key);
    return;
  }
  if (action !== "add" && action !== "update") throw failed(`unrecognized metadata action: ${action}`);
  if (action === "add" && table.has(key)) {
    throw failed(`cannot add metadata value, key ${name}[${key}] already exists`);
  }
  table.set(key, value);
}

function applyToSet(members: JsonValue[], { action, value }: Operation): void {
  if (action !== "add" && action !== "remove") throw failed(`unrecognized metadata action: ${action}`);
  const wanted = fromJson(value);
  const at = members.findIndex((member) => equalValues(fromJson(member), wanted));
  if (action === "add" && at === -1) members.push(value);
  if (action === "remove" && at !== -1) members.splice(at, 1);
}

function readOperation(operation: JsonValue): Operation {
  if (operation === null || typeof operation !== "object" || Array.isArray(operation)) {
    throw unreadable("object");
  }
  const { name, action, key, value, type = "map" } = operation as { readonly [name: string]: JsonValue };
  if (typeof name !== "string") throw unreadable("name");
  if (typeof action !== "string") throw unreadable("action");
  if (type !== "map" && type !== "set") throw unreadable("type");
  const isSet = type === "set";
  if (!isSet && typeof key !== "string") throw unreadable("key");
  if (value === undefined && (isSet || action !== "remove")) throw unreadable("value");
  return { name, action, isSet, key: typeof key === "string" ? key : "", value: value ?? null };
}

function unreadable(what: string): PolicyError {
  return refused(`error loading metadata operation: unable to load metadata ${what}`);
}

function failed(why: string): PolicyError {
  return refused(`error applying metadata operations: ${why}`);
}

function refused(why: string): PolicyError {
  return new PolicyError(why, [why]);
}
