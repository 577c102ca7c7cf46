import { describe, expect, test } from "vitest";
import { FileError, FormatError, StateError, UsageError } from "../../src/errors.ts";
import { type OverlayOptions, type OverlayTree, openOverlay } from "../../src/overlay/index.ts";
import { TreeFiles } from "../../src/tree/tree-files.ts";
import { bytesOf, type MemoryNode, MemoryTree } from "../tree/memory-tree.ts";
import { failure, file, folder, opaque, whiteout } from "./overlay-scene.ts";

async function overlayOf(layers: readonly MemoryNode[], options: OverlayOptions = {}): Promise<OverlayTree> {
  return await openOverlay(
    layers.map((layer) => new MemoryTree(layer)),
    options,
  );
}

/** Everything in a tree: paths of directories with a slash, those of files with their content. */
async function listing(tree: OverlayTree): Promise<Record<string, string>> {
  const files = new TreeFiles(tree);
  const found: [string, string][] = [];
  for (const path of await files.readdir("/", { recursive: true })) {
    const stats = await files.lstat(path);
    found.push(
      stats.isDirectory() ? [`${path}/`, ""] : [path, await files.readFile(path, { encoding: "utf8" })],
    );
  }
  return Object.fromEntries(found.sort());
}

describe("merged directories", () => {
  test("show each name once, the topmost layer's", async () => {
    const tree = await overlayOf([
      folder({ a: file("top"), d: folder({ one: file("1") }) }),
      folder({ a: file("below"), b: file("b"), d: folder({ one: file("x"), two: file("2") }) }),
      folder({ d: folder({ three: file("3") }), c: file("c") }),
    ]);
    expect(await listing(tree)).toEqual({
      a: "top",
      b: "b",
      c: "c",
      "d/": "",
      "d/one": "1",
      "d/three": "3",
      "d/two": "2",
    });
  });

  test("whiteouts of both forms hide what is below, and are not shown", async () => {
    const tree = await overlayOf([
      folder({
        a: whiteout,
        b: file("", ["trusted.overlay.whiteout", ""]),
        gone: whiteout,
        d: folder({ x: whiteout }),
      }),
      folder({ a: file("a"), b: file("b"), c: file("c"), d: folder({ x: file("x"), y: file("y") }) }),
    ]);
    expect(await listing(tree)).toEqual({ c: "c", "d/": "", "d/y": "y" });
    expect(await tree.lookup(tree.root, bytesOf("a"))).toBeUndefined();
    expect(await tree.lookup(tree.root, bytesOf("gone"))).toBeUndefined();
  });

  test("an opaque directory hides what is below it, in the lowest layer too", async () => {
    const tree = await overlayOf([
      folder({ d: folder({ a: file("a") }) }),
      folder({ d: folder({ b: file("b"), e: folder({}) }, opaque) }),
      folder({ d: folder({ c: file("c"), e: folder({ f: file("f") }) }, opaque) }),
    ]);
    expect(await listing(tree)).toEqual({ "d/": "", "d/a": "a", "d/b": "b", "d/e/": "" });
  });

  test("a file ends a directory, and a directory hides a file; what is below both counts no more", async () => {
    const tree = await overlayOf([
      folder({ a: file("a"), b: folder({}) }),
      folder({ a: folder({ x: file("x") }), b: file("b") }),
      folder({ a: folder({ y: file("y") }), b: folder({ z: file("z") }) }),
    ]);
    expect(await listing(tree)).toEqual({ a: "a", "b/": "" });
  });

  test("have one number each, and a link count of 1", async () => {
    const tree = await overlayOf([
      folder({ d: folder({ a: file("") }), s: { ...folder({}), attributes: { linkCount: 2 } } }),
      folder({ d: folder({ b: file("") }), e: file("") }),
    ]);
    const files = new TreeFiles(tree);
    const paths = ["/", "/d", "/d/a", "/d/b", "/e", "/s"];
    const stats = await Promise.all(paths.map((path) => files.stat(path)));
    expect(new Set(stats.map(({ ino }) => ino)).size).toBe(paths.length);
    expect(stats.map(({ nlink }) => nlink)).toEqual([1, 1, 1, 1, 1, 2]);
  });

  test("go on from any cursor", async () => {
    const names = Array.from({ length: 50 }, (_, i) => `name ${i}`);
    const half = (from: number): MemoryNode =>
      folder(Object.fromEntries(names.slice(from, from + 30).map((name) => [name, file(name)])));
    const tree = await overlayOf([half(0), half(20)]);
    const whole: { name: string; cursor: number }[] = [];
    for await (const { name, cursor } of tree.readdir(tree.root)) {
      whole.push({ name: new TextDecoder().decode(name), cursor });
    }
    expect(whole.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const [index, { cursor }] of whole.entries()) {
      const rest: string[] = [];
      for await (const { name } of tree.readdir(tree.root, cursor)) rest.push(new TextDecoder().decode(name));
      expect(rest).toEqual(whole.slice(index + 1).map(({ name }) => name));
    }
    await expect(tree.readdir(tree.root, -1)[Symbol.asyncIterator]().next()).rejects.toThrow(FileError);
  });
});

