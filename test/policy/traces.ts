/** Scenarios put to the real enforcer, and what it did: see `test/golden/policy/README.md`. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { JsonObject } from "../../src/rego/index.ts";

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
  readonly policy: JsonObject;
  readonly description: string;
  readonly policy_rego_length: number;
  readonly policy_sha256_hex: string;
  readonly create_error?: string;
  readonly steps?: readonly TraceStep[];
}

/** All traces. */
export function readTraces(): readonly Trace[] {
  const packed = readFileSync(new URL("../golden/policy/traces.json.gz", import.meta.url));
  return JSON.parse(gunzipSync(packed).toString("utf8")) as Trace[];
}
