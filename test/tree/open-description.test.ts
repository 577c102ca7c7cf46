import { expect, test } from "vitest";
import type { TreeNode } from "../../src/tree/file-tree.ts";
import { WritableTreeFiles } from "../../src/tree/writable-tree-files.ts";
import { WritableMemoryTree } from "./writable-memory-tree.ts";

/** A tree that takes the longer for an attribute the earlier it is asked. */
class UnevenTree extends WritableMemoryTree {
  #delayMs = 20;

  override async getxattr(node: TreeNode, name: Uint8Array): Promise<Uint8Array | undefined> {
    this.#delayMs /= 4;
    await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    return await super.getxattr(node, name);
  }
}

test("calls that go on from the position are done in the order in which they were asked for", async () => {
  const files = new WritableTreeFiles(new UnevenTree());
  await files.writeFile("a", "0123456789");
  await using file = await files.open("a", "r+");
  const first = file.write("ab");
  const second = file.write("cd");
  const third = file.read(new Uint8Array(3));
  await Promise.all([first, second]);
  expect(new TextDecoder().decode((await third).buffer)).toBe("456");
  expect(await files.readFile("a", "utf8")).toBe("abcd456789");
});