test("nodes are the same as long as they are held, by whatever way they were found", async () => {
  const tree = await overlayOf([folder({ a: file("a") })], { keptNames: 1 });
  const held = await tree.lookup(tree.root, bytesOf("a"));
  expect(await tree.lookup(tree.root, bytesOf("b"))).toBeUndefined();
  expect(await tree.lookup(tree.root, bytesOf("a"))).toBe(held);
  for await (const { node } of tree.readdir(tree.root)) expect(node).toBe(held);
});

describe("marks of overlayfs", () => {
  const marked = file(
    "x",
    ["trusted.overlay.origin", "o"],
    ["trusted.overlay.overlay.opaque", "y"],
    ["trusted.overlay.overlay.overlay.x", "z"],
    ["user.a", "b"],
  );

  test("are not shown, but for those that are kept for an overlay of this one", async () => {
    const tree = await overlayOf([folder({ a: marked })]);
    const node = await tree.lookup(tree.root, bytesOf("a"));
    if (node === undefined) throw new Error("a is gone");
    const shown = (await tree.listxattr(node)).map((name) => new TextDecoder().decode(name));
    expect(shown).toEqual(["trusted.overlay.opaque", "trusted.overlay.overlay.x", "user.a"]);
    expect(await tree.getxattr(node, bytesOf("trusted.overlay.opaque"))).toEqual(bytesOf("y"));
    expect(await tree.getxattr(node, bytesOf("trusted.overlay.origin"))).toBeUndefined();
  });

  const redirected = [
    folder({ new: folder({ a: file("a") }, ["trusted.overlay.redirect", "old"]), old: whiteout }),
    folder({ old: folder({ b: file("b") }), new: folder({ c: file("c") }) }),
  ];

  test("a redirect is refused unless it is asked to be followed, but is listed", async () => {
    const tree = await overlayOf(redirected);
    const error = await failure(tree.lookup(tree.root, bytesOf("new")));
    expect(error).toMatchObject({ name: "FileError", code: "EPERM" });
    const entries = [];
    for await (const { name, node, type } of tree.readdir(tree.root)) {
      entries.push([new TextDecoder().decode(name), type, await failure(tree.getattr(node))]);
    }
    expect(entries).toEqual([["new", "directory", error]]);
    expect(await listing(await overlayOf(redirected, { followRedirects: true }))).toEqual({
      "new/": "",
      "new/a": "a",
      "new/b": "b",
    });
  });

  test("a redirect leads to a path from the roots of the layers below", async () => {
    const layers = [
      folder({ p: folder({ new: folder({}, ["trusted.overlay.redirect", "/q/old"]) }, opaque) }),
      folder({ q: folder({ old: folder({ b: file("b") }, ["trusted.overlay.redirect", "/r"]) }) }),
      folder({ r: folder({ c: file("c") }), q: folder({ old: folder({ d: file("d") }) }) }),
    ];
    const tree = await overlayOf(layers, { followRedirects: true });
    expect(Object.keys(await listing(tree)).filter((path) => path.startsWith("p"))).toEqual([
      "p/",
      "p/new/",
      "p/new/b",
      "p/new/c",
    ]);
  });

  test.each(["", "/", "a/b", "/a//b", "/a/", "..", "/../a"])("the redirect %j is refused", async (target) => {
    const layers = [folder({ d: folder({}, ["trusted.overlay.redirect", target]) }), folder({})];
    const tree = await overlayOf(layers, { followRedirects: true });
    expect(await failure(tree.lookup(tree.root, bytesOf("d")))).toBeInstanceOf(FormatError);
  });

  const bare = { ...file("", ["trusted.overlay.metacopy", ""]), attributes: { sizeBytes: 4, uid: 7 } };

  test("a file without content is refused unless its content is asked to be followed", async () => {
    const layers = [folder({ a: bare }), folder({ a: bare }), folder({ a: file("text") })];
    const refusing = await overlayOf(layers);
    expect(await failure(refusing.lookup(refusing.root, bytesOf("a")))).toMatchObject({ code: "EPERM" });
    const tree = await overlayOf(layers, { metacopy: true });
    const files = new TreeFiles(tree);
    expect(await files.readFile("/a", { encoding: "utf8" })).toBe("text");
    expect((await files.stat("/a")).uid).toBe(7);
  });

  test.each([
    ["nothing", undefined],
    ["a directory", folder({})],
    ["a whiteout", whiteout],
  ])("a file without content over %s is malformed", async (_, below) => {
    const layers = [folder({ a: bare }), folder(below ? { a: below } : {})];
    const tree = await overlayOf(layers, { metacopy: true });
    expect(await failure(tree.lookup(tree.root, bytesOf("a")))).toMatchObject({
      name: "FormatError",
      code: "missing-target",
    });
  });
});

