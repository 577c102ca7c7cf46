/** As `cold-costs.test.ts`, large enough that whoever reads each block once for each other one does not come to an end. */
import { test } from "vitest";
import {
  expectCostOfEmptied,
  expectCostOfLarge,
  expectCostOfScattered,
  expectCostOverGroups,
} from "./cold-costs.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

describeWithLoopMounts("the cost of large calls on a cold tree", () => {
  test("removing a directory of 1500 blocks", () => expectCostOfEmptied(1500));

  test("cutting a file of 20,000 extents", () => expectCostOfScattered(20_000));

  test("removing a file of 300 groups", () => expectCostOverGroups(300));

  test("in a directory of 50,000 names", () => expectCostOfLarge(50_000, 12));
});
