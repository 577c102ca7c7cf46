/** Named mistakes: each is found by one scenario at least. mutants.slow.test.ts holds each against all of them. */
import { afterAll, expect, test } from "vitest";
import { SeededRandom } from "../../src/testing/index.ts";
import { removeMutants } from "../mutants/changed-copy.ts";
import { largerMutants } from "./larger-mutant-list.ts";
import { mutant } from "./mutant.ts";
import { mutants } from "./mutant-list.ts";
import { largerScenarios, runAll, scenarios } from "./named-scenarios.ts";
import { newTally } from "./tally.ts";

const all = { ...scenarios, ...largerScenarios };

afterAll(removeMutants);

test("a copy without a mistake passes", async () => {
  const subject = await mutant("none", []);
  await expect(runAll(all, subject, new SeededRandom(1))).resolves.toBeUndefined();
});

const named = [...mutants, ...largerMutants].map(
  ([name, scenario, ...changes]) => ({ name, scenario, changes }) as const,
);

test.each(named)("$name: found by $scenario", async ({ name, scenario, changes }) => {
  const subject = await mutant(name, changes);
  await expect(all[scenario](subject, new SeededRandom(1), newTally())).rejects.toThrow(/I\d: /);
});
