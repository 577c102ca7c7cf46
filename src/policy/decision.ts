/**
 * A denial in the form that hcsshim gives it: JSON in base64 between two marks, without values of environment
 * variables, with the usual sets of capabilities by their names, and made shorter where it is too long
 * (`securitypolicyenforcer_rego.go`).
 */

import { goJson } from "../rego/go-json.ts";
import type { JsonObject, JsonValue } from "../rego/index.ts";
import { encodeBase64 } from "./base64.ts";
import { defaultPrivilegedCapabilities, defaultUnprivilegedCapabilities } from "./default-capabilities.ts";

/** What a decision holds: `decision`, `input`, `reason`, and where they apply `policyError` and `truncated`. */
export type PolicyDecision = JsonObject;

/** A decision while it is being made. */
interface OpenDecision {
  [name: string]: JsonValue;
}

/** Stands where evaluation failed. */
export const invalidPolicyReason =
  "Security policy is not valid. Please check security policy or re-generate with tooling.";

/** Stands where the policy has no `reason`. */
export const missingReason =
  "Security policy is either not valid or did not provide a reason for denial. Please check security policy or re-generate with tooling.";

/** The denial of a request that a policy does not allow; without `reason` the policy gave none. */
export function deniedDecision(
  point: string,
  input: JsonObject,
  reason: JsonObject | undefined,
): PolicyDecision {
  return {
    decision: "deny",
    input: { ...redacted(input), rule: point },
    reason: reason === undefined ? missingReason : withNamedObjects(reason),
  };
}

/** The denial of a request that a policy could not decide. */
export function failedDecision(input: JsonObject, policyError: string): PolicyDecision {
  return { decision: "deny", input: redacted(input), reason: invalidPolicyReason, policyError };
}

/**
 * The error text of a decision, and the decision as it stands in it.
 *
 * @param limit what the text may have in characters; past it go the objects of the reason, then the input, then
 *   the reason, until it fits or nothing is left to go. 0 for no limit.
 */
export function encodeDecision(decision: PolicyDecision, limit: number): readonly [string, PolicyDecision] {
  const whole = enclosed(decision);
  if (limit === 0 || whole.length <= limit) return [whole, decision];
  let shorter: OpenDecision = { ...decision, truncated: [] };
  let text = whole;
  for (const shorten of [withoutErrorObjects, withoutInput, withoutReason]) {
    shorter = shorten(shorter);
    text = enclosed(shorter);
    if (text.length <= limit) break;
  }
  return [text, shorter];
}

function enclosed(decision: PolicyDecision): string {
  return `policyDecision< ${encodeBase64(new TextEncoder().encode(goJson(decision)))} >policyDecision`;
}

function withoutErrorObjects(decision: OpenDecision): OpenDecision {
  const { reason } = decision;
  if (!isObject(reason) || !Object.hasOwn(reason, "error_objects")) return decision;
  const { error_objects: _, ...rest } = reason;
  return { ...decision, reason: rest, truncated: [...truncatedIn(decision), "reason.error_objects"] };
}

function withoutInput(decision: OpenDecision): OpenDecision {
  const { input: _, ...rest } = decision;
  return { ...rest, truncated: [...truncatedIn(decision), "input"] };
}

function withoutReason(decision: OpenDecision): OpenDecision {
  const { reason: _, ...rest } = decision;
  return { ...rest, truncated: [...truncatedIn(decision), "reason"] };
}

function truncatedIn({ truncated }: OpenDecision): readonly JsonValue[] {
  return Array.isArray(truncated) ? truncated : [];
}

/** An input as it may be shown. */
function redacted(input: JsonObject): JsonObject {
  const { envList } = input;
  if (envList === undefined) return withNamedCapabilities(input);
  const texts = Array.isArray(envList) && envList.every((env) => typeof env === "string") ? envList : [];
  return withNamedCapabilities({ ...input, envList: texts.map(redactedVariable) });
}

/** A variable without its value: `NAME=<<redacted>>`. */
export function redactedVariable(env: string): string {
  return `${variableName(env)}=<<redacted>>`;
}

/** What stands before the first `=`; all of it where there is none. */
export function variableName(env: string): string {
  const end = env.indexOf("=");
  return end === -1 ? env : env.slice(0, end);
}

function withNamedObjects(reason: JsonObject): JsonObject {
  const { error_objects: objects } = reason;
  if (!Array.isArray(objects)) return reason;
  const named = objects.map((object) => (isObject(object) ? withNamedCapabilities(object) : object));
  return { ...reason, error_objects: named };
}

function withNamedCapabilities(object: JsonObject): JsonObject {
  const { capabilities } = object;
  if (!isObject(capabilities)) return object;
  const set = namedSets.find(({ lists }) =>
    lists.every(([kind, list]) => sameList(capabilities[kind], list)),
  );
  return set === undefined ? object : { ...object, capabilities: set.name };
}

const namedSets: readonly {
  readonly name: string;
  readonly lists: readonly (readonly [kind: string, list: readonly string[]])[];
}[] = [
  {
    name: "[privileged]",
    lists: [
      ["bounding", defaultPrivilegedCapabilities],
      ["effective", defaultPrivilegedCapabilities],
      ["inheritable", defaultPrivilegedCapabilities],
      ["permitted", defaultPrivilegedCapabilities],
      ["ambient", []],
    ],
  },
  {
    name: "[unprivileged]",
    lists: [
      ["bounding", defaultUnprivilegedCapabilities],
      ["effective", defaultUnprivilegedCapabilities],
      ["inheritable", []],
      ["permitted", defaultUnprivilegedCapabilities],
      ["ambient", []],
    ],
  },
];

function sameList(value: JsonValue | undefined, list: readonly string[]): boolean {
  return Array.isArray(value) && value.length === list.length && list.every((item, i) => value[i] === item);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
