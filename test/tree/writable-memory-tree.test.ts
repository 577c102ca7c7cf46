import { describe, expect, test } from "vitest";
import { bytesOf } from "./memory-tree.ts";
import { WritableMemoryTree } from "./writable-memory-tree.ts";
import { describeWritableTreeContract, expectCode } from "./writable-tree-contract.ts";

describeWritableTreeContract("the memory tree", async (now) => ({ tree: new WritableMemoryTree({ now }) }));

describe("the memory tree", () => {
  test("runs out of space as it is told to", async () => {
    const tree = new WritableMemoryTree({ limitPages: 3, limitNodes: 3 });
    const node = await tree.create(tree.root, bytesOf("a"), { type: "file", permissions: 0o644 });
    await tree.create(tree.root, bytesOf("b"), { type: "file", permissions: 0o644 });
    await expectCode(tree.create(tree.root, bytesOf("c"), { type: "fifo", permissions: 0 }), "ENOSPC");
    const file = await tree.openWritable(node);
    expect(await file.write(100, new Uint8Array(20_000))).toBe(3 * 4096 - 100);
    await expectCode(file.append(new Uint8Array(1)), "ENOSPC");
    await expectCode(file.allocate(0, 20_000), "ENOSPC");
    expect(await tree.statfs()).toMatchObject({ blocks: 3, freeBlocks: 0, inodes: 3, freeInodes: 0 });
    await file.truncate(1);
    expect(await file.append(new Uint8Array(9))).toEqual({ offsetBytes: 1, writtenBytes: 9 });
    await file.close();
  });

  test("has limits of links and of sizes where it is told to", async () => {
    const tree = new WritableMemoryTree({ limitLinks: 3, limitFileBytes: 10 });
    const node = await tree.create(tree.root, bytesOf("a"), { type: "file", permissions: 0o644 });
    for (const name of ["b", "c"]) await tree.link(node, tree.root, bytesOf(name));
    await expectCode(tree.link(node, tree.root, bytesOf("d")), "EMLINK");
    const directory = { type: "directory", permissions: 0 } as const;
    await tree.create(tree.root, bytesOf("e"), directory);
    await expectCode(tree.create(tree.root, bytesOf("f"), directory), "EMLINK");
    const file = await tree.openWritable(node);
    expect(await file.write(8, new Uint8Array(8))).toBe(2);
    await expectCode(file.append(new Uint8Array(1)), "EFBIG");
    await expectCode(file.truncate(11), "EFBIG");
    await file.close();
    expect(tree.openFiles).toBe(0);
  });
});
