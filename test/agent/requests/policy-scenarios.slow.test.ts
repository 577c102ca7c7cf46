/** As policy-scenarios.test.ts, in many orders: other ones every time. */
import { expect, test } from "vitest";
import { forEachSeed } from "../../../src/testing/index.ts";
import { expectShuffled, preparedScenario, scenarioTraces } from "./policy-scenarios.ts";

test.each(scenarioTraces)("$name", async (trace) => {
  const scenario = await preparedScenario(trace);
  const first = Date.now() >>> 0;
  const seeds = Array.from({ length: 30 }, (_, i) => first + i);
  await expect(forEachSeed(seeds, (random) => expectShuffled(scenario, random))).resolves.toBeUndefined();
});
