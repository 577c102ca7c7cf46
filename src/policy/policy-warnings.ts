/** What in a policy is likely to be other than its author meant, or lets the host do more than it must. */

import { compareVersions } from "../rego/semantic-version.ts";
import type { EnvironmentRule, ListedContainer } from "./listed-container.ts";
import { policyFrameworkVersion } from "./points.ts";
import type { PolicyOutline } from "./policy-outline.ts";

/** A warning, and of which container it is. */
export interface PolicyWarning {
  /** The container's place in the policy; absent where it is of the whole. */
  readonly container?: number;
  /** What it is about, in one word that stays. */
  readonly kind: string;
  readonly text: string;
}

/** All warnings: of the whole first, then container by container. */
export function policyWarnings(outline: PolicyOutline): readonly PolicyWarning[] {
  return [
    ...versionWarnings(outline),
    ...pointWarnings(outline),
    ...flagWarnings(outline),
    ...outline.containers.flatMap((container, index) =>
      containerWarnings(container, outline.containers, index).map((warning) => ({
        container: index,
        ...warning,
      })),
    ),
  ];
}

function versionWarnings({
  packageName,
  apiVersion,
  frameworkVersion,
  unreadLists,
  unusedLayers,
}: PolicyOutline): readonly PolicyWarning[] {
  const warnings: PolicyWarning[] = [];
  if (packageName !== "policy") {
    warnings.push({
      kind: "package",
      text: `its package is ${packageName}, and a guest asks the package policy: nothing in it counts`,
    });
  }
  if (apiVersion === undefined) {
    warnings.push({ kind: "version", text: "api_version is missing: every request is denied" });
  }
  if (frameworkVersion === undefined) {
    warnings.push({
      kind: "version",
      text: "framework_version is missing: no container that it lists can be started",
    });
  } else if ((compareVersions(frameworkVersion, policyFrameworkVersion) ?? 1) > 0) {
    warnings.push({
      kind: "version",
      text: `framework_version ${frameworkVersion} is newer than ${policyFrameworkVersion}: no container that it lists can be started`,
    });
  }
  for (const name of unreadLists) {
    warnings.push({
      kind: "form",
      text: `${name} is not in the form that tools write: it is not shown here`,
    });
  }
  for (const layer of unusedLayers) {
    warnings.push({ kind: "unused", text: `layer ${layer} may be mounted, and no container uses it` });
  }
  return warnings;
}

/** What no Linux guest asks. */
const windowsPoints: readonly string[] = ["registry_changes", "mount_cims", "log_provider"];

/** What follows for those who would not guess. */
const consequences: ReadonlyMap<string, string> = new Map([
  ["rw_unmount_device", " (a writable disk stays mounted until the guest ends)"],
]);

function pointWarnings({ points, ownRules, apiVersion }: PolicyOutline): readonly PolicyWarning[] {
  const warnings: PolicyWarning[] = [];
  const open: string[] = [];
  const closed: string[] = [];
  const missing: string[] = [];
  for (const [name, answer] of points) {
    if (answer.kind === "constant") (allows(answer.value) ? open : closed).push(name);
    if (answer.kind === "missing" && apiVersion !== undefined && !windowsPoints.includes(name))
      missing.push(name);
  }
  if (open.length > 0) {
    const all =
      open.length === points.size
        ? "everything that is asked is allowed"
        : `${open.join(", ")}: whatever is asked is allowed`;
    warnings.push({ kind: "allow_all", text: all });
  }
  if (closed.length > 0) {
    warnings.push({ kind: "denied", text: `${closed.join(", ")}: whatever is asked is denied` });
  }
  if (missing.length > 0) {
    const names = missing.map((name) => name + (consequences.get(name) ?? ""));
    warnings.push({ kind: "missing", text: `no rule, so always denied: ${names.join(", ")}` });
  }
  if (ownRules.length > 0) {
    const names = ownRules.map(({ name, lines }) => `${name} (line ${lines.join(", ")})`);
    warnings.push({
      kind: "own",
      text: `rules of its own, which say more than is shown here: ${names.join(", ")}`,
    });
  }
  return warnings;
}

function allows(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && (value as { readonly allowed?: unknown }).allowed === true
  );
}

const flagTexts: readonly (readonly [flag: string, text: string])[] = [
  ["allow_unencrypted_scratch", "the host may give containers scratch space that it can read and change"],
  ["allow_environment_variable_dropping", "variables that no rule lists are dropped in silence, not refused"],
  ["allow_capability_dropping", "capabilities that are not listed are dropped in silence, not refused"],
  ["allow_dump_stacks", "the host may have stacks of the guest dumped"],
  ["allow_runtime_logging", "the host may read the guest's log"],
  ["allow_host_network", "containers may have the guest's own network"],
];

