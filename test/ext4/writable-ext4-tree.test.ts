/** The read-write driver keeps the contract of a writable tree, and leaves file systems that e2fsck finds in order. */
import { expect } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { openWritableExt4 } from "../../src/ext4/writable-ext4-tree.ts";
import { describeWritableTreeContract } from "../tree/writable-tree-contract.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";
import { complaintsOf, emptyImage } from "./writable-image.ts";

describeWithLoopMounts("a writable tree in ext4", () => {
  describeWritableTreeContract("ext4", async (now) => {
    const bytes = await emptyImage(16 << 20, { inodes: 4096 });
    const tree = await openWritableExt4(new MemoryDevice(bytes), { now });
    return { tree, dispose: async () => expect(complaintsOf(bytes)).toBe("") };
  });
});
