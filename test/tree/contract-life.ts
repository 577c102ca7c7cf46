/** What becomes of nodes without a name, of calls that meet, and of a closed tree. */
import { expect, test } from "vitest";
import { bytesOf } from "./memory-tree.ts";
import { expectCode, inodeOf, make, namesIn, type TreeFixture } from "./writable-tree-contract.ts";

export function testTreeLife(fixture: TreeFixture): void {
  testNameless(fixture);
  testMeeting(fixture);
  testEnding(fixture);
}

function testNameless(fixture: TreeFixture): void {
  test("a file without a name lives as long as it is open", async () => {
    const { tree } = fixture;
    const node = await make(fixture, "file");
    const [one, two] = [await tree.openWritable(node), await tree.openWritable(node)];
    await tree.unlink(tree.root, bytesOf("file"));
    await one.write(0, bytesOf("still here"));
    const into = new Uint8Array(10);
    expect([await two.read(0, into), into]).toEqual([10, bytesOf("still here")]);
    expect(await tree.getattr(node)).toMatchObject({ linkCount: 0, sizeBytes: 10 });
    await tree.setattr(node, { permissions: 0o600 });
    await expectCode(tree.link(node, tree.root, bytesOf("again")), "ENOENT");
    await one.close();
    expect((await tree.getattr(node)).permissions).toBe(0o600);
    await two.close();
    await expectCode(tree.getattr(node), "ESTALE");
    await expectCode(tree.openWritable(node), "ESTALE");
    expect(await namesIn(fixture)).toEqual([]);
  });

  test("a new node is never taken for one that is gone", async () => {
    const { tree } = fixture;
    const gone = await make(fixture, "one");
    await tree.unlink(tree.root, bytesOf("one"));
    for (let i = 0; i < 20; i++) await make(fixture, `new ${i}`);
    await expectCode(tree.getattr(gone), "ESTALE");
    await expectCode(tree.setattr(gone, { uid: 1 }), "ESTALE");
  });

  test("in a directory that was removed nothing is made", async () => {
    const { tree } = fixture;
    const directory = await make(fixture, "d", tree.root, "directory");
    const file = await make(fixture, "f");
    await tree.rmdir(tree.root, bytesOf("d"));
    await expectCode(make(fixture, "x", directory), "ENOENT");
    await expectCode(tree.link(file, directory, bytesOf("x")), "ENOENT");
    await expectCode(tree.rename(tree.root, bytesOf("f"), directory, bytesOf("x")), "ENOENT");
    await expectCode(tree.getattr(directory), "ESTALE");
    expect(await namesIn(fixture)).toEqual(["f"]);
  });

  test("space comes back with the last name and the last close", async () => {
    const { tree } = fixture;
    const before = await tree.statfs();
    const node = await make(fixture, "file");
    const file = await tree.openWritable(node);
    await file.write(0, new Uint8Array(200_000).fill(1));
    await tree.flush();
    expect((await tree.statfs()).freeBlocks).toBeLessThanOrEqual(before.freeBlocks - 48);
    await tree.unlink(tree.root, bytesOf("file"));
    await file.close();
    await tree.flush();
    const after = await tree.statfs();
    expect([after.freeBlocks, after.freeInodes]).toEqual([before.freeBlocks, before.freeInodes]);
  });
}

