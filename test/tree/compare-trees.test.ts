import { describe, expect, test } from "vitest";
import { FileError, FormatError } from "../../src/errors.ts";
import { compareTrees, type TreeComparisonOptions } from "../../src/tree/compare-trees.ts";
import type { FileTree } from "../../src/tree/file-tree.ts";
import { type TreeChange, treeChangeText } from "../../src/tree/tree-change.ts";
import { bytesOf, type MemoryNode, MemoryTree } from "./memory-tree.ts";

const file = (text: string, more: Partial<MemoryNode> = {}): MemoryNode => ({
  content: bytesOf(text),
  ...more,
});
const folder = (...entries: NonNullable<MemoryNode["entries"]>): MemoryNode => ({ entries });

async function collect(changes: AsyncIterable<TreeChange>): Promise<TreeChange[]> {
  const found: TreeChange[] = [];
  for await (const change of changes) found.push(change);
  return found;
}

async function texts(before: FileTree, after: FileTree, options?: TreeComparisonOptions): Promise<string[]> {
  return (await collect(compareTrees({ tree: before }, { tree: after }, options))).map(treeChangeText);
}

const differ = (before: MemoryNode, after: MemoryNode): Promise<string[]> =>
  texts(new MemoryTree(before), new MemoryTree(after));

describe("compareTrees", () => {
  test("finds nothing in equal trees, whatever the order of names", async () => {
    const a = folder(["a", file("1")], ["b", folder(["c", { target: "a" }])]);
    const b = folder(["b", folder(["c", { target: "a" }])], ["a", file("1")]);
    expect(await differ(a, b)).toEqual([]);
  });

  test("names what is there and what is not, by bytes, directories before what is in them", async () => {
    const a = folder(["gone", folder(["x", file("")], ["y", folder(["z", file("")])])], ["same", file("s")]);
    const b = folder(
      ["same", file("s")],
      [Uint8Array.of(0xff), file("")],
      ["new", folder(["b", file("")], ["a", file("")])],
    );
    expect(await differ(a, b)).toEqual([
      "- /gone/",
      "- /gone/x",
      "- /gone/y/",
      "- /gone/y/z",
      "+ /new/",
      "+ /new/a",
      "+ /new/b",
      "+ /\\xff",
    ]);
  });

  test.each<readonly [what: string, before: MemoryNode, after: MemoryNode]>([
    ["content from byte 3", file("abcdef"), file("abcxef")],
    ["1 to 2 bytes", file("a"), file("ab")],
    ["file to symlink", file("a"), { target: "a" }],
    ["permissions 644 to 4755", file("a"), file("a", { attributes: { permissions: 0o4755 } })],
    ["uid 0 to 5, gid 0 to 6", file("a"), file("a", { attributes: { uid: 5, gid: 6 } })],
    ["target a to b", { target: "a" }, { target: "b" }],
    [
      "device 1:3 to 1:5",
      { type: "characterDevice", attributes: { deviceMajor: 1, deviceMinor: 3 } },
      { type: "characterDevice", attributes: { deviceMajor: 1, deviceMinor: 5 } },
    ],
    [
      "time of modification",
      file("a"),
      file("a", { attributes: { modifiedAt: { seconds: 0n, nanoseconds: 1 } } }),
    ],
    [
      "user.a removed, user.b changed, user.c added",
      file("a", {
        xattrs: [
          ["user.b", "1"],
          ["user.a", ""],
        ],
      }),
      file("a", {
        xattrs: [
          ["user.c", ""],
          ["user.b", "2"],
        ],
      }),
    ],
  ])("says what differs: %s", async (what, before, after) => {
    expect(await differ(folder(["n", before]), folder(["n", after]))).toEqual([`~ /n (${what})`]);
  });

  test("says nothing of times that other changes bring about", async () => {
    const time = { seconds: 1n, nanoseconds: 0 };
    const a = folder(["d", { ...folder(["f", file("1")]), attributes: { modifiedAt: time } }]);
    const b = folder(["d", folder(["f", file("1", { attributes: { accessedAt: time, changedAt: time } })])]);
    expect(await differ(a, b)).toEqual([]);
  });

  test("gives what is in a directory that took a file's place, and the other way round", async () => {
    const a = folder(["a", file("")], ["b", folder(["c", file("")])]);
    const b = folder(["a", folder(["d", file("")])], ["b", file("")]);
    expect(await differ(a, b)).toEqual([
      "~ /a/ (file to directory)",
      "+ /a/d",
      "~ /b (directory to file)",
      "- /b/c",
    ]);
  });

  test("gives both sides' attributes, and where the first byte differs", async () => {
    const before = new MemoryTree(folder(["a", file("abc")]));
    const after = new MemoryTree(folder(["a", file("abd", { attributes: { uid: 7 } })]));
    const changes = await collect(compareTrees({ tree: before }, { tree: after }));
    expect(changes).toMatchObject([
      {
        kind: "modified",
        path: bytesOf("/a"),
        before: { uid: 0 },
        after: { uid: 7 },
        differences: [{ field: "uid" }, { field: "content", offsetBytes: 2 }],
      },
    ]);
    expect([...before.openFiles, ...after.openFiles]).toEqual([]);
  });

  test("compares large files in pieces", async () => {
    const content = new Uint8Array(700_000).fill(7);
    const other = content.slice();
    other[600_001] = 8;
    const found = await differ(folder(["a", { content }]), folder(["a", { content: other }]));
    expect(found).toEqual(["~ /a (content from byte 600001)"]);
  });

  test("begins where it is told", async () => {
    const [before, after] = await Promise.all(
      ["1", "2"].map(async (text) => {
        const tree = new MemoryTree(folder(["x", file(text)], ["d", folder(["f", file(text)])]));
        const node = await tree.lookup(tree.root, bytesOf("d"));
        return { tree, ...(node && { node }) };
      }),
    );
    const changes = before && after ? await collect(compareTrees(before, after)) : [];
    expect(changes.map(treeChangeText)).toEqual(["~ /f (content from byte 0)"]);
  });

  test("looks only at what can have changed, if told", async () => {
    const before = new MemoryTree(
      folder(["a", file("1")], ["b", file("1")], ["c", file("1")], ["d", folder(["e", file("1")])]),
    );
    const after = new MemoryTree(
      folder(["a", file("2")], ["b", file("2")], ["d", folder(["e", file("2")])], ["f", file("")]),
    );
    const touched = new MemoryTree(folder(["b", file("2")], ["d", folder(["e", file("2")])]));
    expect(await texts(before, after, { touched: { tree: touched } })).toEqual([
      "~ /b (content from byte 0)",
      "- /c",
      "~ /d/e (content from byte 0)",
      "+ /f",
    ]);
  });

  test("ends where a directory holds itself", async () => {
    const loop: { entries: [string, MemoryNode][] } = { entries: [] };
    loop.entries.push(["self", loop]);
    await expect(differ(loop, loop)).rejects.toBeInstanceOf(FormatError);
  });

  test("tells no path of more than 64 KiB", async () => {
    let deep = folder();
    for (let i = 0; i < 300; i++) deep = folder(["n".repeat(255), deep]);
    await expect(differ(folder(), deep)).rejects.toMatchObject({ code: "ENAMETOOLONG" });
    await expect(differ(folder(), deep)).rejects.toBeInstanceOf(FileError);
    expect(await differ(deep, deep)).toEqual([]);
  });

  test("passes on what a tree throws", async () => {
    const closed = new MemoryTree(folder());
    await closed.close();
    await expect(texts(new MemoryTree(folder()), closed)).rejects.toMatchObject({ code: "closed" });
  });
});
