/** Scenarios put to the real enforcer, and what it did: see `test/golden/policy/README.md`. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { JsonObject, JsonValue } from "../../src/rego/index.ts";

/** A policy or fragment as a scenario has it. */
export type ScenarioText =
  | { readonly raw_rego: string }
  | {
      readonly package: string;
      readonly data: { readonly [name: string]: JsonValue };
      readonly framework_points: readonly string[];
    };

/** What was asked. */
export type Operation = { readonly op: string } & { readonly [name: string]: unknown };

/** One step and its outcome. */
export interface TraceStep {
  readonly op: Operation;
  readonly allowed: boolean;
  readonly error?: string;
  readonly error_message_length?: number;
  readonly policy_decision?: JsonObject;
  readonly returned?: JsonObject;
  readonly metadata_after: JsonObject;
  readonly rego_queries: readonly JsonObject[];
}

/** A scenario and its outcome. */
export interface Trace {
  readonly name: string;
  readonly policy: ScenarioText;
  readonly policy_sha256_hex: string;
  readonly create_error?: string;
  readonly steps?: readonly TraceStep[];
}

/** All traces. */
export function readTraces(): readonly Trace[] {
  const packed = readFileSync(new URL("../golden/policy/traces.json.gz", import.meta.url));
  return JSON.parse(gunzipSync(packed).toString("utf8")) as Trace[];
}

/** The text of a policy or fragment, as the recorder wrote it. */
export function textOf(text: ScenarioText): string {
  if ("raw_rego" in text) return text.raw_rego;
  const constants = Object.entries(text.data).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `package ${text.package}`,
    "",
    ...constants.map(([name, value]) => `${name} := ${JSON.stringify(value)}`),
    ...text.framework_points.map((point) => `${point} := data.framework.${point}`),
    "",
  ].join("\n");
}
