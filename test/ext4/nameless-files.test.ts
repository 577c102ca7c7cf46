/** Files that lost their last name while they are open: the device knows nothing of them any more. */
import { expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { FileError } from "../../src/errors.ts";
import { formatExt4 } from "../../src/ext4/format-ext4.ts";
import { openWritableExt4 } from "../../src/ext4/writable-ext4-tree.ts";
import { bytesOf } from "../tree/memory-tree.ts";
import { ColdDevice, complaintsOfChunks } from "./cold-device.ts";
import { FailingDevice } from "./failing-device.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";
import { complaintsOf, emptyImage } from "./writable-image.ts";

const plain = { type: "file", permissions: 0o644 } as const;
const blockBytes = 4096;

/** A device whose writes take their time, and which knows how many were under way at once. */
class SlowDevice extends ColdDevice {
  most = 0;
  #underWay = 0;

  override async write(offsetBytes: number, from: Uint8Array): Promise<void> {
    this.#underWay += 1;
    this.most = Math.max(this.most, this.#underWay);
    await new Promise((resolve) => setTimeout(resolve, 1));
    await super.write(offsetBytes, from);
    this.#underWay -= 1;
  }
}

describeWithLoopMounts("files without a name", () => {
  test("live on in memory, and leave a file system in order at each flush", async () => {
    const image = await emptyImage(4 << 20, { inodes: 100 });
    const tree = await openWritableExt4(new MemoryDevice(image));
    const { root } = tree;
    const before = await tree.statfs();
    const node = await tree.create(root, bytesOf("gone"), plain);
    const file = await tree.openWritable(node);
    await file.write(0, new Uint8Array(20 * blockBytes).fill(1));
    await tree.setxattr(node, bytesOf("user.large"), new Uint8Array(2000).fill(7));
    await tree.flush();
    await tree.unlink(root, bytesOf("gone"));
    await tree.flush();
    expect(complaintsOf(image)).toBe("");
    // Whatever is made now stays clear of what the nameless file has.
    for (let i = 0; i < 40; i++) {
      const other = await tree.openWritable(await tree.create(root, bytesOf(`other ${i}`), plain));
      await other.write(0, new Uint8Array(3 * blockBytes).fill(2));
      await other.close();
    }
    await file.write(20 * blockBytes, new Uint8Array(9 * blockBytes).fill(3));
    await file.punchHole(0, blockBytes);
    await tree.setxattr(node, bytesOf("user.second"), new Uint8Array(1000).fill(8));
    await tree.flush();
    expect(complaintsOf(image)).toBe("");
    const content = new Uint8Array(29 * blockBytes);
    expect(await file.read(0, content)).toBe(content.length);
    const pieces = [0, 1, 19, 20, 28].map((block) => content[block * blockBytes]);
    expect(pieces).toEqual([0, 1, 1, 3, 3]);
    expect(await tree.getxattr(node, bytesOf("user.large"))).toEqual(new Uint8Array(2000).fill(7));
    await file.close();
    for (let i = 0; i < 40; i++) await tree.unlink(root, bytesOf(`other ${i}`));
    await tree.flush();
    expect(complaintsOf(image)).toBe("");
    const { freeBlocks, freeInodes } = await tree.statfs();
    expect({ freeBlocks, freeInodes }).toEqual({
      freeBlocks: before.freeBlocks,
      freeInodes: before.freeInodes,
    });
    await tree.close();
    expect(complaintsOf(image)).toBe("");
  });

  test("closing the tree lets go of those that are open", async () => {
    const image = await emptyImage(4 << 20, { inodes: 100 });
    const tree = await openWritableExt4(new MemoryDevice(image));
    const node = await tree.create(tree.root, bytesOf("gone"), plain);
    await tree.setxattr(node, bytesOf("user.large"), new Uint8Array(2000).fill(7));
    const file = await tree.openWritable(node);
    await file.append(new Uint8Array(3 * blockBytes));
    await tree.unlink(tree.root, bytesOf("gone"));
    await tree.close();
    await expect(file.close()).resolves.toBeUndefined();
    expect(complaintsOf(image)).toBe("");
  });
});

describeWithLoopMounts("files without a name that are being let go of", () => {
  test("are let go of before the tree is closed, where both are asked for at once", async () => {
    const sizeBytes = 4 << 20;
    const device = new SlowDevice(sizeBytes);
    await formatExt4(device, { isZero: true });
    const tree = await openWritableExt4(device, { dirtyBytes: 16 * blockBytes });
    const file = await tree.openWritable(await tree.create(tree.root, bytesOf("gone"), plain));
    await file.write(0, new Uint8Array(3 * blockBytes).fill(1));
    await tree.unlink(tree.root, bytesOf("gone"));
    const other = await tree.openWritable(await tree.create(tree.root, bytesOf("other"), plain));
    // More than may wait: the next change has to make room first.
    await other.write(0, new Uint8Array(16 * blockBytes - 1).fill(2));
    await Promise.all([file.close(), tree.close()]);
    expect(device.most).toBe(1);
    expect(complaintsOfChunks(sizeBytes, device.content())).toBe("");
  });

  test("stay where they are opened anew, after they could not be let go of", async () => {
    const device = new FailingDevice(await emptyImage(4 << 20, { inodes: 100 }));
    const tree = await openWritableExt4(device);
    const node = await tree.create(tree.root, bytesOf("gone"), plain);
    const file = await tree.openWritable(node);
    await file.write(0, new Uint8Array(3 * blockBytes).fill(1));
    const before = await tree.statfs();
    await tree.unlink(tree.root, bytesOf("gone"));
    device.failsAt = device.operations + 1;
    await expect(tree.flush()).rejects.toThrow("write fails");
    await file.close();
    const again = await tree.open(node);
    device.repair();
    await tree.flush();
    const content = new Uint8Array(blockBytes);
    await again.read(0, content);
    expect(content).toEqual(new Uint8Array(blockBytes).fill(1));
    await again.close();
    await expect(tree.open(node)).rejects.toBeInstanceOf(FileError);
    expect((await tree.statfs()).freeBlocks).toBe(before.freeBlocks + 3);
    await tree.close();
  });
});
