/** An upper that fails at its n-th change: each call happens whole or not at all, and the overlay goes on. */
import { expect, test } from "vitest";
import { DeviceError } from "../../src/errors.ts";
import { type OverlayTree, openOverlay } from "../../src/overlay/index.ts";
import type { WritableFileTree } from "../../src/tree/writable-file-tree.ts";
import { bytesOf, MemoryTree } from "../tree/memory-tree.ts";
import { WritableMemoryTree } from "../tree/writable-memory-tree.ts";
import { contentsOf, failure, file, folder, nodeAt } from "./overlay-scene.ts";

const directory = { type: "directory", permissions: 0o755 } as const;
const changing = new Set([
  "create",
  "link",
  "unlink",
  "rmdir",
  "rename",
  "setattr",
  "setxattr",
  "removexattr",
]);
const error = new DeviceError("device-failed", "broken");

/** A tree whose changes fail from a certain one on, as many of them as are told. */
class Failing {
  changes = 0;
  failAt = Number.POSITIVE_INFINITY;
  failures = 1;
  readonly tree: WritableFileTree;

  constructor(tree: WritableFileTree) {
    this.tree = new Proxy(tree, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        const call = value.bind(target) as (...rest: unknown[]) => unknown;
        if (!changing.has(String(key))) return call;
        return async (...rest: unknown[]) => {
          this.changes += 1;
          if (this.changes >= this.failAt && this.changes < this.failAt + this.failures) throw error;
          return await call(...rest);
        };
      },
    });
  }
}

/** What is called; each works on the tree as it is in the beginning. */
const calls: readonly (readonly [name: string, call: (tree: OverlayTree) => Promise<unknown>])[] = [
  ["copying up", async (tree) => (await tree.openWritable(await nodeAt(tree, "d/e/f"))).close()],
  [
    "linking",
    async (tree) => tree.link(await nodeAt(tree, "d/g"), await nodeAt(tree, "d/e"), bytesOf("new")),
  ],
  ["removing a file", async (tree) => tree.unlink(await nodeAt(tree, "d"), bytesOf("g"))],
  ["removing a directory", async (tree) => tree.rmdir(await nodeAt(tree, "d"), bytesOf("whiteouts"))],
  ["making a directory over a whiteout", async (tree) => tree.create(tree.root, bytesOf("gone"), directory)],
  [
    "making a file",
    async (tree) => tree.create(await nodeAt(tree, "d/e"), bytesOf("n"), { type: "file", permissions: 0 }),
  ],
  [
    "renaming a file",
    async (tree) => tree.rename(await nodeAt(tree, "d"), bytesOf("g"), tree.root, bytesOf("gone")),
  ],
  [
    "renaming over a directory",
    async (tree) => tree.rename(tree.root, bytesOf("up"), await nodeAt(tree, "d"), bytesOf("whiteouts")),
  ],
  [
    "exchanging",
    async (tree) =>
      tree.rename(await nodeAt(tree, "d"), bytesOf("g"), tree.root, bytesOf("up"), { onto: "exchange" }),
  ],
];

async function start(): Promise<{ failing: Failing; open: () => Promise<OverlayTree> }> {
  const lower = folder({
    d: folder({ e: folder({ f: file("text") }), g: file("g"), whiteouts: folder({ a: file("") }) }),
    gone: file("gone"),
  });
  const failing = new Failing(new WritableMemoryTree());
  const { tree } = failing;
  const upper = await tree.create(tree.root, bytesOf("upper"), directory);
  const work = await tree.create(tree.root, bytesOf("work"), directory);
  const open = (): Promise<OverlayTree> =>
    openOverlay([new MemoryTree(lower)], { upper: { tree, upper, work } });
  const overlay = await open();
  await overlay.unlink(overlay.root, bytesOf("gone"));
  await overlay.unlink(await nodeAt(overlay, "d/whiteouts"), bytesOf("a"));
  const up = await overlay.create(overlay.root, bytesOf("up"), directory);
  await overlay.create(up, bytesOf("in"), { type: "fifo", permissions: 0 });
  await overlay.close();
  return { failing, open };
}

test.each(calls)("%s that fails at any change happens whole or not at all", async (_, call) => {
  const first = await start();
  const done = await first.open();
  const before = await contentsOf(done);
  const changesBefore = first.failing.changes;
  await call(done);
  const after = await contentsOf(done);
  expect(after).toEqual(await contentsOf(await first.open()));
  const changes = first.failing.changes - changesBefore;
  for (const failures of [1, 1000]) {
    for (let n = 1; n <= changes; n++) {
      const { failing, open } = await start();
      const tree = await open();
      failing.failAt = failing.changes + n;
      failing.failures = failures;
      const outcome = await failure(call(tree));
      const now = await contentsOf(tree);
      expect(now).toEqual(outcome === error ? before : after);
      failing.failAt = Number.POSITIVE_INFINITY;
      if (outcome === error && n % 2 === 0) await call(tree);
      // What was forgotten in the work directory does no harm, and the upper says what users see.
      const last = await contentsOf(tree);
      expect(last).toEqual(outcome === error && n % 2 === 1 ? before : after);
      expect(await contentsOf(await open())).toEqual(last);
    }
  }
});
