/** Every step of every recorded scenario comes out as hcsshim's enforcer had it. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { openPolicy } from "../../src/policy/index.ts";
import { Scenario } from "./scenario.ts";
import { readTraces, type Trace, type TraceStep, textOf } from "./traces.ts";

const traces = readTraces();
const run = traces.filter(({ create_error }) => create_error === undefined);
const refused = traces.filter(({ create_error }) => create_error !== undefined);

test.each(run)("$name", async ({ policy, policy_sha256_hex, steps = [] }: Trace) => {
  const opened = await openPolicy(textOf(policy));
  expect(Buffer.from(opened.digest).toString("hex")).toBe(policy_sha256_hex);
  const scenario = new Scenario(opened);
  for (const [i, step] of steps.entries()) {
    expect(comparable(scenario.step(step.op)), `step ${i}: ${step.op.op}`).toEqual(comparable(step));
  }
});

test.each(refused)("$name is refused", async ({ name, policy, policy_sha256_hex }: Trace) => {
  const text = textOf(policy);
  expect(createHash("sha256").update(text).digest("hex")).toBe(policy_sha256_hex);
  const kind = name.includes("open-door") ? "open_door" : "rego";
  await expect(openPolicy(text, kind)).rejects.toThrow(FormatError);
});

/** A step without the words that are the Rego compiler's own, and the length of the error text that holds them. */
function comparable(step: object): object {
  const { policy_decision, error_message_length, ...rest } = step as TraceStep;
  const policyError = policy_decision?.["policyError"];
  if (typeof policyError !== "string" || !/\.rego:\d/.test(policyError)) return step;
  return { ...rest, policy_decision: { ...policy_decision, policyError: "compilation" } };
}
