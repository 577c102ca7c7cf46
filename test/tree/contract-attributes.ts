/** Attributes, times and extended attributes. */
import { expect, test } from "vitest";
import type { NodeAttributes, Timestamp } from "../../src/tree/attributes.ts";
import type { TreeNode } from "../../src/tree/file-tree.ts";
import { bytesOf } from "./memory-tree.ts";
import { expectCode, make, type TreeFixture } from "./writable-tree-contract.ts";

/** What a call changed of a node's times. */
async function timesChanged(
  { tree }: TreeFixture,
  node: TreeNode,
  call: () => Promise<unknown>,
): Promise<string> {
  const before = await tree.getattr(node);
  await call();
  const after = await tree.getattr(node);
  const changed = (key: "accessedAt" | "modifiedAt" | "changedAt" | "createdAt", sign: string): string =>
    isLater(after[key], before[key]) ? sign : "";
  return ["a", "m", "c", "b"]
    .map((sign, i) =>
      changed((["accessedAt", "modifiedAt", "changedAt", "createdAt"] as const)[i] ?? "createdAt", sign),
    )
    .join("");
}

function isLater(after: Timestamp | undefined, before: Timestamp | undefined): boolean {
  if (!after || !before) return false;
  return after.seconds > before.seconds || after.nanoseconds > before.nanoseconds;
}

export function testTreeAttributes(fixture: TreeFixture): void {
  testAttributes(fixture);
  testTimes(fixture);
  testXattrs(fixture);
}

function testAttributes(fixture: TreeFixture): void {
  test("changes what it is told to, and nothing else", async () => {
    const { tree } = fixture;
    const node = await make(fixture, "file");
    const before = await tree.getattr(node);
    const accessedAt = { seconds: -1n, nanoseconds: 1 };
    const modifiedAt = { seconds: 2n ** 33n, nanoseconds: 999_999_999 };
    const changes: Partial<NodeAttributes>[] = [
      { permissions: 0o7777 },
      { uid: 4_000_000_000 },
      { gid: 70_000 },
      { accessedAt },
      { modifiedAt },
      { permissions: 0, uid: 0, gid: 1, accessedAt: modifiedAt, modifiedAt: accessedAt },
    ];
    let expected = before;
    for (const change of changes) {
      await tree.setattr(node, change);
      const after = await tree.getattr(node);
      expected = { ...expected, ...change, changedAt: after.changedAt };
      expect(after).toEqual(expected);
    }
  });

  test.each([
    { permissions: 0o10000 },
    { permissions: -1 },
    { accessedAt: { seconds: 0n, nanoseconds: 10 ** 9 } },
  ])("refuses %o", async (change) => {
    const node = await make(fixture, "file");
    const before = await fixture.tree.getattr(node);
    await expectCode(fixture.tree.setattr(node, change), "EINVAL");
    expect(await fixture.tree.getattr(node)).toEqual(before);
  });
}

function testTimes(fixture: TreeFixture): void {
  test("calls move the times that they move on Linux", async () => {
    const { tree } = fixture;
    const directory = await make(fixture, "d", tree.root, "directory");
    const node = await make(fixture, "f", directory);
    const file = await tree.openWritable(node);
    const into = new Uint8Array(1);
    const onFile: [string, () => Promise<unknown>][] = [
      ["mc", () => file.write(0, bytesOf("x"))],
      ["mc", () => file.append(bytesOf("x"))],
      ["mc", () => file.truncate(1)],
      ["mc", () => file.allocate(0, 10)],
      ["mc", () => file.punchHole(0, 10)],
      ["", () => file.read(0, into)],
      ["c", () => tree.setattr(node, {})],
      ["c", () => tree.setxattr(node, bytesOf("user.a"), bytesOf("b"))],
      ["c", () => tree.removexattr(node, bytesOf("user.a"))],
      ["c", () => tree.link(node, directory, bytesOf("g"))],
      ["c", () => tree.rename(directory, bytesOf("g"), directory, bytesOf("h"))],
      ["c", () => tree.unlink(directory, bytesOf("h"))],
    ];
    for (const [times, call] of onFile)
      expect([String(call), await timesChanged(fixture, node, call)]).toEqual([String(call), times]);
    const onDirectory: [string, () => Promise<unknown>][] = [
      ["", () => tree.lookup(directory, bytesOf("f"))],
      ["mc", () => make(fixture, "g", directory)],
      ["mc", () => tree.rename(directory, bytesOf("g"), directory, bytesOf("h"))],
      ["mc", () => tree.link(node, directory, bytesOf("i"))],
      ["mc", () => tree.unlink(directory, bytesOf("h"))],
      ["mc", () => tree.rename(directory, bytesOf("i"), tree.root, bytesOf("i"))],
      ["mc", () => tree.rename(tree.root, bytesOf("i"), directory, bytesOf("j"))],
    ];
    for (const [times, call] of onDirectory) {
      expect([String(call), await timesChanged(fixture, directory, call)]).toEqual([String(call), times]);
    }
    await file.close();
  });

  test("a new node has the time of its making", async () => {
    const { tree, clock } = fixture;
    const before = clock.now();
    const node = await make(fixture, "file");
    const { accessedAt, modifiedAt, changedAt } = await tree.getattr(node);
    const after = clock.now();
    for (const time of [accessedAt, modifiedAt, changedAt]) {
      expect(isLater(time, before)).toBe(true);
      expect(isLater(after, time)).toBe(true);
      expect(time.nanoseconds).toBe(before.nanoseconds);
    }
  });
}

