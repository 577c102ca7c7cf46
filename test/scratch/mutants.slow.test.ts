/** Named mistakes, each against all scenarios of its kind, by other chances than mutants.test.ts. */
import { afterAll, expect, test } from "vitest";
import { SeededRandom } from "../../src/testing/index.ts";
import { removeMutants } from "../mutants/changed-copy.ts";
import { largerMutants } from "./larger-mutant-list.ts";
import { mutant } from "./mutant.ts";
import { mutants } from "./mutant-list.ts";
import { largerScenarios, runAll, scenarios } from "./named-scenarios.ts";

afterAll(removeMutants);

const named = [
  ...mutants.map(([name, , ...changes]) => ({ name, changes, against: scenarios })),
  ...largerMutants.map(([name, , ...changes]) => ({ name, changes, against: largerScenarios })),
];

test.each(named)("$name", async ({ name, changes, against }) => {
  const subject = await mutant(name, changes);
  for (const seed of [2, 3, 4]) {
    await expect(runAll(against, subject, new SeededRandom(seed))).rejects.toThrow(/I\d: /);
  }
});
