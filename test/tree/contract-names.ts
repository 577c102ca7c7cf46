/** Making nodes, giving them names, and taking names away. */
import { expect, test } from "vitest";
import type { NewNode } from "../../src/tree/writable-file-tree.ts";
import { bytesOf } from "./memory-tree.ts";
import { expectCode, inodeOf, make, namesIn, type TreeFixture } from "./writable-tree-contract.ts";

const long = new Uint8Array(256).fill(0x78);

const kinds: readonly NewNode[] = [
  { type: "file", permissions: 0o4751, uid: 70_000, gid: 80_000 },
  { type: "directory", permissions: 0o1777 },
  { type: "fifo", permissions: 0 },
  { type: "socket", permissions: 0o600 },
  { type: "characterDevice", permissions: 0o666, deviceMajor: 1, deviceMinor: 3 },
  { type: "blockDevice", permissions: 0o660, deviceMajor: 4095, deviceMinor: 2 ** 20 - 1 },
  { type: "symlink", permissions: 0o777, target: bytesOf("../somewhere/else") },
];

export function testTreeNames(fixture: TreeFixture): void {
  testMaking(fixture);
  testKeeping(fixture);
  testTaking(fixture);
}

function testMaking(fixture: TreeFixture): void {
  test.each(kinds)("makes a $type", async (what) => {
    const { tree } = fixture;
    const node = await tree.create(tree.root, bytesOf("made"), what);
    const { target, ...expected } = what;
    const sizes = target ? { sizeBytes: target.length } : {};
    expect(await tree.getattr(node)).toMatchObject({ uid: 0, gid: 0, ...expected, ...sizes });
    expect(await inodeOf(fixture, "made")).toBe(node.inode);
    if (target) expect(await tree.readlink(node)).toEqual(target);
    else await expectCode(tree.readlink(node), "EINVAL");
  });

  test.each([1, 59, 60, 61, 100, 4095])("keeps a symlink's target of %i bytes", async (lengthBytes) => {
    const { tree } = fixture;
    const target = new Uint8Array(lengthBytes).fill(0x61);
    const what: NewNode = { type: "symlink", permissions: 0o777, target };
    const node = await tree.create(tree.root, bytesOf("link"), what);
    expect(await tree.readlink(node)).toEqual(target);
    expect((await tree.getattr(node)).sizeBytes).toBe(lengthBytes);
  });

  test("takes names as the bytes that they are", async () => {
    const { tree } = fixture;
    const names = [
      Uint8Array.of(0xff, 0x2e),
      long.subarray(1),
      bytesOf("__proto__"),
      bytesOf("..."),
      bytesOf("é"),
    ];
    for (const name of names) await tree.create(tree.root, name, { type: "file", permissions: 0o644 });
    const found: Uint8Array[] = [];
    for await (const { name } of tree.readdir(tree.root)) found.push(name);
    for (const name of names) {
      expect(found).toContainEqual(name);
      expect(await tree.lookup(tree.root, name)).toBeDefined();
    }
  });

  test("says why nothing is made", async () => {
    const { tree } = fixture;
    const file = await make(fixture, "file");
    await expectCode(make(fixture, "file"), "EEXIST");
    await expectCode(make(fixture, "file", tree.root, "directory"), "EEXIST");
    await expectCode(make(fixture, "below", file), "ENOTDIR");
    await expectCode(tree.create(tree.root, long, { type: "file", permissions: 0 }), "ENAMETOOLONG");
    const target = new Uint8Array(4096).fill(0x61);
    const link: NewNode = { type: "symlink", permissions: 0o777, target };
    await expectCode(tree.create(tree.root, bytesOf("link"), link), "ENAMETOOLONG");
    expect(await namesIn(fixture)).toEqual(["file"]);
  });
}

