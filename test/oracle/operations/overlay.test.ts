/** Our overlay, held against the kernel's overlayfs: answers, the merged tree, and the upper directory. */
import { expect, test } from "vitest";
import { WritableMemoryTree } from "../../tree/writable-memory-tree.ts";
import { describeUnlessMissing } from "../system-tools.ts";
import { disagreements } from "./agreement.ts";
import { missingForLists } from "./kernel-session.ts";
import { overlayOracle } from "./overlay-outcomes.ts";
import { overlayRules } from "./overlay-rules.ts";
import { randomOverlay, seedsFrom } from "./random-lists.ts";

const oracle = overlayOracle(async () => new WritableMemoryTree());

describeUnlessMissing(missingForLists(), "our overlay and the kernel's", () => {
  test("do the same by every rule", async () => {
    expect(await disagreements(oracle, [...overlayRules.values()], [...overlayRules.keys()])).toEqual([]);
  });

  test("do the same with random layers and calls", async () => {
    const seeds = seedsFrom(1, 6);
    const size = { layers: 4, layerLines: 30, calls: 80 };
    const cases = await Promise.all(seeds.map((seed) => randomOverlay(seed, size)));
    const names = seeds.map((seed) => `seed ${seed}`);
    expect(await disagreements(oracle, cases, names)).toEqual([]);
  });
});
