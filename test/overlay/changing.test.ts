import { describe, expect, test } from "vitest";
import { type OverlayTree, openOverlay } from "../../src/overlay/index.ts";
import { bytesOf, type MemoryNode, MemoryTree } from "../tree/memory-tree.ts";
import { WritableMemoryTree } from "../tree/writable-memory-tree.ts";
import {
  codeOf,
  contentsOf,
  file,
  folder,
  layers,
  nodeAt,
  sceneOf,
  textOf,
  upperOf,
  whiteout,
} from "./overlay-scene.ts";

const plain = { type: "file", permissions: 0o644 } as const;
const directory = { type: "directory", permissions: 0o755 } as const;

describe("names", () => {
  test("what is removed leaves a whiteout only where a lower layer has the name", async () => {
    const scene = await sceneOf(layers());
    const { tree } = scene;
    const d = await nodeAt(tree, "d");
    await tree.unlink(d, bytesOf("top"));
    await tree.create(d, bytesOf("new"), plain);
    await tree.unlink(d, bytesOf("new"));
    await tree.unlink(tree.root, bytesOf("g"));
    expect(await upperOf(scene)).toEqual({
      d: "directory +origin",
      "d/top": "whiteout",
      g: "whiteout",
    });
    expect(Object.keys(await contentsOf(tree, d))).toEqual(["below", "sub", "sub/deep"]);
    expect(await codeOf(tree.unlink(d, bytesOf("top")))).toBe("ENOENT");
  });

  test("what takes a whiteout's place hides what is below", async () => {
    const scene = await sceneOf(layers());
    const { tree } = scene;
    const low = await nodeAt(tree, "low");
    await tree.unlink(low, bytesOf("f"));
    await tree.rmdir(tree.root, bytesOf("low"));
    expect(await upperOf(scene)).toEqual({ low: "whiteout" });
    expect(await codeOf(tree.getattr(low))).toBe("ESTALE");
    await tree.create(tree.root, bytesOf("low"), directory);
    await tree.unlink(tree.root, bytesOf("g"));
    await tree.create(tree.root, bytesOf("g"), plain);
    expect(await upperOf(scene)).toEqual({ g: "", low: "directory +opaque" });
    expect(Object.keys(await contentsOf(await scene.reopen()))).not.toContain("low/f");
  });

  test("a directory that is not empty in any layer is not removed, nor replaced", async () => {
    const { tree } = await sceneOf(layers());
    await tree.create(tree.root, bytesOf("new"), directory);
    expect(await codeOf(tree.rmdir(tree.root, bytesOf("low")))).toBe("ENOTEMPTY");
    expect(await codeOf(tree.rename(tree.root, bytesOf("new"), tree.root, bytesOf("low")))).toBe("ENOTEMPTY");
    await tree.unlink(tree.root, bytesOf("g"));
    const over = await tree.create(tree.root, bytesOf("g"), directory);
    await tree.create(over, bytesOf("f"), plain);
    expect(await codeOf(tree.rmdir(tree.root, bytesOf("g")))).toBe("ENOTEMPTY");
  });

  test.each<[string, (tree: OverlayTree) => Promise<unknown>]>([
    ["create", (tree) => tree.create(tree.root, bytesOf("x"), plain)],
    ["link", async (tree) => tree.link(await nodeAt(tree, "y"), tree.root, bytesOf("x"))],
    ["rename", (tree) => tree.rename(tree.root, bytesOf("g"), tree.root, bytesOf("x"))],
  ])("%s takes no file for the whiteout that it was while it was empty", async (_title, make) => {
    const { tree, below, upper } = await sceneOf(layers());
    const marked = await below.create(upper, bytesOf("x"), plain);
    await below.link(marked, upper, bytesOf("y"));
    await below.setxattr(marked, bytesOf("trusted.overlay.whiteout"), new Uint8Array(0));
    await using there = await below.openWritable(marked);
    await there.write(0, bytesOf("abc"));
    await using opened = await tree.openWritable(await nodeAt(tree, "y"));
    await opened.truncate(0);
    expect(await tree.lookup(tree.root, bytesOf("x"))).toBeUndefined();
    await opened.write(0, bytesOf("def"));
    expect(await codeOf(make(tree))).toBe("ESTALE");
    expect(await textOf(tree, await nodeAt(tree, "x"))).toBe("def");
    expect((await tree.getattr(await nodeAt(tree, "y"))).linkCount).toBe(2);
  });

  test("a directory with a whiteout in the form of a file is not empty, though nothing shows", async () => {
    const { tree } = await sceneOf([
      folder({ d: folder({ f: file("", ["trusted.overlay.whiteout", ""]) }) }),
    ]);
    expect(Object.keys(await contentsOf(tree))).toEqual(["d"]);
    expect(await codeOf(tree.rmdir(tree.root, bytesOf("d")))).toBe("ENOTEMPTY");
  });

  test("a directory with whiteouts only is replaced", async () => {
    const scene = await sceneOf(layers());
    const { tree } = scene;
    await tree.unlink(await nodeAt(tree, "low"), bytesOf("f"));
    const made = await tree.create(tree.root, bytesOf("new"), directory);
    await tree.create(made, bytesOf("in"), plain);
    await tree.rename(tree.root, bytesOf("new"), tree.root, bytesOf("low"));
    expect(await upperOf(scene)).toEqual({ low: "directory +opaque", "low/in": "" });
  });

  test("a directory of a lower layer stays where it is", async () => {
    const { tree } = await sceneOf(layers());
    await tree.create(tree.root, bytesOf("new"), directory);
    expect(await codeOf(tree.rename(tree.root, bytesOf("d"), tree.root, bytesOf("e")))).toBe("EXDEV");
    expect(
      await codeOf(tree.rename(tree.root, bytesOf("new"), tree.root, bytesOf("d"), { onto: "exchange" })),
    ).toBe("EXDEV");
  });

  test("a file of a lower layer is renamed, and leaves a whiteout", async () => {
    const scene = await sceneOf(layers());
    const { tree } = scene;
    const node = await nodeAt(tree, "g");
    const { inode } = node;
    await tree.rename(tree.root, bytesOf("g"), await nodeAt(tree, "d"), bytesOf("top"));
    expect(await upperOf(scene)).toEqual({
      d: "directory +impure +origin",
      "d/top": "g +origin",
      g: "whiteout",
    });
    expect((await nodeAt(tree, "d/top")).inode).toBe(inode);
    await tree.rename(await nodeAt(tree, "d"), bytesOf("top"), tree.root, bytesOf("g"));
    expect(await upperOf(scene)).toEqual({
      d: "directory +impure +origin",
      "d/top": "whiteout",
      g: "g +origin",
    });
  });

  test("a directory of the upper's takes a whiteout's place, and is opaque there", async () => {
    const scene = await sceneOf(layers());
    const { tree } = scene;
    await tree.unlink(tree.root, bytesOf("g"));
    await tree.create(tree.root, bytesOf("new"), directory);
    await tree.rename(tree.root, bytesOf("new"), tree.root, bytesOf("g"));
    expect(await upperOf(scene)).toEqual({ g: "directory +opaque" });
    expect(await tree.lookup(tree.root, bytesOf("new"))).toBeUndefined();
    await tree.rename(tree.root, bytesOf("g"), tree.root, bytesOf("new"));
    expect(await upperOf(scene)).toEqual({ g: "whiteout", new: "directory +opaque" });
  });

  test("an exchange copies up both", async () => {
    const scene = await sceneOf(layers());
    const { tree } = scene;
    await tree.rename(tree.root, bytesOf("g"), await nodeAt(tree, "d"), bytesOf("top"), { onto: "exchange" });
    expect(await upperOf(scene)).toEqual({
      d: "directory +impure +origin",
      "d/top": "g +origin",
      g: "top +origin",
    });
  });

  test("a link to a lower layer's file copies it up", async () => {
    const scene = await sceneOf(layers());
    const { tree } = scene;
    const node = await nodeAt(tree, "g");
    await tree.link(node, await nodeAt(tree, "d"), bytesOf("link"));
    expect(await tree.getattr(node)).toMatchObject({ linkCount: 2, inode: node.inode });
    expect(await tree.lookup(await nodeAt(tree, "d"), bytesOf("link"))).toBe(node);
    expect(await upperOf(scene)).toEqual({
      d: "directory +impure +origin",
      "d/link": "g +origin",
      g: "g +origin",
    });
  });

  test("whiteouts cannot be made by hand", async () => {
    const { tree } = await sceneOf(layers());
    const device = { type: "characterDevice", permissions: 0 } as const;
    expect(await codeOf(tree.create(tree.root, bytesOf("w"), device))).toBe("EPERM");
    await tree.create(tree.root, bytesOf("w"), { ...device, deviceMinor: 1 });
    expect(
      await codeOf(tree.rename(tree.root, bytesOf("w"), tree.root, bytesOf("x"), { whiteout: true })),
    ).toBe("EINVAL");
  });

  test("names that are made over a whiteout are in the manner of their directory", async () => {
    const group: MemoryNode = {
      ...folder({ f: file("f"), g: file("g") }),
      attributes: { permissions: 0o2775, gid: 7 },
    };
    const { tree } = await sceneOf([folder({ group })]);
    const node = await nodeAt(tree, "group");
    await tree.unlink(node, bytesOf("f"));
    await tree.create(node, bytesOf("f"), directory);
    expect(await tree.getattr(await nodeAt(tree, "group/f"))).toMatchObject({ gid: 7, permissions: 0o2755 });
  });
});

