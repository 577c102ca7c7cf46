/** Random lists of calls: a tree answers and ends up as the memory tree does. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileError } from "../../src/errors.ts";
import type { NodeType } from "../../src/tree/attributes.ts";
import type { TreeNode } from "../../src/tree/file-tree.ts";
import type { RenameOptions, WritableFileTree } from "../../src/tree/writable-file-tree.ts";
import { bytesOf } from "./memory-tree.ts";
import { describeTree } from "./tree-description.ts";
import { WritableMemoryTree } from "./writable-memory-tree.ts";
import { type MakeTree, TestClock, type TreeFixture } from "./writable-tree-contract.ts";

/** A call on paths of few names, so that calls meet. */
export interface TreeCall {
  readonly what: string;
  readonly path: readonly string[];
  readonly other: readonly string[];
  readonly number: number;
  readonly onto: "replace" | "refuse" | "exchange";
}

const name = fc.constantFrom("a", "b", "c", "d");
const path = fc.array(name, { minLength: 1, maxLength: 3 });

const call: fc.Arbitrary<TreeCall> = fc.record({
  what: fc.constantFrom(
    ...["directory", "directory", "file", "file", "symlink", "fifo", "unlink", "rmdir", "link"],
    ...["rename", "rename", "rename", "write", "append", "truncate", "setattr", "setxattr", "removexattr"],
  ),
  path,
  other: path,
  number: fc.nat({ max: 20_000 }),
  onto: fc.constantFrom("replace", "replace", "refuse", "exchange"),
});

async function walk(tree: WritableFileTree, names: readonly string[]): Promise<TreeNode> {
  let node = tree.root;
  for (const step of names) {
    const next = await tree.lookup(node, bytesOf(step));
    if (!next) throw new FileError("ENOENT", "walk");
    node = next;
  }
  return node;
}

/** Makes a call. */
export async function runCall(
  tree: WritableFileTree,
  { what, path: names, other, number, onto }: TreeCall,
): Promise<void> {
  const at = bytesOf(names.at(-1) as string);
  const parent = (): Promise<TreeNode> => walk(tree, names.slice(0, -1));
  const node = (): Promise<TreeNode> => walk(tree, names);
  const to = bytesOf(other.at(-1) as string);
  const toParent = (): Promise<TreeNode> => walk(tree, other.slice(0, -1));
  if (what === "unlink") await tree.unlink(await parent(), at);
  else if (what === "rmdir") await tree.rmdir(await parent(), at);
  else if (what === "link") await tree.link(await node(), await toParent(), to);
  else if (what === "rename") {
    const options: RenameOptions = { onto };
    await tree.rename(await parent(), at, await toParent(), to, options);
  } else if (what === "setattr") await tree.setattr(await node(), { uid: number, gid: number + 1 });
  else if (what === "setxattr") await tree.setxattr(await node(), bytesOf("trusted.a"), bytesOf(`${number}`));
  else if (what === "removexattr") await tree.removexattr(await node(), bytesOf("trusted.a"));
  else if (["write", "append", "truncate"].includes(what)) await runOnFile(tree, await node(), what, number);
  else {
    const type = what as NodeType;
    const target = type === "symlink" ? { target: bytesOf(`to ${number}`) } : {};
    const permissions = type === "symlink" ? 0o777 : number & 0o7777;
    await tree.create(await parent(), at, { type, permissions, uid: number, ...target });
  }
}

async function runOnFile(
  tree: WritableFileTree,
  node: TreeNode,
  what: string,
  number: number,
): Promise<void> {
  const file = await tree.openWritable(node);
  const bytes = new Uint8Array(number % 6000).fill(number);
  try {
    if (what === "write") await file.write(number, bytes);
    else if (what === "append") await file.append(bytes);
    else await file.truncate(number);
  } finally {
    await file.close();
  }
}

/** `done`, or the code of the error. */
export async function outcomeOf(tree: WritableFileTree, step: TreeCall): Promise<string> {
  try {
    await runCall(tree, step);
    return "done";
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
}

export function testTreeModel(fixture: TreeFixture, make: MakeTree): void {
  const { modelRuns = 20 } = fixture.options;

  test("answers and ends up as the memory tree does, whatever is called", async () => {
    const property = fc.asyncProperty(fc.array(call, { minLength: 10, maxLength: 120 }), async (calls) => {
      const { tree, dispose } = await make(new TestClock().now);
      const model = new WritableMemoryTree();
      for (const step of calls) {
        expect([step, await outcomeOf(tree, step)]).toEqual([step, await outcomeOf(model, step)]);
      }
      expect(await describeTree(tree)).toEqual(await describeTree(model));
      await tree.close();
      await dispose?.();
    });
    await fc.assert(property, { numRuns: modelRuns });
  });
}
