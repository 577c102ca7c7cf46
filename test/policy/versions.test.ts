/** Points that a policy is too old for have their defaults; those that it is new enough for it must have itself. */
import { expect, test } from "vitest";
import { openPolicy, PolicyDenial } from "../../src/policy/index.ts";
import type { JsonObject } from "../../src/rego/index.ts";

/** Since when, the version before, the points, and what an older policy gives for them: null for a denial. */
const table: readonly (readonly [string, string, readonly string[], JsonObject | null])[] = [
  ["0.1.0", "0.0.9", ["mount_device", "mount_overlay", "create_container"], null],
  ["0.2.0", "0.1.9", ["unmount_device"], { allowed: true }],
  ["0.2.0", "0.1.9", ["exec_in_container"], { allowed: true, env_list: null }],
  ["0.3.0", "0.2.9", ["exec_external"], { allowed: true, env_list: null, allow_stdio_access: false }],
  ["0.4.0", "0.3.0", ["shutdown_container"], { allowed: true }],
  ["0.5.0", "0.5.0-rc.1", ["signal_container_process"], { allowed: true }],
  ["0.6.0", "0.5.10", ["unmount_overlay", "plan9_mount", "plan9_unmount"], { allowed: true }],
  ["0.7.0", "0.6.0", ["get_properties", "dump_stacks"], { allowed: true }],
  ["0.8.0", "0.7.99", ["runtime_logging"], { allowed: true }],
  ["0.9.0", "0.8.0", ["load_fragment"], null],
  ["0.10.0", "0.9.0", ["scratch_mount", "scratch_unmount"], { allowed: true }],
  ["0.10.0", "0.9.0", ["registry_changes"], null],
  ["0.11.0", "0.10.0", ["rw_mount_device", "rw_unmount_device", "mount_cims"], null],
  ["0.11.0", "0.10.0", ["log_provider"], { allowed: true, providers_to_keep: null }],
  ["0.11.1", "0.11.0", ["mount_blockdev", "unmount_blockdev"], null],
  ["0.12.0", "0.11.1", ["load_transparency_trust_list", "host_network"], null],
];
const rows = table.flatMap(([since, before, points, otherwise]) =>
  points.map((point) => ({ point, since, before, otherwise })),
);
/** Makes a policy one that is evaluated. */
const forms = { natively: "", "by evaluation": "evaluated { true }" };

test.each(rows)("$point since $since", async ({ point, since, before, otherwise }) => {
  for (const rule of Object.values(forms)) {
    const older = await outcome(`api_version := "${before}"\nframework_version := "0.1.0"\n${rule}`, point);
    expect(older.result).toEqual(otherwise);
    if (otherwise === null) expect(older.policyError).toBeUndefined();
    const missing = await outcome(`api_version := "${since}"\n${rule}`, point);
    expect(missing).toEqual({ result: null, policyError: `rule for ${point} is missing from policy` });
    const named = await outcome(`api_svn := "${since}"\n${rule}`, point);
    expect(named).toEqual(missing);
  }
});

test.each([
  ["no point", 'api_version := "0.12.0"', "open_sesame", "enforcement point rule open_sesame does not exist"],
  [
    "a version that is none",
    'api_version := "12"',
    "host_network",
    "enforcement point rule host_network does not exist",
  ],
  [
    "a version that is no text",
    "api_version := 12",
    "host_network",
    "enforcement point rule host_network does not exist",
  ],
  ["no version", "x := 1", "host_network", "policy does not define api_version"],
])("%s", async (_what, constants, point, policyError) => {
  for (const rule of Object.values(forms)) {
    expect(await outcome(`${constants}\n${rule}`, point)).toEqual({ result: null, policyError });
  }
});

async function outcome(rules: string, point: string): Promise<{ result: unknown; policyError?: unknown }> {
  const enforcer = (await openPolicy(`package policy\n${rules}\n`)).enforcer();
  try {
    return { result: enforcer.enforce(point, { unmountTarget: "/x", target: "/x" }) };
  } catch (error) {
    if (!(error instanceof PolicyDenial)) throw error;
    return { result: null, policyError: error.decision["policyError"] };
  }
}
