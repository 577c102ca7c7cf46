/**
 * The tree in memory that other tests take for the truth, and the API above it, which walks paths, held against
 * the kernel and its ext4.
 */
import { expect, test } from "vitest";
import { WritableMemoryTree } from "../../tree/writable-memory-tree.ts";
import { describeUnlessMissing } from "../system-tools.ts";
import { disagreements, type Oracle } from "./agreement.ts";
import { folderOutcomes } from "./kernel-outcomes.ts";
import { missingForLists } from "./kernel-session.ts";
import type { OperationList } from "./operation.ts";
import { randomList, seedsFrom } from "./random-lists.ts";
import { fileRules } from "./rules-of-files.ts";
import { pathRules } from "./rules-of-paths.ts";
import { treeOutcome } from "./tree-outcomes.ts";

const oracle: Oracle<OperationList> = {
  kernel: folderOutcomes,
  ours(list) {
    const tree = new WritableMemoryTree();
    return treeOutcome({ open: async () => tree, close: async () => undefined }, list);
  },
  lists: (list) => [list],
  withLists: (_, [list = []]) => list,
};

describeUnlessMissing(missingForLists(), "the tree in memory and the kernel's ext4", () => {
  test("do the same by every rule", async () => {
    const rules = new Map([...fileRules, ...pathRules]);
    expect(await disagreements(oracle, [...rules.values()], [...rules.keys()])).toEqual([]);
  });

  test("do the same with random lists", async () => {
    const seeds = seedsFrom(1, 4);
    const lists = await Promise.all(seeds.map((seed) => randomList(seed, 150, new WritableMemoryTree())));
    const names = seeds.map((seed) => `seed ${seed}`);
    expect(await disagreements(oracle, lists, names)).toEqual([]);
  });
});
