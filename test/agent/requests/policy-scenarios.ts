/**
 * Recorded scenarios of policies, run again with real layers on a host's disks: what the policy decides is what is
 * mounted.
 */
import { expect } from "vitest";
import type { FragmentVerifier } from "../../../src/agent/index.ts";
import { openPolicy, type Policy } from "../../../src/policy/index.ts";
import { scenarioText } from "../../../src/policy/scenario-text.ts";
import type { JsonObject } from "../../../src/rego/index.ts";
import type { SeededRandom } from "../../../src/testing/index.ts";
import { readTraces, type Trace } from "../../policy/traces.ts";
import { AgentModel } from "../model/agent-model.ts";
import type { Ask } from "../model/asks.ts";
import { AskedAgent } from "./asked-agent.ts";
import { expectSameAnswer, expectSameFiles, expectSameGuest, expectVerdict } from "./comparison.ts";
import { type RecordedAsks, realScenario, recordedAsks } from "./recorded-asks.ts";
import { ScenarioPolicy } from "./scenario-policy.ts";
import { encodedPolicy, plainDisks } from "./world.ts";

/** Takes every fragment for signed by whom it names. */
const fragmentVerifier: FragmentVerifier = {
  async verify(bytes) {
    const { issuer, feed, fragment, header_svn: headerSvn } = JSON.parse(new TextDecoder().decode(bytes));
    const text = scenarioText(fragment as JsonObject, "the fragment");
    return { issuer, feed, text, ...(headerSvn !== undefined && { headerSvn }) };
  },
};

/** A scenario, ready to be run. */
export interface PreparedScenario extends RecordedAsks {
  readonly name: string;
  readonly policy: Policy;
}

/** All scenarios whose policy can be read. */
export const scenarioTraces: readonly Trace[] = readTraces().filter(
  ({ create_error: error }) => error === undefined,
);

/** Builds layers, and puts their root hashes into the policy. */
export async function preparedScenario(trace: Trace): Promise<PreparedScenario> {
  const real = await realScenario(trace);
  const policy = await openPolicy(real.policyText);
  return { name: trace.name, policy, ...recordedAsks(real, policy) };
}

/**
 * Asks in the order of the recording, and compares after each.
 *
 * @returns what was recorded as allowed, and is refused here.
 */
export async function expectRecorded({ name, world, policy, asks }: PreparedScenario): Promise<string[]> {
  const judge = new ScenarioPolicy(policy);
  const model = new AgentModel(judge, plainDisks(world.disks), encodedPolicy(world.policyText));
  await using asked = await AskedAgent.start(world, { fragmentVerifier });
  const refused: string[] = [];
  for (const [ask, recorded] of asks) {
    const refusal = await expectSameAnswer(ask, asked, model);
    // The guest may refuse more than the policy, and never less.
    if (recorded === false) expect(refusal, `recorded as denied: ${JSON.stringify(ask)}`).toBeDefined();
    else if (refusal !== undefined) refused.push(`${name}: ${ask.ask}`);
    expectSameGuest(asked, model, (metadata) => expect(metadata).toEqual(judge.metadata()));
    if (refusal === undefined) await expectSameFiles(asked, model);
  }
  return refused;
}

/** Asks in another order, without waiting for any answer. */
export async function expectShuffled(
  { world, policy, asks }: PreparedScenario,
  random: SeededRandom,
): Promise<void> {
  const judge = new ScenarioPolicy(policy);
  const model = new AgentModel(judge, plainDisks(world.disks), encodedPolicy(world.policyText));
  await using asked = await AskedAgent.start(world, { fragmentVerifier });
  // A signal names a process by a number that is not known before the process starts.
  const order = shuffled(
    asks.map(([ask]) => ask).filter(({ ask }) => ask !== "signal"),
    random,
  );
  const refusals = await Promise.all(order.map((ask) => asked.ask(ask)));
  for (const [place, ask] of order.entries()) {
    expectVerdict(refusals[place], model.answer(ask), `${place}: ${JSON.stringify(ask)}`);
  }
  expectSameGuest(asked, model, (metadata) => expect(metadata).toEqual(judge.metadata()));
  await expectSameFiles(asked, model);
}

/** The policy stays first; the others go a few places forward or back, so that some of them still fit together. */
function shuffled([first, ...rest]: readonly Ask[], random: SeededRandom): readonly Ask[] {
  const placed = rest.map((ask, place) => [place + random.below(6), ask] as const);
  const moved = placed.sort(([a], [b]) => a - b).map(([, ask]) => ask);
  return first === undefined ? moved : [first, ...moved];
}
