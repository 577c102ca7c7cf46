/** The same with long lists. */
import { expect, test } from "vitest";
import { WritableMemoryTree } from "../../tree/writable-memory-tree.ts";
import { describeUnlessMissing } from "../system-tools.ts";
import { disagreements } from "./agreement.ts";
import { ext4Oracle } from "./ext4-oracle.ts";
import { missingForLists } from "./kernel-session.ts";
import { randomList, seedsFrom } from "./random-lists.ts";

const imageBytes = 128 * 2 ** 20;

describeUnlessMissing(missingForLists(), "our ext4 and the kernel's, at length", () => {
  test.each(seedsFrom(100, 3))("ten thousand calls: seed %i", async (seed) => {
    const list = await randomList(seed, 10_000, new WritableMemoryTree());
    expect(await disagreements(ext4Oracle("ours", imageBytes), [list], [`seed ${seed}`])).toEqual([]);
  });

  test.each(seedsFrom(200, 8))("a thousand calls, ours and the kernel's in turn: seed %i", async (seed) => {
    const list = await randomList(seed, 1000, new WritableMemoryTree());
    expect(await disagreements(ext4Oracle("in turn", imageBytes), [list], [`seed ${seed}`])).toEqual([]);
  });
});
