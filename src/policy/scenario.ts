/**
 * Scenarios: a policy and operations, carried out one by one, and the trace of what came of each. Their form is that
 * of traces recorded from hcsshim's enforcer, so that the two can be held side by side.
 */
import { toHex } from "../bytes/index.ts";
import { PolicyError, StorageError } from "../errors.ts";
import { goJson } from "../rego/go-json.ts";
import type { JsonObject, JsonValue } from "../rego/index.ts";
import type { PolicyEnforcer, PolicyQuery } from "./enforcer.ts";
import { GuestRequests } from "./guest-requests.ts";
import { JsonFields } from "./json-fields.ts";
import type { CapabilityLists } from "./kept-values.ts";
import { openPolicy, type Policy, policyDigest } from "./policy.ts";
import { PolicyDenial } from "./policy-denial.ts";
import { performOperation } from "./scenario-operations.ts";
import { scenarioText } from "./scenario-text.ts";

/** What came of a step. */
export interface ScenarioStep {
  readonly op: JsonObject;
  readonly allowed: boolean;
  /** Of a request that was refused before any policy was asked. */
  readonly error?: string;
  readonly error_message_length?: number;
  readonly policy_decision?: JsonObject;
  /** What a process is granted; lists are sorted. */
  readonly returned?: JsonObject;
  readonly metadata_after: JsonObject;
  readonly rego_queries: readonly JsonObject[];
}

/** An enforcer to which operations are put one by one. */
export class ScenarioRun {
  readonly enforcer: PolicyEnforcer;
  readonly #requests: GuestRequests;
  #queries: PolicyQuery[] = [];
  /** The denial of the last step, where it was one. */
  denial: PolicyDenial | undefined;

  /** @param longestMessage as of `EnforcerOptions`; 0, as traces are recorded, for no limit. */
  constructor(policy: Policy, longestMessage = 0) {
    this.enforcer = policy.enforcer({ longestMessage, onQuery: (query) => this.#queries.push(query) });
    this.#requests = new GuestRequests(this.enforcer);
  }

  /**
   * Carries an operation out.
   *
   * @param operation `{"op": …}` and the request's fields; a field that is absent is empty.
   * @throws {FormatError} `bad-field` for a field of another type.
   */
  step(operation: JsonObject, what = "the operation"): ScenarioStep {
    this.#queries = [];
    this.denial = undefined;
    const outcome = this.#outcome(operation, new JsonFields(operation, what));
    return {
      op: operation,
      ...outcome,
      metadata_after: this.enforcer.metadata(),
      rego_queries: this.#queries.map((query) => ({ ...query })),
    };
  }

  #outcome(
    operation: JsonObject,
    fields: JsonFields,
  ): Omit<ScenarioStep, "op" | "metadata_after" | "rego_queries"> {
    try {
      const granted = performOperation(this.#requests, this.enforcer, operation, fields);
      return { allowed: true, ...(granted && { returned: returnedJson(granted) }) };
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      if (!(error instanceof PolicyDenial)) return { allowed: false, error: error.message };
      this.denial = error;
      const { message, decision } = error;
      return { allowed: false, error_message_length: message.length, policy_decision: decision };
    }
  }
}

/** What is said of a scenario besides its own. */
export interface ScenarioOptions {
  /** In place of the scenario's `max_error_message_length`, and of no limit. */
  readonly longestMessage?: number;
  /** Told of every step as it is done, and of its denial if it was one. */
  readonly onStep?: (step: ScenarioStep, denial: PolicyDenial | undefined) => void;
}

/**
 * Carries a scenario out: `{"name", "description", "policy", "ops", "enforcer"?, "max_error_message_length"?}`.
 *
 * @returns its trace: `{"name", "description", "policy", "policy_rego_length", "policy_sha256_hex"}` and
 *   `"steps"`, or where the policy is refused `"create_error"`.
 * @throws {FormatError} `bad-field` for what is no scenario.
 */
export async function traceScenario(scenario: JsonValue, options: ScenarioOptions = {}): Promise<JsonObject> {
  const fields = new JsonFields(scenario, "the scenario");
  const text = scenarioText(fields.object("policy"), "the policy");
  const bytes = new TextEncoder().encode(text);
  const about = {
    ...(fields.has("name") && { name: fields.text("name") }),
    ...(fields.has("description") && { description: fields.text("description") }),
    policy: fields.object("policy"),
    policy_rego_length: bytes.length,
    policy_sha256_hex: toHex(await policyDigest(bytes)),
  };
  const opened = await openedPolicy(bytes, fields.text("enforcer"));
  if (typeof opened === "string") return { ...about, create_error: opened };
  const limit = options.longestMessage ?? fields.number("max_error_message_length");
  const run = new ScenarioRun(opened, limit);
  const operations = fields.list("ops") ?? [];
  const steps = operations.map((operation, index) => {
    const step = run.step(operation as JsonObject, `ops[${index}] of the scenario`);
    options.onStep?.(step, run.denial);
    return step as unknown as JsonObject;
  });
  return { ...about, steps };
}

/** A trace as it is recorded: keys in order, a line for each. */
export function traceText(trace: JsonObject): string {
  return goJson(trace, " ");
}

/** The policy, or why an enforcer refuses it. */
async function openedPolicy(bytes: Uint8Array, enforcer: string): Promise<Policy | string> {
  const isOpenDoor = enforcer === "open_door";
  try {
    return await openPolicy(bytes, isOpenDoor ? "open_door" : "rego");
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    if (isOpenDoor) return "Invalid policy for open-door enforcer";
    return `error creating Rego policy: rego compilation failed: ${error.message}`;
  }
}

function returnedJson(granted: object): JsonObject {
  const { environment, capabilities, stdioAccess } = granted as {
    readonly environment: readonly string[];
    readonly capabilities?: CapabilityLists;
    readonly stdioAccess: boolean;
  };
  return {
    allow_stdio_access: stdioAccess,
    env_to_keep: [...environment].sort(),
    ...(capabilities && {
      caps_to_keep: {
        bounding: sortedList(capabilities.bounding),
        effective: sortedList(capabilities.effective),
        inheritable: sortedList(capabilities.inheritable),
        permitted: sortedList(capabilities.permitted),
        ambient: sortedList(capabilities.ambient),
      },
    }),
  };
}

function sortedList(list: readonly string[] | null): readonly string[] {
  return [...(list ?? [])].sort();
}