describe("attributes", () => {
  test("those of overlayfs are kept one deeper where a user sets them", async () => {
    const scene = await sceneOf([folder({ f: file("f") })]);
    const { tree } = scene;
    const node = await nodeAt(tree, "f");
    await tree.setxattr(node, bytesOf("trusted.overlay.opaque"), bytesOf("y"));
    expect(await upperOf(scene)).toEqual({ f: "f +origin +overlay.opaque" });
    expect(await tree.getxattr(node, bytesOf("trusted.overlay.opaque"))).toEqual(bytesOf("y"));
    await tree.removexattr(node, bytesOf("trusted.overlay.opaque"));
    expect(await tree.listxattr(node)).toEqual([]);
    const long = bytesOf(`trusted.overlay.${"x".repeat(239)}`);
    expect(await codeOf(tree.setxattr(node, long, bytesOf("")))).toBe("ENOTSUP");
  });

  test("what would fail on any file system copies nothing up", async () => {
    const scene = await sceneOf([folder({ f: file("f"), p: { type: "fifo" }, s: { target: "t" } })]);
    const { tree } = scene;
    const [node, pipe, link] = [await nodeAt(tree, "f"), await nodeAt(tree, "p"), await nodeAt(tree, "s")];
    const value = new Uint8Array(8);
    const codes = [
      codeOf(tree.setxattr(node, bytesOf(""), value)),
      codeOf(tree.setxattr(node, bytesOf(`user.${"x".repeat(251)}`), value)),
      codeOf(tree.setxattr(node, bytesOf("user.a"), new Uint8Array(65_537))),
      codeOf(tree.setxattr(pipe, bytesOf("user.a"), value)),
      codeOf(tree.removexattr(pipe, bytesOf("user.a"))),
      codeOf(tree.removexattr(node, bytesOf("user.a"))),
      codeOf(tree.setxattr(node, bytesOf("system.posix_acl_default"), value)),
      codeOf(tree.setxattr(link, bytesOf("system.posix_acl_access"), value)),
    ];
    expect(await Promise.all(codes)).toEqual([
      "ERANGE",
      "ERANGE",
      "E2BIG",
      "EPERM",
      "EPERM",
      "ENODATA",
      "EACCES",
      "ENOTSUP",
    ]);
    expect(await upperOf(scene)).toEqual({});
  });

  test("those of a file of the upper's without content come with content when it is opened for writing", async () => {
    const below = new WritableMemoryTree();
    const upper = await below.create(below.root, bytesOf("upper"), directory);
    const work = await below.create(below.root, bytesOf("work"), directory);
    const bare = await below.create(upper, bytesOf("f"), plain);
    await (await below.openWritable(bare)).truncate(4);
    await below.setxattr(bare, bytesOf("trusted.overlay.metacopy"), new Uint8Array());
    const tree = await openOverlay([new MemoryTree(folder({ f: file("text") }))], {
      upper: { tree: below, upper, work },
      metacopy: true,
    });
    const node = await nodeAt(tree, "f");
    const reader = await tree.open(node);
    expect(await textOf(tree, node)).toBe("text");
    await (await tree.openWritable(node)).write(0, bytesOf("T"));
    expect(await textOf(tree, node)).toBe("Text");
    const into = new Uint8Array(4);
    await reader.read(0, into);
    expect(into).toEqual(bytesOf("Text"));
    expect(await contentsOf(below, upper)).toEqual({ f: "Text" });
  });
});