function flagWarnings({ flags }: PolicyOutline): readonly PolicyWarning[] {
  return flagTexts
    .filter(([flag]) => flags.get(flag) === true)
    .map(([flag, text]) => ({ kind: flag, text: `${flag}: ${text}` }));
}

function containerWarnings(
  container: ListedContainer,
  all: readonly ListedContainer[],
  index: number,
): readonly PolicyWarning[] {
  const warnings: PolicyWarning[] = [];
  const warn = (kind: string, text: string): void => void warnings.push({ kind, text });
  for (const [pattern, of] of patternsOf(container)) {
    const text = looseText(pattern);
    if (text !== undefined) warn("pattern", `${of}: ${text}`);
  }
  if (container.layers.length === 0) warn("layers", "it has no layers: a container without files");
  const odd = container.layers.filter((layer) => !/^[0-9a-f]{64}$/.test(layer));
  for (const layer of odd) warn("layers", `layer ${layer} can never be mounted: no root hash is written so`);
  if (container.allow_elevated)
    warn("allow_elevated", "allow_elevated: the host may make it privileged, with all capabilities");
  if (container.allow_stdio_access)
    warn("allow_stdio_access", "allow_stdio_access: the host reads what it prints, and may write its input");
  if (container.user.user_idname.strategy === "any")
    warn("user", "user: the host chooses as whom it runs, root among them");
  for (const { command } of container.exec_processes) {
    if (/(^|\/)(ba|da|a|z|k)?sh$/.test(command[0] ?? "") && command.length === 1) {
      warn("exec", `exec: ${JSON.stringify(command)} is a shell that may do anything in it`);
    }
  }
  const twin = all.findIndex(
    (other, at) =>
      at < index && JSON.stringify(layersAndCommand(other)) === JSON.stringify(layersAndCommand(container)),
  );
  if (twin !== -1)
    warn(
      "twin",
      `the same layers and command as container ${twin}: which of the two is meant may be undecided`,
    );
  return warnings;
}

function layersAndCommand({ layers, command }: ListedContainer): unknown {
  return [layers, command];
}

/** Patterns that are regular expressions, and what each is for. */
function patternsOf(container: ListedContainer): readonly (readonly [pattern: string, of: string])[] {
  const { env_rules: rules, mounts, user } = container;
  return [
    ...rules.flatMap(environmentPatterns),
    ...mounts
      .filter(({ source }) => /^(sandbox|hugepages):\/\//.test(source))
      .map(
        ({ source, destination }) => [source.replace(/^[a-z]+:\/\//, ""), `mount ${destination}`] as const,
      ),
    ...[user.user_idname, ...user.group_idnames]
      .filter(({ strategy }) => strategy === "re2")
      .map(({ pattern }) => [pattern, "user or group"] as const),
  ];
}

function environmentPatterns(rule: EnvironmentRule): readonly (readonly [string, string])[] {
  if ("pattern" in rule) return rule.strategy === "re2" ? [[rule.pattern, "env_rules"]] : [];
  return [
    ...(rule.name_strategy === "re2" ? [[rule.name, "env_rules"] as const] : []),
    ...(rule.value_strategy === "re2" ? [[rule.value, "env_rules"] as const] : []),
  ];
}

/** Why a pattern matches more than it seems to: it is anchored as text, without brackets around it. */
function looseText(pattern: string): string | undefined {
  const parts = alternatives(pattern);
  if (parts.length > 1) {
    const [first = "", last = ""] = [parts[0], parts.at(-1)];
    return `${pattern} is taken as ^${pattern}$: it matches all that starts with ${first} and all that ends with ${last}; write (${pattern})`;
  }
  return /^\^?(\.[*+])+\$?$/.test(pattern) ? `${pattern} matches anything` : undefined;
}

/** What stands between those bars of a pattern that are in no group, no class and not escaped. */
function alternatives(pattern: string): readonly string[] {
  const parts: string[] = [""];
  let depth = 0;
  for (const [token] of pattern.matchAll(
    /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|[()|]|[^()|\\[]+|[\s\S]/g,
  )) {
    if (token === "(") depth++;
    if (token === ")") depth--;
    if (token === "|" && depth === 0) parts.push("");
    else parts[parts.length - 1] += token;
  }
  return parts;
}
