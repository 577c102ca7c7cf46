/**
 * The enforcement points: what a host may ask for, since which version of the interface a policy decides it, and
 * what holds for policies that are older.
 */
import type { JsonObject } from "../rego/index.ts";

/** What is known of an enforcement point. */
export interface PolicyPoint {
  /** The interface's version that brought it. */
  readonly since: string;
  /** Stands where the policy is older, and under what a policy's rule leaves out. */
  readonly defaults: JsonObject;
  /** Whether an older policy has the framework decide. */
  readonly useFramework?: boolean;
}

/** The interface's version that is read here. */
export const policyApiVersion = "0.12.0";

/** The framework's version that is read here. */
export const policyFrameworkVersion = "0.5.0";

const denied: JsonObject = { allowed: false };
const allowed: JsonObject = { allowed: true };

/** Every enforcement point by its name. */
export const policyPoints: ReadonlyMap<string, PolicyPoint> = new Map<string, PolicyPoint>([
  ["mount_device", { since: "0.1.0", defaults: denied }],
  ["mount_overlay", { since: "0.1.0", defaults: denied }],
  [
    "create_container",
    { since: "0.1.0", defaults: { ...denied, env_list: null, allow_stdio_access: false } },
  ],
  ["unmount_device", { since: "0.2.0", defaults: allowed }],
  ["exec_in_container", { since: "0.2.0", defaults: { ...allowed, env_list: null } }],
  ["exec_external", { since: "0.3.0", defaults: { ...allowed, env_list: null, allow_stdio_access: false } }],
  ["shutdown_container", { since: "0.4.0", defaults: allowed }],
  ["signal_container_process", { since: "0.5.0", defaults: allowed }],
  ["unmount_overlay", { since: "0.6.0", defaults: allowed }],
  ["plan9_mount", { since: "0.6.0", defaults: allowed }],
  ["plan9_unmount", { since: "0.6.0", defaults: allowed }],
  ["get_properties", { since: "0.7.0", defaults: allowed }],
  ["dump_stacks", { since: "0.7.0", defaults: allowed }],
  ["runtime_logging", { since: "0.8.0", defaults: allowed }],
  ["load_fragment", { since: "0.9.0", defaults: { ...denied, add_module: false } }],
  ["scratch_mount", { since: "0.10.0", defaults: allowed }],
  ["scratch_unmount", { since: "0.10.0", defaults: allowed }],
  ["registry_changes", { since: "0.10.0", defaults: denied }],
  ["rw_mount_device", { since: "0.11.0", defaults: denied, useFramework: true }],
  ["rw_unmount_device", { since: "0.11.0", defaults: denied, useFramework: true }],
  ["mount_cims", { since: "0.11.0", defaults: denied }],
  ["log_provider", { since: "0.11.0", defaults: { ...allowed, providers_to_keep: null } }],
  ["mount_blockdev", { since: "0.11.1", defaults: denied }],
  ["unmount_blockdev", { since: "0.11.1", defaults: denied }],
  ["load_transparency_trust_list", { since: "0.12.0", defaults: denied }],
  ["host_network", { since: "0.12.0", defaults: denied }],
]);

/** The points as Rego: the package `api`, which policies may name. */
export function apiRules(): string {
  const points = Array.from(policyPoints, ([name, { since, defaults, useFramework = false }]) => [
    name,
    { introducedVersion: since, default_results: defaults, use_framework: useFramework },
  ]);
  const table = JSON.stringify(Object.fromEntries(points));
  return `package api\n\nversion := "${policyApiVersion}"\n\nenforcement_points := ${table}\n`;
}
