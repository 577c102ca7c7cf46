/** Words that several `policy` actions have for the same things. */
import type { PolicyMount } from "../policy/default-mounts.ts";
import type {
  Capabilities,
  EnvironmentRule,
  IdentityPattern,
  ListedContainer,
} from "../policy/listed-container.ts";
import type { ListedFragment } from "../policy/native/shapes.ts";
import type { Grant } from "../policy/policy-grants.ts";
import { signalName } from "../policy/signals.ts";
import type { JsonValue } from "../rego/index.ts";

/** A container as messages call it; policies count containers from 0. */
export function containerTitle({ name, id }: ListedContainer, index: number): string {
  const title = name ?? id;
  return title === undefined ? `container ${index}` : `container ${index} (${title})`;
}

/** A user or group. */
export function identityWords({ pattern, strategy }: IdentityPattern): string {
  return strategy === "any" ? "any" : `${strategy} ${pattern}`;
}

/** A variable that may be set. */
export function ruleWords(rule: EnvironmentRule): string {
  const required = rule.required ? ", must be set" : "";
  if ("pattern" in rule) return `${rule.pattern} (${strategyWords(rule.strategy)}${required})`;
  const value = `${rule.value} (${strategyWords(rule.value_strategy)}${required})`;
  return `${rule.name} (${strategyWords(rule.name_strategy)}) = ${value}`;
}

function strategyWords(strategy: string): string {
  return strategy === "string" ? "exactly" : strategy === "re2" ? "pattern" : strategy;
}

/** A mount that may be made. */
export function mountWords({ destination, source, type, options }: PolicyMount): string {
  return `${destination} from ${source} (${[type, ...options].join(" ")})`;
}

/** A signal that may be sent. */
export function signalWords(signal: number): string {
  return signalName(signal);
}

/** Sets of capabilities, those that are the same together. */
export function capabilitiesWords(sets: Capabilities): readonly string[] {
  const kinds = new Map<string, string[]>();
  for (const [kind, names] of Object.entries(sets) as [string, readonly string[]][]) {
    const words = names.map((name) => name.replace(/^CAP_/, "")).join(" ") || "none";
    kinds.set(words, [...(kinds.get(words) ?? []), kind]);
  }
  return Array.from(kinds, ([words, same]) => `${same.join(", ")}: ${words}`);
}

/** A fragment that may be loaded. */
export function fragmentWords({ issuer, feed, minimum_svn, includes }: ListedFragment): string {
  return `${feed} of ${issuer}, svn ${minimum_svn} or more: ${includes.join(", ")}`;
}

/** What one of two policies has. */
export function grantWords({ field, value }: Grant): string {
  switch (field) {
    case "container":
      return `may run ${JSON.stringify(value)}`;
    case "layers":
      return `layers, base first: ${(value as readonly string[]).join(" ") || "none"}`;
    case "command":
      return `runs ${JSON.stringify(value)}`;
    case "working_dir":
      return `runs in ${value}`;
    case "env_rules":
      return `variable ${ruleWords(value as unknown as EnvironmentRule)}`;
    case "mounts":
      return `mount ${mountWords(value as unknown as PolicyMount)}`;
    case "signals":
      return `may get ${signalWords(value as number)}`;
    case "exec_processes":
      return `may start ${JSON.stringify((value as { readonly command: JsonValue }).command)}`;
    case "user":
    case "groups":
      return `${field} ${identityWords(value as unknown as IdentityPattern)}`;
    case "allow_elevated":
      return "may be made privileged";
    case "allow_stdio_access":
      return "the host may connect standard streams";
    case "no_new_privileges":
      return "its processes may gain privileges";
    case "fragments":
      return `may load ${fragmentWords(value as unknown as ListedFragment)}`;
    case "capabilities":
      return `capabilities ${value === null ? "as usual" : capabilitiesWords(value as unknown as Capabilities).join("; ")}`;
    default:
      return value === true ? field : answerWords(field, value);
  }
}

function answerWords(field: string, value: JsonValue): string {
  const kind =
    typeof value === "object" && value !== null ? (value as { readonly kind?: JsonValue }).kind : undefined;
  if (kind === undefined) return `${field} ${typeof value === "string" ? value : JSON.stringify(value)}`;
  const { allowed, value: constant } = value as { readonly allowed?: JsonValue; readonly value?: JsonValue };
  if (kind === "default") return `${field}: newer than the policy, so ${allowed ? "allowed" : "denied"}`;
  if (kind === "constant") return `${field}: always ${JSON.stringify(constant)}`;
  if (kind === "missing") return `${field}: no rule, so denied`;
  return `${field}: decided by ${kind === "own" ? "rules of its own" : "the framework"}`;
}
