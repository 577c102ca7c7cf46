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
    throw unusable("capabilities object provided by the UVM to the policy engine is nil");
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
  if (!Array.isArray(answer)) throw wrongType("env_list", "[]interface{}", answer);
  return intersection(asked, answer, "members of env_list");
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
  if (typeof answer !== "object" || Array.isArray(answer)) {
    throw wrongType("caps_list", "map[string]interface{}", answer);
  }
  const kept = answer as JsonObject;
  const both = (kind: keyof CapabilityLists): readonly string[] => {
    const list = kept[kind];
    if (!Array.isArray(list)) {
      throw unusable(
        `capability sets of caps_list from policy must be an array of interface{}, received ${goType(list)}`,
      );
    }
    return intersection(lists[kind], list, "members of capability sets");
  };
  return {
    bounding: both("bounding"),
    effective: both("effective"),
    inheritable: both("inheritable"),
    permitted: both("permitted"),
    ambient: both("ambient"),
  };
}

/**
 * Whether a process gets its standard streams.
 *
 * @throws {PolicyError} where the policy does not say.
 */
export function stdioAccess({ allow_stdio_access: answer }: JsonObject): boolean {
  if (answer === undefined) throw unusable("unable to find value for key 'allow_stdio_access'");
  if (typeof answer !== "boolean") throw unusable("value for 'allow_stdio_access' is not a boolean");
  return answer;
}

function intersection(
  asked: readonly string[] | null,
  answer: readonly JsonValue[],
  members: string,
): readonly string[] {
  const wrong = answer.find((item) => typeof item !== "string");
  if (wrong !== undefined)
    throw unusable(`${members} from policy must be strings, received ${goType(wrong)}`);
  const kept = new Set<JsonValue>(answer);
  return Array.from(new Set(asked)).filter((item) => kept.has(item));
}

function wrongType(name: string, expected: string, received: JsonValue): PolicyError {
  return unusable(
    `policy returned incorrect type for '${name}', expected ${expected}, received ${goType(received)}`,
  );
}

/** How Go calls the type of a value from Rego, as hcsshim's errors do. */
function goType(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "<nil>";
  if (typeof value === "number") return "json.Number";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}

function unusable(message: string): PolicyError {
  return new PolicyError(message, [message]);
}
