/** What older versions of the framework leave out of what they list, and what stands for it. */
import type { JsonObject, JsonValue } from "../../rego/index.ts";
import { compareVersions } from "../../rego/semantic-version.ts";
import { isObject } from "./shapes.ts";

/** What can be listed. */
export type ListedKind =
  | "container"
  | "external_process"
  | "fragment"
  | "platform_rule"
  | "transparency_trust_list";

/** Members that every version has. */
const members: Readonly<Record<ListedKind, readonly string[]>> = {
  container: [
    "command",
    "env_rules",
    "layers",
    "mounts",
    "allow_elevated",
    "working_dir",
    "exec_processes",
    "allow_stdio_access",
    "signals",
  ],
  external_process: ["command", "env_rules", "working_dir", "allow_stdio_access"],
  fragment: ["issuer", "feed", "minimum_svn", "includes"],
  platform_rule: [],
  transparency_trust_list: [],
};

const anyone = { pattern: "", strategy: "any" };

/** Members of containers that later versions brought. */
const laterMembers: readonly (readonly [name: string, since: string, otherwise: JsonValue])[] = [
  ["no_new_privileges", "0.2.0", false],
  ["user", "0.2.1", { umask: "0022", user_idname: anyone, group_idnames: [anyone] }],
  ["capabilities", "0.2.2", null],
  ["seccomp_profile_sha256", "0.2.3", ""],
];

/** Signals that could be sent before they had to be listed. */
const signalsSince = "0.4.1";

/** A thing that a text of an older version lists, with nothing but what is known; undefined where something is missing. */
export function completed(kind: ListedKind, given: JsonValue, version: string): JsonObject | undefined {
  if (!isObject(given)) return undefined;
  const complete: { [name: string]: JsonValue } = Object.create(null);
  for (const name of members[kind]) {
    const value = given[name];
    if (value === undefined) return undefined;
    complete[name] = value;
  }
  if (kind === "fragment") complete["parameters"] = given["parameters"] ?? {};
  if (kind !== "container") return complete;
  for (const [name, since, otherwise] of laterMembers) {
    const value = isBefore(version, since) ? otherwise : given[name];
    if (value === undefined) return undefined;
    complete[name] = value;
  }
  if (!isBefore(version, signalsSince)) return complete;
  const { signals } = given;
  return Array.isArray(signals) ? { ...complete, signals: [...signals, 9, 15] } : undefined;
}

function isBefore(version: string, since: string): boolean {
  return (compareVersions(version, since) ?? -1) < 0;
}