function testKeeping(fixture: TreeFixture): void {
  test("a set-group-id directory hands on its group, and to directories the bit", async () => {
    const { tree } = fixture;
    const parent = await tree.create(tree.root, bytesOf("d"), {
      type: "directory",
      permissions: 0o2755,
      gid: 42,
    });
    const file = await tree.create(parent, bytesOf("f"), { type: "file", permissions: 0o644, gid: 7 });
    const directory = await tree.create(parent, bytesOf("d"), {
      type: "directory",
      permissions: 0o700,
      gid: 7,
    });
    expect(await tree.getattr(file)).toMatchObject({ gid: 42, permissions: 0o644 });
    expect(await tree.getattr(directory)).toMatchObject({ gid: 42, permissions: 0o2700 });
  });

  test("keeps thousands of names", async () => {
    const { tree } = fixture;
    const names = Array.from({ length: 2000 }, (_, i) => `name of some length, number ${i}`);
    for (const name of names) await make(fixture, name);
    expect(await namesIn(fixture)).toEqual([...names].sort());
    for (const name of names.slice(0, 1900)) await tree.unlink(tree.root, bytesOf(name));
    expect(await namesIn(fixture)).toEqual(names.slice(1900).sort());
    expect(await inodeOf(fixture, names[0] as string)).toBeUndefined();
    expect(await inodeOf(fixture, names[1999] as string)).toBeDefined();
  });
}

function testTaking(fixture: TreeFixture): void {
  test("a link is one more name of the same node", async () => {
    const { tree } = fixture;
    const directory = await make(fixture, "d", tree.root, "directory");
    const node = await make(fixture, "one");
    await tree.link(node, directory, bytesOf("two"));
    expect(await inodeOf(fixture, "two", directory)).toBe(node.inode);
    expect((await tree.getattr(node)).linkCount).toBe(2);
    await tree.unlink(tree.root, bytesOf("one"));
    expect((await tree.getattr(node)).linkCount).toBe(1);
    expect(await namesIn(fixture)).toEqual(["d"]);
    await expectCode(tree.link(directory, tree.root, bytesOf("e")), "EPERM");
    await expectCode(tree.link(node, directory, bytesOf("two")), "EEXIST");
    await expectCode(tree.link(node, node, bytesOf("x")), "ENOTDIR");
    await expectCode(tree.link(node, directory, long), "ENAMETOOLONG");
  });

  test("symlinks, devices and sockets are linked themselves", async () => {
    const { tree } = fixture;
    for (const what of kinds.filter(({ type }) => type !== "directory")) {
      const node = await tree.create(tree.root, bytesOf(what.type), what);
      await tree.link(node, tree.root, bytesOf(`${what.type} again`));
      expect(await inodeOf(fixture, `${what.type} again`)).toBe(node.inode);
    }
  });

  test("takes away files by unlink and empty directories by rmdir alone", async () => {
    const { tree } = fixture;
    const directory = await make(fixture, "d", tree.root, "directory");
    await make(fixture, "f", directory);
    await expectCode(tree.unlink(tree.root, bytesOf("d")), "EISDIR");
    await expectCode(tree.rmdir(tree.root, bytesOf("d")), "ENOTEMPTY");
    await expectCode(tree.rmdir(directory, bytesOf("f")), "ENOTDIR");
    await expectCode(tree.unlink(directory, bytesOf("none")), "ENOENT");
    await expectCode(tree.rmdir(directory, bytesOf("none")), "ENOENT");
    await expectCode(tree.unlink(await make(fixture, "g"), bytesOf("f")), "ENOTDIR");
    await tree.unlink(directory, bytesOf("f"));
    await tree.rmdir(tree.root, bytesOf("d"));
    expect(await namesIn(fixture)).toEqual(["g"]);
  });

  test("counts a directory's links", async () => {
    const { tree, options } = fixture;
    const directory = await make(fixture, "d", tree.root, "directory");
    const count = async (): Promise<number> => (await tree.getattr(directory)).linkCount;
    const counts = [await count()];
    await make(fixture, "a", directory, "directory");
    await make(fixture, "b", directory, "directory");
    await make(fixture, "f", directory);
    counts.push(await count());
    await tree.rename(directory, bytesOf("a"), tree.root, bytesOf("a"));
    counts.push(await count());
    await tree.rmdir(directory, bytesOf("b"));
    counts.push(await count());
    if (options.countsSubdirectories === false) expect(counts[0]).toBeGreaterThan(0);
    else expect(counts).toEqual([2, 4, 3, 2]);
  });
}