test("without an upper nothing can be changed, and what is there is said first where a name is made", async () => {
  const tree = await openOverlay([new MemoryTree(folder({ f: file("f") }))]);
  const node = await nodeAt(tree, "f");
  const [root, name] = [tree.root, bytesOf("f")];
  const codes = [
    codeOf(tree.create(root, name, plain)),
    codeOf(tree.create(root, bytesOf("g"), plain)),
    codeOf(tree.link(node, root, bytesOf("g"))),
    codeOf(tree.unlink(root, name)),
    codeOf(tree.rmdir(root, name)),
    codeOf(tree.rename(root, name, root, bytesOf("g"))),
    codeOf(tree.setattr(node, {})),
    codeOf(tree.openWritable(node)),
    codeOf(tree.setxattr(node, bytesOf("user.a"), name)),
    codeOf(tree.removexattr(node, bytesOf("user.a"))),
  ];
  expect(await Promise.all(codes)).toEqual(["EEXIST", ...Array.from({ length: 9 }, () => "EROFS")]);
  await tree.flush();
});

test("what a run that was cut off left in the work directory is removed", async () => {
  const scene = await sceneOf([folder({ f: file("f") })]);
  const inner = await nodeAt(scene.below, "work", scene.work);
  const left = await scene.below.create(inner, bytesOf("#1"), directory);
  await scene.below.create(left, bytesOf("x"), { type: "characterDevice", permissions: 0 });
  await scene.below.create(left, bytesOf("y"), directory);
  const tree = await scene.reopen();
  expect(await contentsOf(scene.below, scene.work)).toEqual({ work: "directory" });
  await tree.unlink(tree.root, bytesOf("f"));
  expect(await contentsOf(scene.below, scene.upper)).toEqual({ f: "whiteout" });
});

test("where the topmost lower layer has a whiteout, none is left", async () => {
  const scene = await sceneOf([folder({ f: whiteout }), folder({ f: file("f") })]);
  await scene.tree.create(scene.tree.root, bytesOf("f"), plain);
  expect(await upperOf(scene)).toEqual({ f: "" });
  await scene.tree.unlink(scene.tree.root, bytesOf("f"));
  expect(await upperOf(scene)).toEqual({});
});
