/** Policies that take too much are stopped, and what they should decide is denied with the reason. */
import { expect, test } from "vitest";
import { openPolicy, PolicyDenial } from "../../src/policy/index.ts";
import { greedyRules } from "./greedy-rules.ts";

test.each(greedyRules)("%s is denied", { timeout: 120_000 }, async (_what, rules, term) => {
  const text = `package policy
import rego.v1
api_version := "0.12.0"
${rules}
mount_device := {"allowed": true, "made": made}
made := ${term}
`;
  const enforcer = (await openPolicy(text)).enforcer();
  let denial: unknown;
  try {
    enforcer.enforce("mount_device", { target: "/x", deviceHash: "aa", mountPathRegex: "/" });
  } catch (error) {
    denial = error;
  }
  expect(denial).toBeInstanceOf(PolicyDenial);
  expect((denial as PolicyDenial).decision["policyError"]).toContain("the policy was stopped");
});
