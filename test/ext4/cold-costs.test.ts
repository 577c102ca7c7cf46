/** Calls that need many blocks, on a cold tree and with the smallest cache: each block is read about once. */
import { expect, test } from "vitest";
import { answerOf, chosenCalls, openCold, preparedBytes, preparedImage, SetClock } from "./cold-calls.ts";
import {
  expectCostOfEmptied,
  expectCostOfLarge,
  expectCostOfScattered,
  expectCostOverGroups,
  tiny,
} from "./cold-costs.ts";
import { ColdDevice, manyReads } from "./cold-device.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

describeWithLoopMounts("the cost of calls on a cold tree", () => {
  test("removing a directory of many blocks", () => expectCostOfEmptied(80, [tiny]));

  test("cutting a file of many extents", () => expectCostOfScattered(6000, [tiny]));

  test("removing a file of many groups", () => expectCostOverGroups(40, [tiny]));

  test("in a directory of many names", () => expectCostOfLarge(3000, 12, [tiny]));

  test("is bounded for each kind of call", async () => {
    const image = await preparedImage();
    for (const options of [{}, tiny]) {
      const device = new ColdDevice(preparedBytes, image);
      for (const call of chosenCalls()) {
        const tree = await openCold(device, new SetClock(), options);
        device.mostReads = device.reads + (call.name.startsWith("empty") ? 2000 : 40);
        await expect(answerOf(tree, call), call.name).resolves.toBeDefined();
        device.mostReads = manyReads;
        await tree.close();
      }
    }
  });
});
