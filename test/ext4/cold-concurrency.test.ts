/**
 * Many calls at once on a tree of which nothing is in memory: they answer and leave what they do one after the other,
 * none takes from another what that needs, one that is aborted disturbs no other, and closing waits for all.
 */
import { describe, expect, test } from "vitest";
import { FileError } from "../../src/errors.ts";
import type { WritableExt4Options, WritableExt4Tree } from "../../src/ext4/writable-ext4-tree.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { TreeNode } from "../../src/tree/file-tree.ts";
import { bytesOf } from "../tree/memory-tree.ts";
import {
  answerOf,
  type ColdCall,
  formatted,
  longName,
  make,
  makeDirectory,
  openCold,
  SetClock,
  write,
} from "./cold-calls.ts";
import { tiny } from "./cold-costs.ts";
import { type Chunks, ColdDevice, complaintsOfChunks, differingChunks } from "./cold-device.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

const sizeBytes = 32 << 20;
const directories = 20;
const namesEach = 90;
const plain = { type: "file", permissions: 0o644 } as const;

/** Directories with an index, each with many empty files and one that has content. */
async function manyDirectories(): Promise<Chunks> {
  const device = new ColdDevice(sizeBytes, await formatted(sizeBytes, 4096));
  const tree = await openCold(device, new SetClock());
  for (let i = 0; i < directories; i++) {
    const names = Array.from({ length: namesEach }, (_, n) => make(`d${i}/${longName(n)}`));
    const calls = [
      makeDirectory(`d${i}`),
      ...names,
      make(`d${i}/content`),
      write(`d${i}/content`, 100 * i, 9000),
    ];
    for (const call of calls) await call.run(tree);
  }
  await tree.close();
  return device.content();
}

const whenMade = manyDirectories();

/** A call on a directory that is known by its listing alone. */
type DirectoryCall = (tree: WritableExt4Tree, directory: TreeNode, i: number) => Promise<unknown>;

async function namesOf(tree: WritableExt4Tree, directory: TreeNode): Promise<string> {
  const names: string[] = [];
  for await (const { name, node } of tree.readdir(directory)) names.push(`${node.inode} ${bytesText(name)}`);
  return names.join(", ");
}

