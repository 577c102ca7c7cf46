/**
 * Policies compared by what they allow: each as a list of grants, in words, and which of them the other does not have.
 * What is listed is compared, not what patterns match: a wider pattern is a grant of its own.
 */

import { goJson } from "../rego/go-json.ts";
import type { JsonValue } from "../rego/index.ts";
import type { ListedContainer } from "./listed-container.ts";
import type { PolicyOutline } from "./policy-outline.ts";

/** What one of two policies allows and the other does not. */
export interface Grant {
  /** Its container, as the policy that grants it counts; absent where it is of the whole. */
  readonly container?: number;
  /** `layers`, `env_rules`, `allow_unencrypted_scratch`, …: the field that grants it. */
  readonly field: string;
  /** As the policy has it. */
  readonly value: JsonValue;
}

/** See the head of this file. */
export interface PolicyDifference {
  readonly onlyFirst: readonly Grant[];
  readonly onlySecond: readonly Grant[];
}

/** Compares two policies. */
export function comparePolicies(first: PolicyOutline, second: PolicyOutline): PolicyDifference {
  const pairs = pairsOf(first.containers, second.containers);
  const onlyFirst: Grant[] = [];
  const onlySecond: Grant[] = [];
  for (const [a, b] of pairs) {
    const [grantsA, grantsB] = [
      containerGrants(first.containers, a, b),
      containerGrants(second.containers, b, a),
    ];
    onlyFirst.push(...without(grantsA, grantsB));
    onlySecond.push(...without(grantsB, grantsA));
  }
  const [wholeA, wholeB] = [wholeGrants(first), wholeGrants(second)];
  onlyFirst.push(...without(wholeA, wholeB));
  onlySecond.push(...without(wholeB, wholeA));
  return { onlyFirst, onlySecond };
}

type Place = number | undefined;

/** Containers that are the same, then those of one name, of one list of layers, of one command; then the others alone. */
function pairsOf(
  first: readonly ListedContainer[],
  second: readonly ListedContainer[],
): readonly (readonly [Place, Place])[] {
  const likenesses: readonly ((container: ListedContainer) => string | undefined)[] = [
    (container) => JSON.stringify(fieldGrants(container).map(({ field, value }) => [field, value])),
    ({ name }) => name,
    ({ layers }) => JSON.stringify(layers),
    ({ command }) => JSON.stringify(command),
  ];
  const pairs: [Place, Place][] = [];
  const leftA = new Set(first.keys());
  const leftB = new Set(second.keys());
  for (const likeness of likenesses) {
    for (const a of [...leftA]) {
      const key = likeness(first[a] as ListedContainer);
      const b = [...leftB].find((at) => key !== undefined && likeness(second[at] as ListedContainer) === key);
      if (b === undefined) continue;
      pairs.push([a, b]);
      leftA.delete(a);
      leftB.delete(b);
    }
  }
  return [
    ...pairs,
    ...[...leftA].map((a) => [a, undefined] as const),
    ...[...leftB].map((b) => [undefined, b] as const),
  ];
}

/** All that a container grants; where it stands alone, the container itself. */
function containerGrants(containers: readonly ListedContainer[], own: Place, other: Place): readonly Grant[] {
  const container = own === undefined ? undefined : containers[own];
  if (own === undefined || container === undefined) return [];
  if (other === undefined) return [{ container: own, field: "container", value: container.command }];
  return fieldGrants(container).map((grant) => ({ container: own, ...grant }));
}

function fieldGrants(container: ListedContainer): readonly Grant[] {
  const of = (field: string, values: readonly unknown[]): readonly Grant[] =>
    values.map((value) => ({ field, value: value as JsonValue }));
  const flag = (field: string, granted: boolean, value: boolean): readonly Grant[] =>
    granted ? [{ field, value }] : [];
  const { user, capabilities } = container;
  return [
    ...of("layers", [container.layers]),
    ...of("command", [container.command]),
    ...of("working_dir", [container.working_dir]),
    ...of("env_rules", container.env_rules),
    ...of("mounts", container.mounts),
    ...of("signals", [...new Set(container.signals)]),
    ...of("exec_processes", container.exec_processes),
    ...of("user", [user.user_idname]),
    ...of("groups", user.group_idnames),
    ...of("umask", [user.umask]),
    ...of("capabilities", [capabilities]),
    ...of("seccomp_profile_sha256", [container.seccomp_profile_sha256]),
    ...flag("allow_elevated", container.allow_elevated, true),
    ...flag("allow_stdio_access", container.allow_stdio_access, true),
    ...flag("no_new_privileges", !container.no_new_privileges, false),
  ];
}

function wholeGrants(outline: PolicyOutline): readonly Grant[] {
  const { flags, fragments, externalProcesses, points, ownRules, unreadLists, apiVersion, frameworkVersion } =
    outline;
  return [
    { field: "api_version", value: apiVersion ?? null },
    { field: "framework_version", value: frameworkVersion ?? null },
    ...Array.from(flags)
      .filter(([, value]) => value)
      .map(([field]) => ({ field, value: true })),
    ...fragments.map((value) => ({ field: "fragments", value: value as unknown as JsonValue })),
    ...externalProcesses.map((value) => ({
      field: "external_processes",
      value: value as unknown as JsonValue,
    })),
    ...Array.from(points, ([field, answer]) => ({ field, value: answer as unknown as JsonValue })),
    ...ownRules.map(({ name, text }) => ({ field: `rule ${name}`, value: text })),
    ...unreadLists.map((value) => ({ field: "unread", value })),
  ];
}

function without(grants: readonly Grant[], others: readonly Grant[]): readonly Grant[] {
  const known = new Set(others.map(keyOf));
  return grants.filter((grant) => !known.has(keyOf(grant)));
}

function keyOf({ field, value }: Grant): string {
  return `${field} ${goJson(value)}`;
}
