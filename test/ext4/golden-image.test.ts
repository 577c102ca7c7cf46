/** What we read of small images is what Linux showed of them. */
import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { openExt4 } from "../../src/ext4/ext4-tree.ts";
import { TreeFiles } from "../../src/tree/tree-files.ts";
import { goldenImage, goldenNames, goldenSnapshot } from "./golden-image.ts";
import { treeSnapshot } from "./snapshot.ts";

describe.each(goldenNames)("%s", (name) => {
  test("reads as Linux reads it", async () => {
    const tree = await openExt4(new MemoryDevice(goldenImage(name)));
    const seen = new Map<string, object>();
    for (const [path, node] of await treeSnapshot(tree)) {
      // As it comes back from JSON: what is undefined is not there.
      seen.set(path, JSON.parse(JSON.stringify({ path, ...node, times: node.times.map(String) })) as object);
    }
    expect(seen).toEqual(goldenSnapshot(name));
  });

  test("every name is found by lookup, and no other", async () => {
    const tree = await openExt4(new MemoryDevice(goldenImage(name)));
    const files = new TreeFiles(tree);
    for (const path of goldenSnapshot(name).keys()) {
      if (path !== "") expect((await files.lstat(path)).ino).toBeGreaterThan(1);
    }
    for (const path of [
      "name-05-xxxxxxxxxxxxxxxxxxxx",
      "dir/name-05-xxxxxxxxxxxxxxxxxxxx",
      "dir/nam",
      "dir/.",
    ]) {
      expect(
        await files.lstat(path).then(
          ({ type }) => type,
          (error: unknown) => (error as { code: string }).code,
        ),
      ).toBe(path === "dir/." ? "directory" : "ENOENT");
    }
  });

  test("a listing goes on from every cursor, and from none that there never was", async () => {
    const tree = await openExt4(new MemoryDevice(goldenImage(name)));
    const { node } = await new TreeFiles(tree).resolve("dir");
    const list = async (cursor: number): Promise<{ name: string; cursor: number }[]> => {
      const names: { name: string; cursor: number }[] = [];
      for await (const entry of tree.readdir(node, cursor)) {
        names.push({ name: new TextDecoder().decode(entry.name), cursor: entry.cursor });
      }
      return names;
    };
    const all = await list(0);
    expect(all).toHaveLength(89);
    for (const [index, { cursor }] of all.entries()) expect(await list(cursor)).toEqual(all.slice(index + 1));
    for (const cursor of [1, 13, 1_000_000]) {
      await expect(list(cursor)).rejects.toMatchObject({ name: "FileError", code: "EINVAL" });
    }
  });
});

describe("an open file", () => {
  test("is read at any offset, as a whole or in part", async () => {
    const tree = await openExt4(new MemoryDevice(goldenImage("extents")));
    const files = new TreeFiles(tree);
    const whole = await files.readFile("two-blocks");
    const { node } = await files.resolve("two-blocks");
    await using file = await tree.open(node);
    for (const [offset, length] of [
      [0, 1],
      [1000, 100],
      [1023, 2],
      [1100, 100],
      [1124, 5],
      [5000, 5],
    ] as const) {
      const into = new Uint8Array(length).fill(0xee);
      const readBytes = await file.read(offset, into);
      expect(into.subarray(0, readBytes)).toEqual(whole.subarray(offset, offset + length));
      expect(into.subarray(readBytes).every((byte) => byte === 0xee)).toBe(true);
    }
  });

  test("finds stretches that are no hole", async () => {
    const tree = await openExt4(new MemoryDevice(goldenImage("pointers")));
    const file = await new TreeFiles(tree).open("fragments");
    expect(await file.nextData(0)).toEqual({ offsetBytes: 0, lengthBytes: 1024 });
    expect(await file.nextData(1024)).toEqual({ offsetBytes: 2048, lengthBytes: 1024 });
    expect(await file.nextData(359 * 2048)).toMatchObject({ offsetBytes: 359 * 2048, lengthBytes: 3 });
    expect(await file.nextData(359 * 2048 + 3)).toBeUndefined();
  });

  test("is not read at what is no offset, nor once it or its tree is closed", async () => {
    const tree = await openExt4(new MemoryDevice(goldenImage("extents")));
    const { node } = await new TreeFiles(tree).resolve("small");
    const [file, other] = [await tree.open(node), await tree.open(node)];
    for (const offset of [-1, 0.5, Number.NaN, 2 ** 53]) {
      await expect(file.read(offset, new Uint8Array(1))).rejects.toMatchObject({ code: "invalid-argument" });
      await expect(file.nextData(offset)).rejects.toMatchObject({ code: "invalid-argument" });
    }
    await file.close();
    await expect(file.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: "closed" });
    const aborted = { signal: AbortSignal.abort(new Error("no more")) };
    await expect(other.read(0, new Uint8Array(1), aborted)).rejects.toThrow("no more");
    await tree.close();
    await expect(other.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: "closed" });
    await expect(tree.getattr(node)).rejects.toMatchObject({ code: "closed" });
  });
});
