/** More kinds of file systems against the kernel, and those that must be refused. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { openExt4 } from "../../src/ext4/ext4-tree.ts";
import { slowFeatureSets } from "./feature-sets-slow.ts";
import { deep, files, many } from "./fillings.ts";
import { compareWithKernel } from "./kernel-comparison.ts";
import { describeWithLoopMounts, makeImage, mounted } from "./loop-mount.ts";
import { kernelSnapshot, treeSnapshot } from "./snapshot.ts";

async function openFile(path: string): Promise<unknown> {
  return await openExt4(new MemoryDevice(new Uint8Array(readFileSync(path)))).catch(
    (error: unknown) => error,
  );
}

describeWithLoopMounts("ext4 as the kernel reads it, further kinds", () => {
  test.each(slowFeatureSets)("$title", async (features) => {
    await compareWithKernel(features, async (_, snapshot) => {
      expect(snapshot.size).toBeGreaterThan(3);
    });
  });

  test.each([
    ["bigalloc", ["-O", "bigalloc"]],
    ["encrypt", ["-O", "encrypt"]],
    ["casefold", ["-O", "casefold"]],
    ["verity", ["-O", "verity"]],
    ["journalDev", ["-O", "journal_dev"]],
  ])("%s, as mkfs.ext4 makes it, is refused by name", async (name, options) => {
    const image = makeImage(["-b", "4096", ...options], 16 << 20);
    const failure = await openFile(image.path);
    image.remove();
    expect(failure).toMatchObject({ name: "FormatError", code: "unsupported" });
    expect((failure as Error).message).toContain(name);
  });

  // The kernel mounts no blocks larger than its pages: here mkfs.ext4 itself does the filling.
  test("blocks of 64 KiB", async () => {
    const source = makeImage(["-b", "1024"], 8 << 20);
    const from = `${source.folder}/from`;
    mkdirSync(from);
    for (const fill of [deep, files, many(300, 250)]) fill(from);
    const expected = kernelSnapshot(from);
    const image = makeImage(["-b", "65536", "-d", from], 256 << 20);
    const tree = await openExt4(new MemoryDevice(new Uint8Array(readFileSync(image.path))));
    const seen = await treeSnapshot(tree);
    image.remove();
    source.remove();
    expect([...seen.keys()].filter((path) => path !== "lost+found").sort()).toEqual(
      [...expected.keys()].sort(),
    );
    for (const [path, { mode, content, sizeBytes }] of expected) {
      const node = { path, mode, content, ...(mode.startsWith("010") && { sizeBytes }) };
      expect({ path, ...seen.get(path) }).toMatchObject(node);
    }
  });

  test("a journal in use is refused, and read once it is not", async () => {
    const image = makeImage(["-b", "4096"], 32 << 20);
    const copy = `${image.folder}/copy`;
    mounted(image, "rw", (folder) => {
      writeFileSync(`${folder}/file`, "written");
      copyFileSync(image.path, copy);
    });
    const [inUse, after] = [await openFile(copy), await openFile(image.path)];
    image.remove();
    expect(inUse).toMatchObject({ name: "FormatError", code: "unsupported" });
    expect((inUse as Error).message).toContain("journal");
    expect(after).toMatchObject({ root: { inode: 2 } });
  });
});
