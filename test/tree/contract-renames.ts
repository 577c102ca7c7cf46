/** Renaming, as Linux has it. */
import { expect, test } from "vitest";
import type { TreeNode } from "../../src/tree/file-tree.ts";
import type { RenameOptions } from "../../src/tree/writable-file-tree.ts";
import { bytesOf } from "./memory-tree.ts";
import { expectCode, inodeOf, make, namesIn, type TreeFixture } from "./writable-tree-contract.ts";

/** Two files, a link, an empty directory, one with `inner` in it, which holds a file. */
interface Scene {
  readonly one: TreeNode;
  readonly two: TreeNode;
  readonly empty: TreeNode;
  readonly full: TreeNode;
  readonly inner: TreeNode;
}

async function setScene(fixture: TreeFixture): Promise<Scene> {
  const { tree } = fixture;
  const one = await make(fixture, "one");
  const two = await make(fixture, "two");
  await tree.link(one, tree.root, bytesOf("one again"));
  const empty = await make(fixture, "empty", tree.root, "directory");
  const full = await make(fixture, "full", tree.root, "directory");
  const inner = await make(fixture, "inner", full, "directory");
  await make(fixture, "file", inner);
  return { one, two, empty, full, inner };
}

/** From the root to the root, unless told otherwise. */
function rename(
  { tree }: TreeFixture,
  from: string,
  to: string,
  { onto, into, ...options }: RenameOptions & { into?: TreeNode; from?: TreeNode } = {},
): Promise<void> {
  const flags = { ...options, ...(onto && { onto }) };
  return tree.rename(options.from ?? tree.root, bytesOf(from), into ?? tree.root, bytesOf(to), flags);
}

const sceneNames = ["empty", "full", "one", "one again", "two"];

export function testTreeRenames(fixture: TreeFixture): void {
  testReplacing(fixture);
  testRefusing(fixture);
  testFlags(fixture);
}

function testReplacing(fixture: TreeFixture): void {
  test("a rename moves, and takes the place of what can be replaced", async () => {
    const { one, two, empty, full, inner } = await setScene(fixture);
    await rename(fixture, "two", "moved", { into: inner });
    expect(await inodeOf(fixture, "moved", inner)).toBe(two.inode);
    await rename(fixture, "one", "moved", { into: inner });
    expect(await inodeOf(fixture, "moved", inner)).toBe(one.inode);
    await expectCode(fixture.tree.getattr(two), "ESTALE");
    await rename(fixture, "inner", "empty", { from: full });
    expect(await inodeOf(fixture, "empty")).toBe(inner.inode);
    await expectCode(fixture.tree.getattr(empty), "ESTALE");
    expect(await namesIn(fixture)).toEqual(["empty", "full", "one again"]);
    expect(await namesIn(fixture, full)).toEqual([]);
    expect(await namesIn(fixture, inner)).toEqual(["file", "moved"]);
  });

  test("two names of one node stay both, and a name is renamed to itself", async () => {
    await setScene(fixture);
    await rename(fixture, "one", "one again");
    await rename(fixture, "two", "two");
    await rename(fixture, "full", "full");
    expect(await namesIn(fixture)).toEqual(sceneNames);
  });

  test("a directory that moves has another parent", async () => {
    const { empty, full, inner } = await setScene(fixture);
    await rename(fixture, "inner", "inner", { from: full, into: empty });
    await rename(fixture, "full", "full", { into: inner });
    await expectCode(rename(fixture, "empty", "x", { into: full }), "EINVAL");
    expect(await namesIn(fixture, inner)).toEqual(["file", "full"]);
  });
}

function testRefusing(fixture: TreeFixture): void {
  const cases: [from: string, to: string, code: string, options?: RenameOptions][] = [
    ["none", "new", "ENOENT"],
    ["one", "empty", "EISDIR"],
    ["empty", "one", "ENOTDIR"],
    ["empty", "full", "ENOTEMPTY"],
    ["one", "two", "EEXIST", { onto: "refuse" }],
    ["one", "one again", "EEXIST", { onto: "refuse" }],
    ["one", "none", "ENOENT", { onto: "exchange" }],
    ["one", "two", "EINVAL", { onto: "exchange", whiteout: true }],
    ["one", "x".repeat(256), "ENAMETOOLONG"],
  ];
  test.each(cases)("a rename of %s to %s is %s %o", async (from, to, code, options = {}) => {
    await setScene(fixture);
    await expectCode(rename(fixture, from, to, options), code);
    expect(await namesIn(fixture)).toEqual(sceneNames);
  });

  test("a directory cannot be moved into itself, nor onto what it lies in", async () => {
    const { one, full, inner } = await setScene(fixture);
    await expectCode(rename(fixture, "full", "x", { into: full }), "EINVAL");
    await expectCode(rename(fixture, "full", "x", { into: inner }), "EINVAL");
    await expectCode(rename(fixture, "full", "file", { into: inner }), "EINVAL");
    await expectCode(rename(fixture, "full", "inner", { into: full, onto: "exchange" }), "EINVAL");
    await expectCode(rename(fixture, "inner", "full", { from: full }), "ENOTEMPTY");
    await expectCode(rename(fixture, "inner", "full", { from: full, onto: "exchange" }), "EINVAL");
    await expectCode(rename(fixture, "one", "x", { into: one }), "ENOTDIR");
    expect(await namesIn(fixture)).toEqual(sceneNames);
  });
}

function testFlags(fixture: TreeFixture): void {
  test("an exchange swaps whatever the two are", async () => {
    const { one, two, full, inner } = await setScene(fixture);
    await rename(fixture, "one", "two", { onto: "exchange" });
    expect([await inodeOf(fixture, "one"), await inodeOf(fixture, "two")]).toEqual([two.inode, one.inode]);
    await rename(fixture, "inner", "one", { from: full, onto: "exchange" });
    expect(await inodeOf(fixture, "one")).toBe(inner.inode);
    expect(await inodeOf(fixture, "inner", full)).toBe(two.inode);
    await rename(fixture, "full", "empty", { onto: "exchange" });
    expect(await inodeOf(fixture, "empty")).toBe(full.inode);
    expect(await namesIn(fixture)).toEqual(sceneNames);
  });

  test("a new name may be asked for", async () => {
    const { one } = await setScene(fixture);
    await rename(fixture, "one", "new", { onto: "refuse" });
    expect(await inodeOf(fixture, "new")).toBe(one.inode);
  });

  test("leaves a whiteout where it is told to, or says that it cannot", async () => {
    const { tree, options } = fixture;
    const { one } = await setScene(fixture);
    if (options.whiteouts === false) {
      await expectCode(rename(fixture, "one", "two", { whiteout: true }), "EINVAL");
      return;
    }
    await rename(fixture, "one", "two", { whiteout: true });
    expect(await inodeOf(fixture, "two")).toBe(one.inode);
    const left = await tree.lookup(tree.root, bytesOf("one"));
    expect(left && (await tree.getattr(left))).toMatchObject({
      type: "characterDevice",
      permissions: 0,
      deviceMajor: 0,
      deviceMinor: 0,
      linkCount: 1,
    });
    expect(await namesIn(fixture)).toEqual(sceneNames);
  });
}
