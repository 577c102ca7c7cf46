import { describe, expect, test } from "vitest";
import { DeviceError } from "../../src/errors.ts";
import { openOverlay } from "../../src/overlay/index.ts";
import { bytesOf, type MemoryNode, MemoryTree } from "../tree/memory-tree.ts";
import { WritableMemoryTree } from "../tree/writable-memory-tree.ts";
import {
  codeOf,
  contentsOf,
  failure,
  file,
  folder,
  layers,
  nodeAt,
  sceneOf,
  textOf,
  upperOf,
  write,
} from "./overlay-scene.ts";

const moment = { seconds: 1_234n, nanoseconds: 5 };
const plain = { type: "file", permissions: 0o644 } as const;
const directory = { type: "directory", permissions: 0o755 } as const;

describe("copying up", () => {
  test("keeps mode, owner, times and attributes, and takes the directories on the way", async () => {
    const attributes = { permissions: 0o4751, uid: 3, gid: 4, accessedAt: moment, modifiedAt: moment };
    const inner: MemoryNode = {
      ...file("text", ["user.a", "1"], ["trusted.overlay.redirect", "x"]),
      attributes,
    };
    const scene = await sceneOf([folder({ d: { ...folder({ e: folder({ f: inner }) }), attributes } })]);
    const { tree, below, upper } = scene;
    const node = await nodeAt(tree, "d/e/f");
    const { inode } = await tree.getattr(node);
    await (await tree.openWritable(node)).close();
    expect(await upperOf(scene)).toEqual({
      d: "directory +impure +origin",
      "d/e": "directory +impure +origin",
      "d/e/f": "text +origin +user.a",
    });
    expect(await below.getattr(await nodeAt(below, "d/e/f", upper))).toMatchObject(attributes);
    expect(await below.getattr(await nodeAt(below, "d", upper))).toMatchObject(attributes);
    expect(await tree.getattr(node)).toMatchObject({ ...attributes, inode });
    expect((await tree.lookup(await nodeAt(tree, "d/e"), bytesOf("f")))?.inode).toBe(inode);
    const again = await scene.reopen();
    expect((await nodeAt(again, "d/e/f")).inode).toBe(inode);
  });

  test("keeps holes, and of every type what it is", async () => {
    class Sparse extends MemoryTree {
      override async open(node: { inode: number }): ReturnType<MemoryTree["open"]> {
        const opened = await super.open(node);
        const lengthBytes = 4096;
        const nextData = async (
          at: number,
        ): Promise<{ offsetBytes: number; lengthBytes: number } | undefined> =>
          at <= 8192
            ? { offsetBytes: Math.max(at, 8192), lengthBytes: lengthBytes - Math.max(at - 8192, 0) }
            : undefined;
        return { ...opened, nextData };
      }
    }
    const content = new Uint8Array(65_536);
    content.fill(7, 8192, 12_288);
    const lower = new Sparse(
      folder({
        sparse: { content },
        s: { target: "where" },
        p: { type: "fifo" },
        k: { type: "socket" },
        b: { type: "blockDevice", attributes: { deviceMajor: 8, deviceMinor: 1 } },
      }),
    );
    const below = new WritableMemoryTree();
    const upper = await below.create(below.root, bytesOf("upper"), directory);
    const work = await below.create(below.root, bytesOf("work"), directory);
    const tree = await openOverlay([lower], { upper: { tree: below, upper, work } });
    for (const name of ["sparse", "s", "p", "k", "b"])
      await tree.setattr(await nodeAt(tree, name), { uid: 9 });
    const sparse = await nodeAt(below, "sparse", upper);
    expect(await below.getattr(sparse)).toMatchObject({ sizeBytes: 65_536, allocatedBytes: 4096, uid: 9 });
    const read = new Uint8Array(65_536);
    await (await below.open(sparse)).read(0, read);
    expect(read).toEqual(content);
    expect(await below.readlink(await nodeAt(below, "s", upper))).toEqual(bytesOf("where"));
    expect(await below.getattr(await nodeAt(below, "b", upper))).toMatchObject({
      deviceMajor: 8,
      deviceMinor: 1,
    });
    const types = await Promise.all(
      ["p", "k"].map(async (name) => (await below.getattr(await nodeAt(below, name, upper))).type),
    );
    expect(types).toEqual(["fifo", "socket"]);
  });

  test("parts the names of a file", async () => {
    const scene = await sceneOf(layers());
    const { tree } = scene;
    const [one, two] = [await nodeAt(tree, "one"), await nodeAt(tree, "two")];
    expect(one.inode).toBe(two.inode);
    await write(tree, "one", "changed");
    expect([await textOf(tree, one), await textOf(tree, two)]).toEqual(["changed", "linked"]);
    expect(one.inode).not.toBe(two.inode);
    expect((await tree.getattr(one)).inode).toBe(one.inode);
    expect(await upperOf(scene)).toEqual({ one: "changed" });
  });

  test("files that are open see it, and go on when the name is gone", async () => {
    const { tree } = await sceneOf(layers());
    const node = await nodeAt(tree, "d/top");
    const reader = await tree.open(node);
    await write(tree, "d/top", "new text");
    const into = new Uint8Array(8);
    expect([await reader.read(0, into), into]).toEqual([8, bytesOf("new text")]);
    await tree.unlink(await nodeAt(tree, "d"), bytesOf("top"));
    expect(await reader.read(0, into)).toBe(8);
    expect(await tree.getattr(node)).toMatchObject({ linkCount: 0 });
    await reader.close();
    expect(await codeOf(tree.getattr(node))).toBe("ESTALE");
  });

  test("of a file without a name is refused; it stays readable while it is open", async () => {
    const { tree } = await sceneOf(layers());
    const node = await nodeAt(tree, "g");
    const reader = await tree.open(node);
    await tree.unlink(tree.root, bytesOf("g"));
    expect(await reader.read(0, new Uint8Array(5))).toBe(1);
    expect(await codeOf(tree.setattr(node, { uid: 1 }))).toBe("EEXIST");
    expect(await codeOf(tree.openWritable(node))).toBe("EEXIST");
    await reader.close();
    expect(await codeOf(tree.open(node))).toBe("ESTALE");
  });

  test("happens once, however many ask for it", async () => {
    let opened = 0;
    class Counting extends MemoryTree {
      override open(node: { inode: number }): ReturnType<MemoryTree["open"]> {
        opened += 1;
        return super.open(node);
      }
    }
    const below = new WritableMemoryTree();
    const upper = await below.create(below.root, bytesOf("upper"), directory);
    const work = await below.create(below.root, bytesOf("work"), directory);
    const tree = await openOverlay([new Counting(folder({ f: file("abc") }))], {
      upper: { tree: below, upper, work },
    });
    const node = await nodeAt(tree, "f");
    const files = await Promise.all(Array.from({ length: 10 }, () => tree.openWritable(node)));
    await Promise.all(files.map((each, i) => each.write(3 + i, bytesOf(`${i}`))));
    expect([opened, await textOf(tree, node)]).toEqual([1, "abc0123456789"]);
    await Promise.all(files.map((each) => each.close()));
    expect(below.openFiles).toBe(0);
  });

  test("that fails shows nothing, and leaves nothing", async () => {
    const scene = await sceneOf([folder({ d: folder({ f: file("x".repeat(20_000)) }) })], {
      below: new WritableMemoryTree({ limitPages: 3 }),
    });
    const { tree } = scene;
    const node = await nodeAt(tree, "d/f");
    expect(await codeOf(tree.openWritable(node))).toBe("ENOSPC");
    expect(await upperOf(scene)).toEqual({ d: "directory +impure +origin" });
    expect((await tree.getattr(node)).sizeBytes).toBe(20_000);
    await tree.create(tree.root, bytesOf("next"), plain);
  });

  test("that a lower layer's device fails passes its error on", async () => {
    const error = new DeviceError("device-failed", "broken");
    class Broken extends MemoryTree {
      override async open(): ReturnType<MemoryTree["open"]> {
        throw error;
      }
    }
    const below = new WritableMemoryTree();
    const tree = await openOverlay([new Broken(folder({ f: file("abc") }))], {
      upper: {
        tree: below,
        upper: await below.create(below.root, bytesOf("upper"), directory),
        work: await below.create(below.root, bytesOf("work"), directory),
      },
    });
    expect(await failure(tree.openWritable(await nodeAt(tree, "f")))).toBe(error);
    expect(Object.keys(await contentsOf(below))).toEqual(["upper", "work", "work/work"]);
  });
});
