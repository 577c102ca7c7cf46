/** As `cold-failures.test.ts`, each read failing in each way. */
import { expect, test } from "vitest";
import { chosenCalls, preparedBytes, preparedImage } from "./cold-calls.ts";
import { tiny } from "./cold-costs.ts";
import { afterwards, failings, playAllFailing } from "./cold-failures.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

describeWithLoopMounts("each read that fails on a cold tree", () => {
  const ways = failings.flatMap((how) => afterwards.map((then) => [how, then] as const));

  test.each([
    ["", {}],
    [" with the smallest cache", tiny],
  ])("takes the call with it, and nothing else%s", async (_, options) => {
    const start = { sizeBytes: preparedBytes, image: await preparedImage(), options };
    const { played, noticed } = await playAllFailing(start, chosenCalls(), () => ways);
    expect(played).toBeGreaterThan(1500);
    expect(noticed).toBeGreaterThan(played / 2);
  });
});
