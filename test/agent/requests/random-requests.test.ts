/** Random requests: the agent decides, mounts and holds what the model does (H27 to H32). */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { rootFolder } from "../../structure/source-tree.ts";
import { commonOutcomes, expectAgreement, expectInterleavedAgreement, StepTally } from "./agreement.ts";
import { makeWorld, type World } from "./world.ts";

let worlds: readonly World[];

beforeAll(async () => {
  worlds = [await makeWorld(false), await makeWorld(true)];
});

function worldOf(seed: number): World {
  return worlds[seed % 2] as World;
}

test("the model knows nothing of the agent's sources", () => {
  const folder = `${rootFolder}test/agent/model/`;
  const imports = readdirSync(folder).flatMap((file) =>
    [...readFileSync(folder + file, "utf8").matchAll(/from "([^"]+)"/g)].map(([, path]) => path),
  );
  expect(imports.filter((path) => !path?.startsWith("./"))).toEqual([]);
});

test("one after the other: same decisions, same mounts, same files", async () => {
  const tally = new StepTally();
  for (let seed = 1; seed <= 6; seed += 1) {
    await expectAgreement(worldOf(seed), [seed, 100], {}, tally);
  }
  const seen = commonOutcomes.filter((outcome) => tally.counts.has(outcome));
  expect(seen).toEqual(commonOutcomes);
});

test("all at once: what the order of their arrival gives (H30)", async () => {
  const tally = new StepTally();
  for (let seed = 101; seed <= 108; seed += 1) {
    await expectInterleavedAgreement(worldOf(seed), [seed, 60], tally);
  }
  expect(tally.counts.get("mount-overlay done")).toBeGreaterThan(3);
});
