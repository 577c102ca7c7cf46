/** What a policy's answer leaves of what was asked for a process: never more than was asked. */
import { PolicyError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../rego/index.ts";

/** Capabilities by the sets that a process has of them. */
export interface CapabilityLists {
  readonly bounding: readonly string[] | null;
  readonly effective: readonly string[] | null;
  readonly inheritable: readonly string[] | null;
  readonly permitted: readonly string[] | null;
  readonly ambient: readonly string[] | null;
}

/**
 * Capabilities as a policy is given them: sets that are missing are empty.
 *
 * @throws {PolicyError} where there are none at all.
 */
export function capabilitiesInput(lists: CapabilityLists | null): JsonObject {
  if (lists === null) {
    const message = "capabilities object provided by the UVM to the policy engine is nil";
    throw new PolicyError(message, [message]);
  }
  return {
    bounding: lists.bounding ?? [],
    effective: lists.effective ?? [],
    inheritable: lists.inheritable ?? [],
    permitted: lists.permitted ?? [],
    ambient: lists.ambient ?? [],
  };
}

/**
 * The variables that stay, each once, in the order asked.
 *
 * @throws {PolicyError} where the policy's answer is no list of texts.
 */
export function keptEnvironment(asked: readonly string[], result: JsonObject): readonly string[] {
  const { env_list: answer = null } = result;
  if (answer === null) return asked;
  return intersection(asked, answer, "env_list");
}

/**
 * The capabilities that stay.
 *
 * @throws {PolicyError} where the policy's answer is not five lists of texts.
 */
export function keptCapabilities(asked: CapabilityLists | null, result: JsonObject): CapabilityLists {
  const lists = asked ?? { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };
  const { caps_list: answer = null } = result;
  if (answer === null) return lists;
  if (typeof answer !== "object" || Array.isArray(answer)) throw unusable("caps_list", "an object");
  const kept = answer as JsonObject;
  return {
    bounding: intersection(lists.bounding, kept["bounding"], "caps_list"),
    effective: intersection(lists.effective, kept["effective"], "caps_list"),
    inheritable: intersection(lists.inheritable, kept["inheritable"], "caps_list"),
    permitted: intersection(lists.permitted, kept["permitted"], "caps_list"),
    ambient: intersection(lists.ambient, kept["ambient"], "caps_list"),
  };
}

/**
 * Whether a process gets its standard streams.
 *
 * @throws {PolicyError} where the policy does not say.
 */
export function stdioAccess({ allow_stdio_access: answer }: JsonObject): boolean {
  if (typeof answer !== "boolean") throw unusable("allow_stdio_access", "a boolean");
  return answer;
}

function intersection(
  asked: readonly string[] | null,
  answer: JsonValue | undefined,
  name: string,
): string[] {
  if (!Array.isArray(answer)) throw unusable(name, "a list");
  if (!answer.every((item) => typeof item === "string")) throw unusable(name, "a list of texts");
  const kept = new Set<JsonValue>(answer);
  return Array.from(new Set(asked)).filter((item) => kept.has(item));
}

function unusable(name: string, wanted: string): PolicyError {
  const message = `the policy's \`${name}\` is not ${wanted}`;
  return new PolicyError(message, [message]);
}
