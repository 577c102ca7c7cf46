/** Every scenario of this project's own comes out as it was worked out, natively and by evaluation. */
import { expect, test } from "vitest";
import { traceScenario } from "../../src/policy/index.ts";
import { scenarioText } from "../../src/policy/scenario-text.ts";
import type { JsonObject } from "../../src/rego/index.ts";
import { type ExpectedStep, type OwnScenario, readOwnScenarios } from "./own-scenarios.ts";
import type { TraceStep } from "./traces.ts";

/** A policy with a rule that no tool writes is evaluated. */
const ownRule = "\nevaluated { true }\n";

test.each(readOwnScenarios())("$name", async (scenario: OwnScenario) => {
  const { policy, ops, expected } = scenario;
  const steps = await stepsOf(policy, ops);
  expect(steps.map(({ op }) => op)).toEqual(ops);
  expect(expected).toHaveLength(ops.length);
  let metadata: JsonObject = { operatingsystem: { ostype: "linux" } };
  for (const [i, step] of steps.entries()) {
    const wanted = expected[i] as ExpectedStep;
    metadata = { ...metadata, ...wanted.metadata };
    const name = `step ${i}: ${step.op.op}`;
    expect(outcomeOf(step), name).toEqual(outcomeExpected(wanted));
    expect(step.metadata_after, name).toEqual(metadata);
  }
  const text = scenarioText(policy, "the policy");
  expect(await stepsOf({ raw_rego: text + ownRule }, ops)).toEqual(steps);
});

async function stepsOf(policy: JsonObject, ops: readonly JsonObject[]): Promise<readonly TraceStep[]> {
  const { steps } = await traceScenario({ policy, ops });
  return JSON.parse(JSON.stringify(steps)) as TraceStep[];
}

/** What is held against the expectation of a step. */
interface Outcome {
  readonly allowed: boolean;
  readonly reason?: unknown;
  readonly isUndecided?: boolean;
  readonly policyError?: unknown;
  readonly error?: string | undefined;
  readonly returned?: unknown;
}

const undecided = "Security policy is not valid. Please check security policy or re-generate with tooling.";

function outcomeOf({ allowed, error, returned, policy_decision: decision }: TraceStep): Outcome {
  if (decision === undefined) return { allowed, error, returned };
  const { reason, policyError } = decision as { readonly reason?: JsonObject; readonly policyError?: string };
  if (policyError !== undefined) {
    const isOwn = policyError.startsWith("the policy contradicts itself");
    return { allowed, isUndecided: true, policyError: isOwn ? null : policyError, reason };
  }
  return { allowed, reason: reason?.["errors"] ?? reason };
}

function outcomeExpected({ allowed, error, errors, reason, policyError, returned }: ExpectedStep): Outcome {
  if (policyError !== undefined) return { allowed, isUndecided: true, policyError, reason: undecided };
  if (allowed || error !== undefined) return { allowed, error, returned };
  return { allowed, reason: errors ?? reason };
}
