/** As random-requests.test.ts, at length: other seeds every time. */
import { expect, test } from "vitest";
import { expectAgreement, expectInterleavedAgreement, StepTally } from "./agreement.ts";
import { makeWorld } from "./world.ts";

const lists = 150;
const first = Date.now() >>> 0;

test.each([
  [true, "one after the other"],
  [false, "all at once"],
])("unencrypted scratch allowed and not, requests in turn: %s, %s", async (inTurn) => {
  const worlds = [await makeWorld(false), await makeWorld(true)] as const;
  const tally = new StepTally();
  for (let i = 0; i < lists; i += 1) {
    const world = worlds[i % 2] as (typeof worlds)[0];
    const seed = first + i;
    if (inTurn) await expectAgreement(world, [seed, 200], {}, tally);
    else await expectInterleavedAgreement(world, [seed, 64], tally);
  }
  expect(tally.counts.get("mount-overlay done")).toBeGreaterThan(lists);
});
