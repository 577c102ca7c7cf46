import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { extractTree } from "../../../src/layer/extract-tree.node.ts";
import { copyIn } from "../../../src/tree/copy-in.node.ts";
import { WritableTreeFiles } from "../../../src/tree/writable-tree-files.ts";
import { describeTree } from "../tree-description.ts";
import { WritableMemoryTree } from "../writable-memory-tree.ts";
import { skipUnlessRoot } from "./node-pair.ts";

let folder: string;
let source: string;
let files: WritableTreeFiles;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), "sealstone-copy-"));
  source = path.join(folder, "source");
  await fs.mkdir(path.join(source, "empty"), { recursive: true });
  await fs.writeFile(path.join(source, "file"), "content", { mode: 0o640 });
  await fs.link(path.join(source, "file"), path.join(source, "again"));
  await fs.symlink("../nowhere", path.join(source, "link"));
  await fs.writeFile(Buffer.concat([Buffer.from(`${source}/`), Buffer.of(0xff, 0xfe)]), "odd");
  const sparse = await fs.open(path.join(source, "sparse"), "w");
  await sparse.write("far", 5 * 2 ** 20 + 10);
  await sparse.truncate(9 * 2 ** 20);
  await sparse.close();
  await fs.utimes(path.join(source, "file"), 1000.5, 2000.25);
  await fs.chmod(path.join(source, "empty"), 0o3700);
  files = new WritableTreeFiles(new WritableMemoryTree());
});

afterEach(() => fs.rm(folder, { recursive: true, force: true }));

describe("a folder copied in", () => {
  test("keeps contents, holes, modes, times, links and names", async () => {
    await copyIn(files, source, "/in");
    expect((await files.readdir("/in")).sort()).toEqual([
      ...["again", "empty", "file", "link", "sparse", "\ufffd\ufffd"],
    ]);
    const file = await files.stat("/in/file");
    expect(file).toMatchObject({ nlink: 2, uid: 0, gid: 0, atimeMs: 1_000_500, mtimeMs: 2_000_250 });
    expect(file.mode & 0o7777).toBe(0o640);
    expect(file.ino).toBe((await files.stat("/in/again")).ino);
    expect((await files.stat("/in/empty")).mode & 0o7777).toBe(0o3700);
    expect(await files.readlink("/in/link")).toBe("../nowhere");
    expect(await files.stat("/in/sparse")).toMatchObject({ size: 9 * 2 ** 20, blocks: 8 });
    const sparse = await files.readFile("/in/sparse");
    expect(Buffer.compare(sparse, await fs.readFile(path.join(source, "sparse")))).toBe(0);
    await expect(copyIn(files, source, "/in")).rejects.toMatchObject({ code: "EEXIST", path: "/in" });
    expect((files.tree as WritableMemoryTree).openFiles).toBe(0);
  });

  test("and out again is the same", async () => {
    await copyIn(files, source, "/in");
    const { node } = await files.resolve("/in");
    const target = path.join(folder, "out");
    await extractTree(files.tree, target, { start: node });
    const again = new WritableTreeFiles(new WritableMemoryTree());
    await copyIn(again, target, "/in");
    expect(await describeTree(again.tree)).toEqual(await describeTree(files.tree));
  });

  test("ends with the reason of its signal", async () => {
    const reason = new Error("never mind");
    const signal = AbortSignal.abort(reason);
    await expect(copyIn(files, source, "/in", { signal })).rejects.toBe(reason);
    expect(await files.readdir("/")).toEqual([]);
  });

  test.skipIf(skipUnlessRoot)("keeps owners where it is told to, and set-user-id with them", async () => {
    await fs.chown(path.join(source, "file"), 7, 70_000);
    await fs.chmod(path.join(source, "file"), 0o4755);
    await fs.lchown(path.join(source, "link"), 8, 9);
    await copyIn(files, source, "/in", { keepOwners: true });
    expect(await files.stat("/in/file")).toMatchObject({ uid: 7, gid: 70_000, mode: 0o104755 });
    expect(await files.lstat("/in/link")).toMatchObject({ uid: 8, gid: 9 });
  });

  test("takes a device as a node", async () => {
    await copyIn(files, "/dev/null", "/null");
    expect((await files.lstat("/null")).rdev).toBe((await fs.lstat("/dev/null")).rdev);
  });
});
