/** The kernel fills file systems of several kinds; what we read is what it shows. */
import { expect, test } from "vitest";
import { FileDevice } from "../../src/device/file-device.node.ts";
import { openExt4 } from "../../src/ext4/ext4-tree.ts";
import { featureSets } from "./feature-sets.ts";
import { compareWithKernel } from "./kernel-comparison.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

describeWithLoopMounts("ext4 as the kernel reads it", () => {
  test.each(featureSets)("$title", async (features) => {
    await compareWithKernel(features, async ({ path }, snapshot) => {
      await using device = await FileDevice.open(path);
      await using tree = await openExt4(device);
      expect(snapshot.size).toBeGreaterThan(10);
      expect(tree.geometry.inodes).toBeGreaterThan(snapshot.size);
    });
  });
});