const bigintText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}` : value);

const bytesText = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

async function contentOf(tree: WritableExt4Tree, directory: TreeNode): Promise<string> {
  const node = await tree.lookup(directory, bytesOf("content"));
  if (node === undefined) throw new FileError("ENOENT", "open");
  const file = await tree.open(node);
  const into = new Uint8Array(20_000);
  const readBytes = await file.read(0, into);
  await file.close();
  return bytesText(into.subarray(0, readBytes));
}

/** Each of one call to the tree, whose turn is that of the call. */
const shortReaders: readonly DirectoryCall[] = [
  async (tree, directory, i) => (await tree.lookup(directory, bytesOf(longName(i % namesEach))))?.inode,
  async (tree, directory) => (await tree.lookup(directory, bytesOf("absent"))) === undefined,
  async (tree, directory) => JSON.stringify(await tree.getattr(directory), bigintText),
];

/** Each of many calls, so that changes may come between them. */
const longReaders: readonly DirectoryCall[] = [namesOf, contentOf];

const writers: readonly DirectoryCall[] = [
  async (tree, directory, i) => (await tree.create(directory, bytesOf(`new ${i}`), plain)).inode,
  async (tree, directory, i) => tree.unlink(directory, bytesOf(longName(i % namesEach))),
  async (tree, directory, i) =>
    tree.rename(directory, bytesOf(longName((i + 1) % namesEach)), directory, bytesOf(`renamed ${i}`)),
  async (tree, directory, i) => tree.setxattr(directory, bytesOf("user.large"), new Uint8Array(1000).fill(i)),
];

interface Opened {
  readonly tree: WritableExt4Tree;
  readonly device: ColdDevice;
  /** Nodes of the directories, of which nothing else was read. */
  readonly nodes: readonly TreeNode[];
}

async function open(options: WritableExt4Options = {}): Promise<Opened> {
  const device = new ColdDevice(sizeBytes, await whenMade);
  const tree = await openCold(device, new SetClock(), options);
  const nodes: TreeNode[] = [];
  for await (const { name, node } of tree.readdir(tree.root))
    if (bytesText(name).startsWith("d")) nodes.push(node);
  return { tree, device, nodes };
}

/** Reads take turns of the event loop, some more than others. */
function delayReads(device: ColdDevice, seed: number): void {
  const random = new SeededRandom(seed);
  device.onRead = async () => {
    for (let turns = random.below(4); turns > 0; turns--) await new Promise((done) => setImmediate(done));
  };
}

function answer(tree: WritableExt4Tree, call: DirectoryCall, node: TreeNode, i: number): Promise<unknown> {
  const coldCall: ColdCall = { name: `${i}`, run: () => call(tree, node, i) };
  return answerOf(tree, coldCall);
}

interface PlacedCall {
  readonly call: DirectoryCall;
  /** The number of its directory. */
  readonly at: number;
}

/** So many calls, those that come in turns in the first half of the directories, and long ones in the second. */
function mixedCalls(count: number, turns: readonly DirectoryCall[]): PlacedCall[] {
  const random = new SeededRandom(count);
  const half = directories / 2;
  return Array.from({ length: count }, (_, i) =>
    i % 3 === 0
      ? { call: random.pick(longReaders), at: half + random.below(half) }
      : { call: random.pick(turns), at: random.below(half) },
  );
}

describeWithLoopMounts("calls at once on a cold tree", () => {
  test.each<[string, WritableExt4Options]>([
    ["", {}],
    [" with the smallest cache", tiny],
  ])("are as one after the other%s", async (_, options) => {
    const calls = mixedCalls(60, [...shortReaders, ...writers]);
    const single = await open(options);
    const expected: unknown[] = [];
    for (const [i, { call, at }] of calls.entries()) {
      expected.push(await answer(single.tree, call, single.nodes[at] as TreeNode, i));
    }
    await single.tree.close();
    for (const seed of [1, 2]) {
      const { tree, device, nodes } = await open(options);
      delayReads(device, seed);
      const seen = await Promise.all(
        calls.map(({ call, at }, i) => answer(tree, call, nodes[at] as TreeNode, i)),
      );
      expect(seen).toEqual(expected);
      await tree.close();
      // What waits is written sooner or later where there is room for little.
      if (options !== tiny) expect(differingChunks(device.content(), single.device.content())).toEqual([]);
      expect(complaintsOfChunks(sizeBytes, device.content())).toBe("");
    }
  });
});

describe("calls under way on a cold tree", () => {
  test("that need more than the cache has do not take it from each other for ever", async () => {
    const calls = mixedCalls(100, shortReaders);
    const alone = await open(tiny);
    const readsBefore = alone.device.reads;
    for (const [i, { call, at }] of calls.entries())
      await answer(alone.tree, call, alone.nodes[at] as TreeNode, i);
    const reads = alone.device.reads - readsBefore;
    const { tree, device, nodes } = await open(tiny);
    delayReads(device, 3);
    device.mostReads = device.reads + 6 * reads + 200;
    const seen = await Promise.all(
      calls.map(({ call, at }, i) => answer(tree, call, nodes[at] as TreeNode, i)),
    );
    expect(seen).toHaveLength(calls.length);
    await tree.close();
  });

  test("are waited for when the tree is closed", async () => {
    const { tree, device, nodes } = await open();
    let letGo = (): void => undefined;
    const gate = new Promise<void>((done) => {
      letGo = done;
    });
    device.onRead = () => gate;
    const calls = mixedCalls(30, writers).filter(({ call }) => !longReaders.includes(call));
    const answers = Promise.all(calls.map(({ call, at }, i) => answer(tree, call, nodes[at] as TreeNode, i)));
    let closed = false;
    const closing = tree.close().then(() => {
      closed = true;
    });
    for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
    expect(closed).toBe(false);
    await expect(tree.getattr(tree.root)).rejects.toMatchObject({ code: "closed" });
    letGo();
    expect(await answers).toHaveLength(calls.length);
    await closing;
    const again = await openCold(device, new SetClock());
    const created = calls.findIndex(({ call }) => call === writers[0]);
    const directory = nodes[calls[created]?.at as number] as TreeNode;
    expect(await again.lookup({ inode: directory.inode }, bytesOf(`new ${created}`))).toBeDefined();
    await again.close();
  });

  test("that wait for the same blocks do not mind one of them being aborted", async () => {
    for (let failsAt = 1; failsAt <= 4; failsAt++) {
      const { tree, device, nodes } = await open();
      const [node] = nodes as [TreeNode];
      const controller = new AbortController();
      const reason = new Error("enough");
      const start = device.reads;
      device.onRead = async (read) => {
        await new Promise((done) => setImmediate(done));
        if (read - start === failsAt) controller.abort(reason);
      };
      const { signal } = controller;
      const aborted = tree.lookup(node, bytesOf(longName(7)), { signal });
      const others = [1, 2, 3].map(() => tree.lookup(node, bytesOf(longName(7))));
      const listing = namesOf(tree, node);
      const made = tree.create(node, bytesOf("made"), plain);
      const outcome = await aborted.then(
        () => "done",
        (error: unknown) => error,
      );
      expect(["done", reason]).toContain(outcome);
      const inodes = (await Promise.all(others)).map((found) => found?.inode);
      expect(inodes[0]).toBeGreaterThan(11);
      expect(new Set(inodes).size).toBe(1);
      // What was made may be among them, and its inode is a new one.
      const { inode } = await made;
      const listed = (await listing).split(", ").filter((entry) => entry !== `${inode} made`);
      expect(listed).toHaveLength(namesEach + 1);
      await tree.close();
    }
  });

  test("that wait for the same blocks fail with what each of them met", async () => {
    const { tree, device, nodes } = await open();
    const [node] = nodes as [TreeNode];
    const failures: unknown[] = [];
    device.onRead = async () => {
      await new Promise((done) => setImmediate(done));
      failures.push(new Error(`failure ${failures.length}`));
      throw failures.at(-1);
    };
    const calls = Array.from({ length: 10 }, (_, i) => tree.lookup(node, bytesOf(longName(i))));
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome.status).toBe("rejected");
      expect(failures).toContain((outcome as PromiseRejectedResult).reason);
    }
    device.onRead = () => undefined;
    expect(await tree.lookup(node, bytesOf(longName(3)))).toBeDefined();
    await tree.close();
  });
});
