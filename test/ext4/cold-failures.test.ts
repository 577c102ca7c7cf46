/**
 * Each read of a call on a cold tree fails, for each of some calls: the call rejects with what the device threw, as it
 * is, nothing has changed, and the same call again does what it does where nothing fails. An abort while a read is
 * under way is no other case.
 */
import { expect, test } from "vitest";
import { chosenCalls, preparedBytes, preparedImage } from "./cold-calls.ts";
import { afterwards, failings, playAllFailing } from "./cold-failures.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

describeWithLoopMounts("a read that fails on a cold tree", () => {
  test("takes the call with it, and nothing else", async () => {
    const start = { sizeBytes: preparedBytes, image: await preparedImage() };
    let turn = 0;
    const { played, noticed } = await playAllFailing(start, chosenCalls(), () => {
      turn += 1;
      // Every other one; all of them are a slow test.
      if (turn % 2 === 0) return [];
      return [[failings[turn % 3] ?? "once", afterwards[Math.floor(turn / 3) % 3] ?? "look"]];
    });
    expect(played).toBeGreaterThan(70);
    expect(noticed).toBeGreaterThan(played / 2);
  });
});
