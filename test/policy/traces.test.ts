/** Every step of every recorded scenario comes out as hcsshim's enforcer had it. */
import { expect, test } from "vitest";
import { traceScenario } from "../../src/policy/index.ts";
import type { JsonObject } from "../../src/rego/index.ts";
import { readTraces, type Trace, type TraceStep } from "./traces.ts";

const traces = readTraces();

test.each(traces)("$name", async (trace: Trace) => {
  const { name, description, policy, steps = [] } = trace;
  const enforcer = name.includes("open-door-enforcer") ? "open_door" : "rego";
  const ops = steps.map(({ op }) => op as JsonObject);
  const { steps: done, ...about } = await traceScenario({ name, description, policy, ops, enforcer });
  const { steps: recorded, ...expected } = trace;
  expect(withoutCompiler(about)).toEqual(withoutCompiler({ ...expected }));
  expect(done === undefined).toBe(recorded === undefined);
  for (const [i, step] of steps.entries()) {
    const own = (done as unknown as TraceStep[])[i] as TraceStep;
    expect(comparable(own), `step ${i}: ${step.op.op}`).toEqual(comparable(step));
  }
});

/** A step without the words that are the Rego compiler's own, and the length of the error text that holds them. */
function comparable(step: TraceStep): object {
  const { policy_decision, error_message_length, ...rest } = JSON.parse(JSON.stringify(step)) as TraceStep;
  const policyError = policy_decision?.["policyError"];
  if (typeof policyError !== "string" || !/\.rego:\d/.test(policyError)) return step;
  return { ...rest, policy_decision: { ...policy_decision, policyError: "compilation" } };
}

/** The same without the words in which a text is no Rego. */
function withoutCompiler(about: JsonObject): JsonObject {
  const { create_error: error } = about;
  const [, own] = /^(error creating Rego policy: )/.exec(String(error)) ?? [];
  return own === undefined ? about : { ...about, create_error: own };
}
