/** Our ext4 for writing, held against the kernel's: its answers, its view of our image, and e2fsck's. */
import { expect, test } from "vitest";
import { WritableMemoryTree } from "../../tree/writable-memory-tree.ts";
import { describeUnlessMissing } from "../system-tools.ts";
import { disagreements } from "./agreement.ts";
import { ext4Oracle } from "./ext4-oracle.ts";
import { missingForLists } from "./kernel-session.ts";
import { randomList, seedsFrom } from "./random-lists.ts";
import { ext4Rules } from "./rules-of-ext4.ts";
import { fileRules } from "./rules-of-files.ts";

describeUnlessMissing(missingForLists(), "our ext4 and the kernel's", () => {
  test("do the same by every rule", async () => {
    const rules = new Map([...fileRules, ...ext4Rules]);
    expect(await disagreements(ext4Oracle("ours"), [...rules.values()], [...rules.keys()])).toEqual([]);
  });

  test.each(["ours", "in turn"] as const)("do the same with random lists, played by %s", async (players) => {
    const seeds = seedsFrom(players === "ours" ? 1 : 21, 2);
    const lists = await Promise.all(seeds.map((seed) => randomList(seed, 120, new WritableMemoryTree())));
    const names = seeds.map((seed) => `seed ${seed}`);
    expect(await disagreements(ext4Oracle(players), lists, names)).toEqual([]);
  });
});
