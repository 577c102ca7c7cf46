import { expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { openWritableExt4 } from "../../src/ext4/writable-ext4-tree.ts";
import { disagreements, type Oracle } from "../oracle/operations/agreement.ts";
import { ext4Outcomes } from "../oracle/operations/kernel-outcomes.ts";
import type { OperationList } from "../oracle/operations/operation.ts";
import { randomList, seedsFrom } from "../oracle/operations/random-lists.ts";
import { fileRules } from "../oracle/operations/rules-of-files.ts";
import { treeOutcome } from "../oracle/operations/tree-outcomes.ts";
import { WritableMemoryTree } from "../tree/writable-memory-tree.ts";
import { complaintsOf, emptyImage } from "../ext4/writable-image.ts";

const oracle: Oracle<OperationList> = {
  kernel: ext4Outcomes,
  async ours(list) {
    const bytes = await emptyImage(32 << 20, { inodes: 4096 });
    const open = () => openWritableExt4(new MemoryDevice(bytes), {});
    const t0 = await open(); await t0.rmdir(t0.root, new TextEncoder().encode("lost+found")); await t0.close();
    const outcome = await treeOutcome({ open, close: async (tree) => { await tree.close(); } }, list);
    const c = complaintsOf(bytes);
    if (c !== "") throw new Error(c);
    return outcome;
  },
  lists: (list) => [list],
  withLists: (_, [list = []]) => list,
};
test("rules", async () => {
  const r = await disagreements(oracle, [...fileRules.values()], [...fileRules.keys()]);
  console.log(r.join("\n=====\n"));
  expect(r.length).toBe(0);
}, 600000);
test("random", async () => {
  const from = Number(process.env["SEED"] ?? 1), count = Number(process.env["COUNT"] ?? 6), lines = Number(process.env["LINES"] ?? 200);
  const seeds = seedsFrom(from, count);
  const lists = await Promise.all(seeds.map((seed) => randomList(seed, lines, new WritableMemoryTree())));
  const r = await disagreements(oracle, lists, seeds.map((s) => `seed ${s}`));
  console.log(r.join("\n=====\n"));
  expect(r.length).toBe(0);
}, 600000);
