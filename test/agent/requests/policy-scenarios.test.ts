/**
 * Recorded scenarios of policies, run again with real layers on a host's disks: what the policy decides is what is
 * mounted, in the order of the recording, and in another order all at once (H27, H30).
 */
import { expect, test } from "vitest";
import { SeededRandom } from "../../../src/testing/index.ts";
import { expectRecorded, expectShuffled, preparedScenario, scenarioTraces } from "./policy-scenarios.ts";

/** What the guest does not do whatever a policy says: what is not mounted is no root, no root is of no layers, and no disk is there without a file system. */
const refusedAnyway: readonly string[] = [
  "09-overlay-same-container-id: create",
  "09-overlay-same-container-id: shutdown",
  "09-overlay-same-container-id: mount-overlay",
  "13-overlay-no-layers: mount-overlay",
  "22-open-door: unmount-layer",
  "22-open-door: unmount-scratch",
  "22-open-door: mount-device",
  "22-open-door: mount-overlay",
  "22-open-door: mount-overlay",
  "22-open-door: create",
  "22-open-door: unmount-overlay",
];

test.each(scenarioTraces)("$name", async (trace) => {
  const scenario = await preparedScenario(trace);
  expect(await expectRecorded(scenario)).toEqual(refusedAnyway.filter((line) => line.startsWith(trace.name)));
  await expectShuffled(scenario, new SeededRandom(27));
});