function testXattrs(fixture: TreeFixture): void {
  test("keeps extended attributes of every size and prefix", async () => {
    const { tree } = fixture;
    const node = await make(fixture, "file");
    const values: [string, Uint8Array][] = [
      ["user.empty", new Uint8Array(0)],
      ["trusted.some", bytesOf("bytes")],
      ["security.capability", Uint8Array.of(1, 0, 0, 2, ...new Uint8Array(16))],
      ["user.large", new Uint8Array(2000).fill(0xab)],
      ["user.__proto__", bytesOf("kept")],
    ];
    for (const [name, value] of values) await tree.setxattr(node, bytesOf(name), value);
    const decoder = new TextDecoder();
    const names = (await tree.listxattr(node)).map((name) => decoder.decode(name));
    expect(names.sort()).toEqual(values.map(([name]) => name).sort());
    for (const [name, value] of values) expect(await tree.getxattr(node, bytesOf(name))).toEqual(value);
    await tree.setxattr(node, bytesOf("user.large"), bytesOf("small"), { only: "replace" });
    expect(await tree.getxattr(node, bytesOf("user.large"))).toEqual(bytesOf("small"));
    for (const [name] of values) await tree.removexattr(node, bytesOf(name));
    expect(await tree.listxattr(node)).toEqual([]);
    expect(await tree.getxattr(node, bytesOf("user.large"))).toBeUndefined();
  });

  test("says why an extended attribute is not set", async () => {
    const { tree } = fixture;
    const node = await make(fixture, "file");
    const fifo = await make(fixture, "fifo", tree.root, "fifo");
    const [name, value] = [bytesOf("user.a"), bytesOf("value")];
    await expectCode(tree.removexattr(node, name), "ENODATA");
    await expectCode(tree.setxattr(node, name, value, { only: "replace" }), "ENODATA");
    await tree.setxattr(node, name, value, { only: "create" });
    await expectCode(tree.setxattr(node, name, value, { only: "create" }), "EEXIST");
    await expectCode(tree.setxattr(node, bytesOf("other.a"), value), "ENOTSUP");
    await expectCode(tree.removexattr(node, bytesOf("other.a")), "ENOTSUP");
    await expectCode(tree.setxattr(node, bytesOf(`user.${"n".repeat(251)}`), value), "ERANGE");
    await expectCode(tree.setxattr(node, name, new Uint8Array(65_537)), "E2BIG");
    await expectCode(tree.setxattr(fifo, name, value), "EPERM");
    await expectCode(tree.removexattr(fifo, name), "EPERM");
    await tree.setxattr(fifo, bytesOf("trusted.a"), value);
    expect(await tree.getxattr(node, name)).toEqual(value);
  });

  test("keeps nothing of the caller's memory, and hands out none of its own", async () => {
    const { tree } = fixture;
    const node = await make(fixture, "file");
    const value = bytesOf("value");
    await tree.setxattr(node, bytesOf("user.a"), value);
    value.fill(0);
    (await tree.getxattr(node, bytesOf("user.a")))?.fill(0);
    expect(await tree.getxattr(node, bytesOf("user.a"))).toEqual(bytesOf("value"));
    const name = bytesOf("name");
    await tree.create(tree.root, name, { type: "fifo", permissions: 0 });
    name.fill(0x7a);
    expect(await tree.lookup(tree.root, bytesOf("name"))).toBeDefined();
  });
}
