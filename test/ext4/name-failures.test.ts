/**
 * What becomes of names where space runs out in the middle of a call, and where the
 * device fails at its n-th operation: a call that rejects has changed nothing, and
 * after a flush that ended well e2fsck finds the file system in order.
 */
import { expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { DeviceError, FileError, StateError } from "../../src/errors.ts";
import { openWritableExt4, type WritableExt4Tree } from "../../src/ext4/writable-ext4-tree.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { WritableOpenFile } from "../../src/tree/writable-file-tree.ts";
import { runCall, type TreeCall } from "../tree/contract-model.ts";
import { bytesOf } from "../tree/memory-tree.ts";
import { describeTree } from "../tree/tree-description.ts";
import { WritableMemoryTree } from "../tree/writable-memory-tree.ts";
import { FailingDevice } from "./failing-device.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";
import { randomCall } from "./random-calls.ts";
import { complaintsOf, emptyImage } from "./writable-image.ts";

const mib = 1 << 20;
const directory = { type: "directory", permissions: 0o755 } as const;
const file = { type: "file", permissions: 0o644 } as const;

async function begin(tree: WritableExt4Tree | WritableMemoryTree): Promise<void> {
  for (const name of ["d", "e"]) await tree.create(tree.root, bytesOf(name), directory);
}

/** Fills the file system but for some blocks, with a file that has no name. @returns the file, open. */
async function fill(tree: WritableExt4Tree, leftBlocks: number): Promise<WritableOpenFile> {
  const filler = await tree.openWritable(await tree.create(tree.root, bytesOf("filler"), file));
  await tree.unlink(tree.root, bytesOf("filler"));
  const { freeBlocks } = await tree.statfs();
  await filler.allocate(0, (freeBlocks - leftBlocks - 2) * 4096);
  // Nodes of the filler's own tree may have taken some.
  while ((await tree.statfs()).freeBlocks > leftBlocks) await filler.append(new Uint8Array(4096));
  return filler;
}

describeWithLoopMounts("names where something fails", () => {
  test.each([0, 1, 2, 3])("with %i blocks left", { timeout: 60_000 }, async (leftBlocks) => {
    const image = await emptyImage(4 * mib, { inodes: 2000 });
    const tree = await openWritableExt4(new MemoryDevice(image));
    const random = new SeededRandom(leftBlocks);
    await begin(tree);
    for (let i = 0; i < 80 * leftBlocks; i++) await settled(tree, randomCall(random));
    const filler = await fill(tree, leftBlocks);
    let refused = 0;
    for (let i = 0; i < 150; i++) {
      const call = { ...randomCall(random), number: random.below(12_000) };
      const before = await describeTree(tree);
      const { freeBlocks, freeInodes } = await tree.statfs();
      if ((await settled(tree, call)) !== "ENOSPC") continue;
      refused++;
      expect(await describeTree(tree)).toEqual(before);
      expect(await tree.statfs()).toMatchObject({ freeBlocks, freeInodes });
    }
    expect(refused).toBeGreaterThan(0);
    await filler.close();
    await tree.close();
    expect(complaintsOf(image)).toBe("");
  });

  test("with no inode left", async () => {
    const image = await emptyImage(4 * mib, { inodes: 16 });
    const tree = await openWritableExt4(new MemoryDevice(image));
    await begin(tree);
    const { freeInodes } = await tree.statfs();
    for (let i = 0; i < freeInodes; i++) await tree.create(tree.root, bytesOf(`${i}`), file);
    const before = await describeTree(tree);
    const calls = [
      () => tree.create(tree.root, bytesOf("x"), file),
      () => tree.create(tree.root, bytesOf("x"), directory),
      () => tree.rename(tree.root, bytesOf("0"), tree.root, bytesOf("x"), { whiteout: true }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await describeTree(tree)).toEqual(before);
    await tree.close();
    expect(complaintsOf(image)).toBe("");
  });

  test("with the device failing at each operation", { timeout: 120_000 }, async () => {
    const image = await emptyImage(2 * mib, { inodes: 500 });
    const random = new SeededRandom(5);
    const calls = Array.from({ length: 120 }, () => ({ ...randomCall(random), number: random.below(9000) }));
    const operations = await play(new FailingDevice(image.slice()), calls);
    expect(operations).toBeGreaterThan(20);
    // Each of the first, and then some of the many that follow.
    for (let failsAt = 2; failsAt < operations; failsAt += failsAt < 30 ? 1 : 11) {
      const bytes = image.slice();
      const device = new FailingDevice(bytes);
      device.failsAt = failsAt;
      await play(device, calls);
      expect(complaintsOf(bytes), `failing at ${failsAt}`).toBe("");
    }
  });
});

async function settled(tree: WritableExt4Tree, call: TreeCall): Promise<string> {
  try {
    await runCall(tree, call);
    return "done";
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
}

/**
 * Plays calls on a device that may fail once, and on the model those that did not fail for it.
 *
 * @returns how many operations of the device that took.
 */
async function play(device: FailingDevice, calls: readonly TreeCall[]): Promise<number> {
  const tree = await openWritableExt4(device, { dirtyBytes: 65_536, cacheBytes: 65_536 }).catch(async () =>
    openWritableExt4(device, { dirtyBytes: 65_536, cacheBytes: 65_536 }),
  );
  const model = new WritableMemoryTree();
  const flush = async (): Promise<void> => {
    await tree.flush().catch(async (error: unknown) => {
      expect(error).toBeInstanceOf(DeviceError);
      await tree.flush();
    });
  };
  const once = async (
    call: (target: WritableExt4Tree | WritableMemoryTree) => Promise<unknown>,
  ): Promise<void> => {
    const said = await answer(() => call(tree));
    if (said === "device") {
      // What is unflushed takes no change before a flush; then the same call goes on from where it was.
      await flush();
      const again = await answer(() => call(tree));
      expect(again).toBe(await answer(() => call(model)));
      return;
    }
    expect(said).toBe(await answer(() => call(model)));
  };
  await once((target) => target.create(target.root, bytesOf("d"), directory));
  await once((target) => target.create(target.root, bytesOf("e"), directory));
  for (const [index, call] of calls.entries()) {
    // A write that failed may have changed a part: names alone are compared step by step.
    if (["write", "append", "truncate"].includes(call.what)) continue;
    await once((target) => runCall(target, call));
    if (index % 20 === 19) await flush();
  }
  await flush();
  const { operations } = device;
  device.repair();
  expect(await describeTree(tree)).toEqual(await describeTree(model));
  await tree.close();
  return operations;
}

async function answer(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return "done";
  } catch (error) {
    if (error instanceof FileError) return error.code;
    if (error instanceof DeviceError || (error instanceof StateError && error.code === "unflushed"))
      return "device";
    throw error;
  }
}
