/** A folder of this machine read as a tree. */
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FileError } from "../../../src/errors.ts";
import { compareTrees } from "../../../src/tree/compare-trees.ts";
import { type FolderTree, openFolderTree } from "../../../src/tree/folder-tree.node.ts";
import { TreeFiles } from "../../../src/tree/tree-files.ts";

const name = Buffer.from("not \xff text", "latin1");
let folder = "";
let tree: FolderTree;
let files: TreeFiles;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sealstone-folder-"));
  mkdirSync(join(folder, "d/e"), { recursive: true });
  writeFileSync(join(folder, "d/file"), "hello, world");
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/d/`), name]), "");
  linkSync(join(folder, "d/file"), join(folder, "again"));
  symlinkSync("d/file", join(folder, "link"));
  symlinkSync("/d", join(folder, "absolute"));
  // Before 1970, with a part of a second.
  utimesSync(join(folder, "d/file"), 1, -1.5);
  tree = await openFolderTree(folder);
  files = new TreeFiles(tree);
});

afterAll(async () => {
  await tree.close();
  rmSync(folder, { recursive: true });
});

test("names are bytes, contents are read, links stay inside", async () => {
  expect((await files.readdir("/")).sort()).toEqual(["absolute", "again", "d", "link"]);
  expect(await files.readdir("/d", { encoding: "buffer" })).toContainEqual(new Uint8Array(name));
  expect(await files.readFile("/link", "utf8")).toBe("hello, world");
  expect(await files.readFile("/absolute/file", "utf8")).toBe("hello, world");
  await using file = await files.open("/again");
  expect(await file.read({ position: 7, length: 100 })).toMatchObject({ bytesRead: 5 });
  expect(await file.nextData(3)).toEqual({ offsetBytes: 3, lengthBytes: 9 });
  expect(await file.nextData(12)).toBeUndefined();
});

test("attributes are the machine's", async () => {
  const [own, host] = [
    await files.lstat("/d/file", { bigint: true }),
    await fs.lstat(join(folder, "d/file"), { bigint: true }),
  ];
  for (const field of [
    "mode",
    "nlink",
    "uid",
    "gid",
    "size",
    "ino",
    "mtimeNs",
    "atimeNs",
    "ctimeNs",
  ] as const) {
    expect({ field, value: own[field] }).toEqual({ field, value: host[field] });
  }
  expect((await files.stat("/again")).ino).toBe((await files.stat("/link")).ino);
  expect((await files.statfs("/")).bsize).toBe((await fs.statfs(folder)).bsize);
  expect(await files.listxattr("/d")).toEqual([]);
});

test("devices have their numbers", async () => {
  await using machine = await openFolderTree("/dev");
  const found = await machine.lookup(machine.root, Buffer.from("null"));
  expect(await machine.getattr(found ?? machine.root)).toMatchObject({
    type: "characterDevice",
    deviceMajor: 1,
    deviceMinor: 3,
  });
});

test("it equals itself", async () => {
  await using other = await openFolderTree(folder);
  const changes = [];
  for await (const change of compareTrees({ tree }, { tree: other })) changes.push(change);
  expect(changes).toEqual([]);
});

test("what is no folder, and what is gone, is said", async () => {
  await expect(openFolderTree(join(folder, "again"))).rejects.toThrow(FileError);
  await expect(openFolderTree(join(folder, "none"))).rejects.toMatchObject({ code: "device-missing" });
  writeFileSync(join(folder, "d/e/short"), "");
  const [d, e, short] = ["d", "e", "short"].map((part) => Buffer.from(part)) as [Buffer, Buffer, Buffer];
  const inner = await tree.lookup((await tree.lookup(tree.root, d)) ?? tree.root, e);
  const node = await tree.lookup(inner ?? tree.root, short);
  unlinkSync(join(folder, "d/e/short"));
  expect(await tree.lookup(inner ?? tree.root, short)).toBeUndefined();
  await expect(tree.open(node ?? tree.root)).rejects.toMatchObject({
    code: "device-missing",
    at: { path: join(folder, "d/e/short") },
  });
});

test("nothing is answered after it was closed", async () => {
  const other = await openFolderTree(folder);
  await other.close();
  await expect(other.getattr(other.root)).rejects.toMatchObject({ name: "StateError", code: "closed" });
});
