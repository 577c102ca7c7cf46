/** What a test author writes: lines, encodings, open files, copies into themselves, beside Node's own `fs/promises`. */
import { mkdtempSync, rmSync } from "node:fs";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { constants } from "../../../src/tree/constants.ts";
import { WritableTreeFiles } from "../../../src/tree/writable-tree-files.ts";
import { WritableMemoryTree } from "../writable-memory-tree.ts";

describe("readLines", () => {
  test.each([
    ["nothing", ""],
    ["no end", "one"],
    ["an end", "one\n"],
    ["empty lines", "\n\none\n\ntwo"],
    ["ends of all kinds", "a\r\nb\rc\u2028d\u2029e\n\rf\r"],
    ["a mark of byte order, and what is no UTF-8", Buffer.from("efbbbf610aff0ac3a9", "hex")],
  ])("%s", async (_, content) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "sealstone-lines-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const files = new WritableTreeFiles(new WritableMemoryTree());
    await fs.writeFile(`${folder}/file`, content);
    await files.writeFile("/file", content);
    const host = await fs.open(`${folder}/file`);
    const expected: string[] = [];
    for await (const line of host.readLines()) expected.push(line);
    // A piece may end anywhere, in the middle of a character and of a line's end too.
    for (const highWaterMark of [1, 2, 3, 1 << 20]) {
      const file = await files.open("/file");
      const lines: string[] = [];
      for await (const line of file.readLines({ highWaterMark })) lines.push(line);
      expect({ highWaterMark, lines }).toEqual({ highWaterMark, lines: expected });
      await expect(file.stat()).rejects.toMatchObject({ code: "EBADF" });
    }
  });

  test("a line without an end is refused", async () => {
    const files = new WritableTreeFiles(new WritableMemoryTree());
    await files.writeFile("/long", new Uint8Array(2 ** 24 + 1));
    const lines = (await files.open("/long")).readLines();
    await expect(lines.next()).rejects.toMatchObject({ name: "FileError", code: "EFBIG" });
  });
});

describe("encodings", () => {
  test("utf-8 goes by all its names", async () => {
    const files = new WritableTreeFiles(new WritableMemoryTree());
    await files.writeFile("/file", "\u00e9", "utf-8");
    expect(await files.readFile("/file", "utf-8")).toBe("\u00e9");
    expect(await files.readFile("/file", { encoding: "UTF8" as "utf8" })).toBe("\u00e9");
    expect(await files.readdir("/", "utf-8")).toEqual(["file"]);
  });

  test("another one is refused, and nothing is written", async () => {
    const files = new WritableTreeFiles(new WritableMemoryTree());
    const hex = "hex" as "utf8";
    const refusal = { name: "UsageError", code: "invalid-argument" };
    await expect(files.writeFile("/file", "6162", hex)).rejects.toMatchObject(refusal);
    await expect(files.appendFile("/file", "6162", { encoding: hex })).rejects.toMatchObject(refusal);
    expect(await files.readdir("/")).toEqual([]);
    await using file = await files.open("/file", "w+");
    await expect(file.write("6162", 0, hex)).rejects.toMatchObject(refusal);
    await expect(file.writeFile("6162", hex)).rejects.toMatchObject(refusal);
    expect(await file.readFile()).toEqual(new Uint8Array());
  });
});

test("readFile, writeFile and appendFile take an open file", async () => {
  const files = new WritableTreeFiles(new WritableMemoryTree());
  await using file = await files.open("/file", "w+");
  await files.writeFile(file, "one");
  await files.appendFile(file, " two");
  await file.write("O", 0);
  await using again = await files.open("/file");
  expect(await files.readFile(again, "utf8")).toBe("One two");
});

test("a filter that is none is wrong usage", async () => {
  const files = new WritableTreeFiles(new WritableMemoryTree());
  await files.writeFile("/file", "");
  const copying = files.cp("/file", "/copy", { filter: 5 as unknown as () => boolean });
  await expect(copying).rejects.toMatchObject({ name: "UsageError", code: "invalid-argument" });
});

test("a copy into itself is refused, also by a symlink and to where no directory is yet", async () => {
  const files = new WritableTreeFiles(new WritableMemoryTree());
  await files.mkdir("/a");
  await files.writeFile("/a/file", "");
  await files.symlink("a", "/link");
  for (const destination of ["/a/b", "/link/b", "/link/none/b"]) {
    await expect(files.cp("/a", destination, { recursive: true })).rejects.toMatchObject({
      code: "ERR_FS_CP_EINVAL",
    });
  }
  expect(await files.readdir("/a")).toEqual(["file"]);
});

test("constants are Linux's", () => {
  const host = fs.constants as unknown as Record<string, number>;
  for (const [name, value] of Object.entries(constants))
    expect({ name, value: host[name] }).toEqual({ name, value });
});
