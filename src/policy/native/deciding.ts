/** What a native rule decides from, and what it gives. */
import type { JsonObject, JsonValue } from "../../rego/index.ts";
import { compareText } from "../../rego/value.ts";
import type { PolicyWorld } from "../policy-rules.ts";
import type { Candidates } from "./candidates.ts";
import type { Patterns } from "./patterns.ts";

/** One request and all it is held against. */
export interface Deciding {
  readonly input: JsonObject;
  readonly world: PolicyWorld;
  readonly candidates: Candidates;
  readonly patterns: Patterns;
  /** Whether the policy sets a flag, as its version reads it. */
  readonly flag: (name: string) => boolean;
}

/** A point's rule and what it says of a denial; undefined where the request or the state has another shape. */
export interface NativePoint {
  readonly decide: (deciding: Deciding) => JsonObject | undefined;
  readonly errors: (deciding: Deciding) => readonly string[] | undefined;
  /** What a denial shows as held against: null for most. */
  readonly objects?: (deciding: Deciding) => JsonValue;
}

/** The answer no. */
export const denied: JsonObject = { allowed: false };

/** An answer to a condition. */
export function allowedIf(condition: boolean, ...metadata: readonly JsonObject[]): JsonObject {
  if (!condition) return denied;
  return metadata.length === 0 ? { allowed: true } : { allowed: true, metadata };
}

/** The operation that adds a key. */
export function adding(name: string, key: string, value: JsonValue): JsonObject {
  return { name, action: "add", key, value };
}

/** The operation that sets a key. */
export function updating(name: string, key: string, value: JsonValue): JsonObject {
  return { name, action: "update", key, value };
}

/** The operation that removes a key. */
export function removing(name: string, key: string): JsonObject {
  return { name, action: "remove", key };
}

/** Whether a table has a key with a value that Rego takes for true. */
export function has({ world }: Deciding, name: string, key: string): boolean {
  const value = world.metadata.get(name, key);
  return value !== undefined && value !== false;
}

/** Errors that hold, each with its condition: a set in the order of Rego's. */
export function errorSet(errors: readonly (readonly [error: string, holds: boolean])[]): readonly string[] {
  const found = errors.filter(([, holds]) => holds).map(([error]) => error);
  return Array.from(new Set(found)).sort(compareText);
}
