/**
 * Scenarios of this project's own: what is asked, and what comes of it by the rules of hcsshim's enforcer, worked out
 * by hand. `{"$": "app", …}` in one stands for what `named` has under the name, with other members in place of some.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { JsonObject, JsonValue } from "../../src/rego/index.ts";

/** What comes of a step. */
export interface ExpectedStep {
  readonly allowed: boolean;
  readonly errors?: readonly string[];
  /** In place of errors, where there is a text. */
  readonly reason?: string;
  /** Null for one whose words are this project's own. */
  readonly policyError?: string | null;
  readonly error?: string;
  readonly returned?: JsonObject;
  /** Tables that it changes. */
  readonly metadata?: JsonObject;
}

/** A scenario in the form of recorded ones, and what is expected of its steps. */
export interface OwnScenario {
  readonly name: string;
  readonly description: string;
  readonly policy: JsonObject;
  readonly ops: readonly JsonObject[];
  readonly expected: readonly ExpectedStep[];
}

/** All scenarios. */
export function readOwnScenarios(): readonly OwnScenario[] {
  const folder = new URL("scenarios/", import.meta.url);
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(file, folder), "utf8");
      const { named, ...scenario } = JSON.parse(text) as JsonObject;
      return complete(scenario, named as JsonObject) as unknown as OwnScenario;
    });
}

function complete(value: JsonValue, named: JsonObject): JsonValue {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => complete(item, named));
  const { $: name, ...members } = value as JsonObject;
  const own = Object.entries(members).map(([key, member]) => [key, complete(member, named)] as const);
  const base = typeof name === "string" ? complete(named[name] as JsonValue, named) : {};
  return { ...(base as JsonObject), ...Object.fromEntries(own) };
}
