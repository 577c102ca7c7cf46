/** Lists made narrower by what a process asks, as far as points have it in common. */
import type { JsonObject, JsonValue } from "../../rego/index.ts";
import { variableName } from "../decision.ts";
import { capabilitiesOf, mostCapabilities, sameCapabilities } from "./capabilities.ts";
import type { Condition } from "./conditions.ts";
import type { Deciding } from "./deciding.ts";
import { areListed, isListed, missingRules, mostVariables, withVariables } from "./environment.ts";
import {
  type Capabilities,
  type Container,
  type ExternalProcess,
  either,
  isCapabilities,
  isContainer,
  isFlag,
  isNull,
  isText,
  listOf,
  objectOf,
  type Shape,
  texts,
} from "./shapes.ts";

/** Errors, each with whether it holds. */
export type Errors = readonly (readonly [error: string, holds: boolean])[];

/** Containers that an overlay left for an id; undefined for another shape. */
export function matchedContainers(id: string, { world }: Deciding): readonly Container[] | undefined {
  const matches = world.metadata.get("matches", id) ?? [];
  return Array.isArray(matches) && matches.every(isContainer)
    ? (matches as unknown as readonly Container[])
    : undefined;
}

/** Those of a list for which all conditions hold. */
export function narrowed<Item>(
  items: readonly Item[],
  conditions: readonly Condition<Item>[],
): readonly Item[] {
  return items.filter((item) => conditions.every(({ holds }) => holds(item)));
}

/** Variables that a process gets if it runs as one of the items; undefined where that cannot be told. */
function keptVariables(
  items: readonly (Container | ExternalProcess)[],
  envs: readonly string[],
  { flag, patterns }: Deciding,
): readonly string[] | undefined {
  return flag("allow_environment_variable_dropping") ? mostVariables(items, envs, patterns) : envs;
}

/** Items with what they leave of the variables. */
export function afterVariables<Item extends Container | ExternalProcess>(
  items: readonly Item[],
  envs: readonly string[],
  deciding: Deciding,
): { readonly items: readonly Item[]; readonly envs: readonly string[] } | undefined {
  const kept = items.length === 0 ? undefined : keptVariables(items, envs, deciding);
  if (kept === undefined) return undefined;
  const left = withVariables(items, kept, deciding.patterns);
  return left.length === 0 ? undefined : { items: left, envs: kept };
}

/** Containers with what they leave of the capabilities; undefined where that cannot be told. */
export function afterCapabilities(
  items: readonly Container[],
  asked: Capabilities,
  privileged: boolean,
  { flag }: Deciding,
): { readonly items: readonly Container[]; readonly capabilities: Capabilities } | undefined {
  const [kept, other] = flag("allow_capability_dropping")
    ? mostCapabilities(items, asked, privileged)
    : [asked];
  if (kept === undefined || other !== undefined) return undefined;
  const left = items.filter((item) => sameCapabilities(capabilitiesOf(item, privileged), kept));
  return { items: left, capabilities: kept };
}

/** Whether all have one answer for the standard streams. */
export function agreeOnStdio(items: readonly { readonly allow_stdio_access: boolean }[]): boolean {
  return items.every(({ allow_stdio_access: answer }) => answer === items[0]?.allow_stdio_access);
}

/** Errors of variables: over all that are listed, and over those that the other conditions left. */
export function variableErrors(
  listed: readonly (Container | ExternalProcess)[],
  left: readonly (Container | ExternalProcess)[],
  envs: readonly string[],
  deciding: Deciding,
): Errors {
  const { patterns } = deciding;
  const bad = envs.filter((env) => !listed.some(({ env_rules: rules }) => isListed(rules, env, patterns)));
  const kept = left.length === 0 ? undefined : keptVariables(left, envs, deciding);
  const fits = kept !== undefined && left.some(({ env_rules: rules }) => areListed(rules, kept, patterns));
  return [
    [`invalid env list: ${bad.map(variableName).join(",")}`, bad.length > 0],
    ["invalid env list", left.length > 0 && !fits],
    [
      "missing required environment variable",
      left.some(({ env_rules: rules }) => missingRules(rules, envs, patterns).length > 0),
    ],
  ];
}

const isIdentity = objectOf({ id: isText, name: isText });

/** The shape of a process that is asked for. */
export const processShape: { readonly [name: string]: Shape } = {
  containerID: isText,
  argList: either(texts, isNull),
  envList: texts,
  workingDir: isText,
  noNewPrivileges: isFlag,
  user: isIdentity,
  groups: listOf(isIdentity),
  umask: isText,
  capabilities: isCapabilities,
};

/** Whether an input asks for a process. */
export const isProcessInput: Shape = objectOf(processShape);

/** A request and the containers it may be for; undefined for another shape. */
export function read<Input extends { readonly containerID: string }>(
  shape: Shape,
  deciding: Deciding,
): { readonly input: Input; readonly matched: readonly Container[] } | undefined {
  if (!shape(deciding.input)) return undefined;
  const input = deciding.input as unknown as Input;
  const matched = matchedContainers(input.containerID, deciding);
  return matched && { input, matched };
}

/** An input with its capabilities. */
export type Asked<Input> = Input & { readonly capabilities: Capabilities };

/** A value of a known shape as the JSON it is. */
export function jsonOf(value: object): JsonValue {
  return value as unknown as JsonObject;
}
