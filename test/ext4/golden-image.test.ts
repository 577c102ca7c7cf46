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
