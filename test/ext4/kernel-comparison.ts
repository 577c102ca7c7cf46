/** Makes a file system of a kind, lets the kernel fill it, and holds what we read against what it shows. */
import { mkdirSync } from "node:fs";
import { expect } from "vitest";
import { FileDevice } from "../../src/device/file-device.node.ts";
import { openExt4 } from "../../src/ext4/ext4-tree.ts";
import type { FeatureSet } from "./feature-sets.ts";
import { type Image, makeImage, mounted } from "./loop-mount.ts";
import { differencesOf, kernelSnapshot, type Snapshot, treeSnapshot } from "./snapshot.ts";

/** Compares; `then` sees the image before it is removed. */
export async function compareWithKernel(
  { mkfs, sizeBytes, fillings, birthless }: FeatureSet,
  then: (image: Image, snapshot: Snapshot) => Promise<void> = async () => undefined,
): Promise<void> {
  const image = makeImage(mkfs, sizeBytes);
  try {
    mounted(image, "rw,user_xattr,acl", (folder) => {
      for (const [index, fill] of fillings.entries()) {
        mkdirSync(`${folder}/f${index}`);
        fill(`${folder}/f${index}`);
      }
    });
    const expected = mounted(image, "ro,noload,user_xattr,acl", (folder) =>
      kernelSnapshot(folder, { birth: !birthless }),
    );
    const device = await FileDevice.open(image.path);
    const tree = await openExt4(device, { closesDevice: true });
    const seen = await treeSnapshot(tree);
    await tree.close();
    expect(differencesOf(seen, expected)).toEqual([]);
    await then(image, expected);
  } finally {
    image.remove();
  }
}