function testMeeting(fixture: TreeFixture): void {
  test("of calls that make one name at once one succeeds", async () => {
    const calls = Array.from({ length: 10 }, () => make(fixture, "one"));
    const outcomes = await Promise.allSettled(calls);
    const made = outcomes.filter(({ status }) => status === "fulfilled");
    const refused = outcomes.filter(
      (outcome) => outcome.status === "rejected" && outcome.reason.code === "EEXIST",
    );
    expect([made.length, refused.length]).toEqual([1, 9]);
    expect(await namesIn(fixture)).toEqual(["one"]);
  });

  test("while names are changed, listing gives those that stay once each", async () => {
    const { tree } = fixture;
    const stay = Array.from({ length: 300 }, (_, i) => `stays ${i}`);
    for (const name of stay) await make(fixture, name);
    for (let i = 0; i < 300; i++) await make(fixture, `goes ${i}`);
    const seen: string[] = [];
    let turn = 0;
    for await (const { name } of tree.readdir(tree.root)) {
      seen.push(new TextDecoder().decode(name));
      if (turn < 300) await tree.unlink(tree.root, bytesOf(`goes ${turn}`));
      if (turn < 300) await make(fixture, `comes ${turn}`);
      turn += 1;
    }
    expect(seen.filter((name) => name.startsWith("stays")).sort()).toEqual([...stay].sort());
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("a listing goes on after any entry, also when that is gone", async () => {
    const { tree } = fixture;
    for (let i = 0; i < 100; i++) await make(fixture, `n${i}`);
    const all: { name: string; cursor: number }[] = [];
    for await (const { name, cursor } of tree.readdir(tree.root)) {
      all.push({ name: new TextDecoder().decode(name), cursor });
    }
    for (const at of [0, 1, 50, all.length - 2, all.length - 1]) {
      const { name, cursor } = all[at] as (typeof all)[0];
      if (name.startsWith("n")) await tree.unlink(tree.root, bytesOf(name));
      const rest: string[] = [];
      for await (const entry of tree.readdir(tree.root, cursor))
        rest.push(new TextDecoder().decode(entry.name));
      const gone = await Promise.all(all.slice(at + 1).map((entry) => inodeOf(fixture, entry.name)));
      const expected = all.slice(at + 1).filter((_, i) => gone[i] !== undefined);
      expect(rest).toEqual(expected.map((entry) => entry.name));
    }
  });
}

function testEnding(fixture: TreeFixture): void {
  test("does nothing under a signal that is aborted", async () => {
    const { tree } = fixture;
    const node = await make(fixture, "file");
    const file = await tree.openWritable(node);
    const reason = new Error("never mind");
    const aborted = { signal: AbortSignal.abort(reason) };
    const [root, name] = [tree.root, bytesOf("x")];
    const calls: (() => Promise<unknown>)[] = [
      () => tree.create(root, name, { type: "file", permissions: 0 }, aborted),
      () => tree.link(node, root, name, aborted),
      () => tree.unlink(root, bytesOf("file"), aborted),
      () => tree.rmdir(root, name, aborted),
      () => tree.rename(root, bytesOf("file"), root, name, aborted),
      () => tree.setattr(node, { uid: 1 }, aborted),
      () => tree.setxattr(node, bytesOf("user.a"), name, aborted),
      () => tree.removexattr(node, bytesOf("user.a"), aborted),
      () => tree.openWritable(node, aborted),
      () => tree.flush(aborted),
      () => file.write(0, name, aborted),
      () => file.append(name, aborted),
      () => file.truncate(9, aborted),
      () => file.allocate(0, 9, aborted),
      () => file.punchHole(0, 9, aborted),
    ];
    for (const call of calls) await expect(call()).rejects.toBe(reason);
    await file.close();
    expect(await namesIn(fixture)).toEqual(["file"]);
    expect(await tree.getattr(node)).toMatchObject({ uid: 0, sizeBytes: 0 });
  });

  test("after it was closed, it takes no call, and closing again is no error", async () => {
    const { tree } = fixture;
    const node = await make(fixture, "file");
    const file = await tree.openWritable(node);
    await file.write(0, bytesOf("x"));
    await file.close();
    await file.close();
    const closed = { name: "StateError", code: "closed" };
    await expect(file.write(0, bytesOf("x"))).rejects.toMatchObject(closed);
    await tree.close();
    await tree.close();
    await expect(make(fixture, "x")).rejects.toMatchObject(closed);
    await expect(tree.unlink(tree.root, bytesOf("file"))).rejects.toMatchObject(closed);
    await expect(tree.setattr(node, {})).rejects.toMatchObject(closed);
    await expect(tree.openWritable(node)).rejects.toMatchObject(closed);
    await expect(tree.flush()).rejects.toMatchObject(closed);
    await expect(namesIn(fixture)).rejects.toMatchObject(closed);
  });
}