describe("many layers", () => {
  test("of 512, each with a file, a directory of its own and its part of a common one", async () => {
    const count = 512;
    const layers = Array.from({ length: count }, (_, i) =>
      folder({
        [`f${i}`]: file(`${i}`),
        [`d${i}`]: folder({}),
        common: folder({ [`c${i}`]: file(""), same: file(`${i}`) }),
      }),
    );
    const tree = await overlayOf(layers);
    const found = await listing(tree);
    expect(Object.keys(found).length).toBe(3 * count + 2);
    expect(found["common/same"]).toBe("0");
    expect(found["f511"]).toBe("511");
  });

  test("are not asked again for what is remembered", async () => {
    let lookups = 0;
    class Counting extends MemoryTree {
      override lookup(...rest: Parameters<MemoryTree["lookup"]>): ReturnType<MemoryTree["lookup"]> {
        lookups += 1;
        return super.lookup(...rest);
      }
    }
    const trees = Array.from({ length: 128 }, () => new Counting(folder({ d: folder({}) })));
    const tree = await openOverlay([...trees, new Counting(folder({ d: folder({ deep: file("x") }) }))]);
    const files = new TreeFiles(tree);
    await files.stat("/d/deep");
    await failure(files.stat("/d/none"));
    const first = lookups;
    for (let i = 0; i < 10; i++) {
      await files.stat("/d/deep");
      await failure(files.stat("/d/none"));
    }
    expect({ first, later: lookups - first }).toEqual({ first: 3 * 129, later: 0 });
  });
});

test("an error from below passes unchanged, and the next call is served", async () => {
  let broken = true;
  const error = new FormatError("bad-checksum", "broken");
  class Broken extends MemoryTree {
    override async lookup(...rest: Parameters<MemoryTree["lookup"]>): ReturnType<MemoryTree["lookup"]> {
      if (broken) throw error;
      return await super.lookup(...rest);
    }
  }
  const tree = await openOverlay([new MemoryTree(folder({})), new Broken(folder({ a: file("a") }))]);
  expect(await failure(tree.lookup(tree.root, bytesOf("a")))).toBe(error);
  broken = false;
  expect(await tree.lookup(tree.root, bytesOf("a"))).toBeDefined();
});

test("numbers past what can be counted are refused", async () => {
  class Far extends MemoryTree {
    override async lookup(): Promise<{ inode: number }> {
      return { inode: Number.MAX_SAFE_INTEGER };
    }
    override async getattr(): ReturnType<MemoryTree["getattr"]> {
      return await super.getattr(this.root);
    }
  }
  const tree = await openOverlay([new Far(folder({}))]);
  expect(await failure(tree.lookup(tree.root, bytesOf("a")))).toMatchObject({ code: "unsupported" });
});

test("calls after close, and calls with another tree's nodes, are refused", async () => {
  expect(await failure(openOverlay([]))).toBeInstanceOf(UsageError);
  const tree = await overlayOf([folder({ a: file("a") })]);
  expect(await failure(tree.getattr({ inode: 3 }))).toBeInstanceOf(UsageError);
  const aborted = AbortSignal.abort("enough");
  expect(await failure(tree.getattr(tree.root, { signal: aborted }))).toBe("enough");
  expect(await tree.statfs()).toMatchObject({ magic: 0x794c7630 });
  await tree.close();
  await tree.close();
  expect(await failure(tree.getattr(tree.root))).toBeInstanceOf(StateError);
});
