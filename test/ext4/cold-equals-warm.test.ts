/**
 * What a call answers and leaves behind does not depend on what of the file system was in memory when it was made:
 * each list of calls is played on a tree that stays open, on one that is opened anew before each call, and on ones
 * that keep as little as they can.
 */
import { expect, test } from "vitest";
import { chosenCalls, formatted, preparedBytes, preparedImage } from "./cold-calls.ts";
import {
  crampedCalls,
  expectEqual,
  expectSameImage,
  play,
  randomCalls,
  spreadBytes,
  spreadCalls,
  spreadImage,
} from "./cold-equality.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

const mib = 2 ** 20;

describeWithLoopMounts("calls on a cold tree", () => {
  test("chosen ones are as on a warm one", async () => {
    await expectEqual(preparedBytes, await preparedImage(), chosenCalls());
  });

  test("random ones are as on a warm one", async () => {
    await expectEqual(16 * mib, await formatted(16 * mib, 1024), randomCalls(1, 150));
  });

  test("where space and inodes run out they are as on a warm one", async () => {
    const image = await formatted(3 * mib, 80);
    const { answers } = await play(3 * mib, image, crampedCalls(), {});
    expect(answers.filter((answer) => answer.endsWith("ENOSPC")).length).toBeGreaterThan(5);
    await expectEqual(3 * mib, image, crampedCalls());
  });

  test("numbers and places that they give out are as on a warm one", async () => {
    const image = await spreadImage();
    const warm = await play(spreadBytes, image, spreadCalls(), { walked: true });
    const cold = await play(spreadBytes, image, spreadCalls(), { cacheBytes: 0 });
    expectSameImage(spreadBytes, cold, warm);
  });

  test("all bytes are as on a warm one", async () => {
    const image = await preparedImage();
    const calls = chosenCalls().slice(0, 24);
    const warm = await play(preparedBytes, image, calls, { before: "reopen and walk" });
    const cold = await play(preparedBytes, image, calls, { before: "reopen" });
    expectSameImage(preparedBytes, cold, warm);
  });
});
