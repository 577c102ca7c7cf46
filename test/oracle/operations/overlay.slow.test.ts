/** The same with long lists, and over our own ext4, as a guest has it. */
import { expect, test } from "vitest";
import { MemoryDevice } from "../../../src/device/memory-device.ts";
import { formatExt4 } from "../../../src/ext4/format-ext4.ts";
import { openWritableExt4, type WritableExt4Tree } from "../../../src/ext4/writable-ext4-tree.ts";
import { WritableMemoryTree } from "../../tree/writable-memory-tree.ts";
import { describeUnlessMissing } from "../system-tools.ts";
import { disagreements } from "./agreement.ts";
import type { OverlayCase } from "./kernel-outcomes.ts";
import { missingForLists } from "./kernel-session.ts";
import { overlayOracle } from "./overlay-outcomes.ts";
import { overlayRules } from "./overlay-rules.ts";
import { randomOverlay, seedsFrom } from "./random-lists.ts";

const inMemory = overlayOracle(async () => new WritableMemoryTree());

const onExt4 = overlayOracle(async (): Promise<WritableExt4Tree> => {
  const device = new MemoryDevice(64 * 2 ** 20);
  await formatExt4(device, { isZero: true });
  const tree = await openWritableExt4(device, { closesDevice: true });
  await tree.rmdir(tree.root, Buffer.from("lost+found"));
  return tree;
});

/** Without the one case that takes a tree of its own for each of many layers. */
const rules = [...overlayRules].filter(([, { layers }]) => layers.length < 10);

describeUnlessMissing(missingForLists(), "our overlay and the kernel's, at length", () => {
  test.each(seedsFrom(100, 40))("layers and 400 calls: seed %i", async (seed) => {
    const size = { layers: 6, layerLines: 60, calls: 400 };
    expect(await disagreements(inMemory, [await randomOverlay(seed, size)], [`seed ${seed}`])).toEqual([]);
  });

  test.each(seedsFrom(200, 3))("ten thousand calls: seed %i", async (seed) => {
    const size = { layers: 8, layerLines: 200, calls: 10_000 };
    expect(await disagreements(inMemory, [await randomOverlay(seed, size)], [`seed ${seed}`])).toEqual([]);
  });

  test.each(rules)("on our ext4: %s", async (name: string, one: OverlayCase) => {
    expect(await disagreements(onExt4, [one], [name])).toEqual([]);
  });

  test.each(seedsFrom(300, 10))("on our ext4, 400 calls: seed %i", async (seed) => {
    const size = { layers: 4, layerLines: 60, calls: 400 };
    expect(await disagreements(onExt4, [await randomOverlay(seed, size)], [`seed ${seed}`])).toEqual([]);
  });
});
