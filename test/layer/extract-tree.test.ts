/** Extraction as hostile trees and signals would have it: nothing is written elsewhere, nothing is left. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fromHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { extractTree } from "../../src/layer/extract-tree.node.ts";
import { type OpenedLayer, openLayer } from "../../src/layer/opened-layer.ts";
import { archiveTree } from "../../src/layer/tree-archive.ts";
import type { DirectoryEntry, FileTree, TreeNode } from "../../src/tree/index.ts";
import { goldenImage, imageBytes } from "./golden-images.ts";

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-extract-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(name: string): Promise<OpenedLayer> {
  const golden = goldenImage(name);
  const layer = await openLayer(new MemoryDevice(imageBytes(golden)), {
    rootHash: fromHex(golden.result.verity_root_hash),
  });
  onTestFinished(() => layer.close());
  return layer;
}

/** A tree that gives the first name of its root as another, as no sound file system would. */
function renaming(tree: FileTree, name: Uint8Array): FileTree {
  const readdir = async function* (directory: TreeNode, cursor?: number): AsyncGenerator<DirectoryEntry> {
    for await (const entry of tree.readdir(directory, cursor)) yield { ...entry, name };
  };
  return new Proxy(tree, {
    get: (target, key) => {
      if (key === "readdir") return readdir;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("a name that leads elsewhere is refused", () => {
  test.each(["..", ".", "", "/", "a/b", "../out", "/etc/x", "a\0b"])("%j", async (name) => {
    const layer = await opened("deb-base-files.layer");
    const folder = scratch();
    const tree = renaming(layer.tree, new TextEncoder().encode(name));
    const refusal = { name: "FormatError", code: "bad-field" };
    await expect(extractTree(tree, join(folder, "out"))).rejects.toMatchObject(refusal);
    expect(readdirSync(folder)).toEqual([]);
    const archive = async (): Promise<void> => {
      for await (const piece of archiveTree(tree)) expect(piece.length).toBeGreaterThan(0);
    };
    await expect(archive()).rejects.toMatchObject(refusal);
  });

  test("one name twice in a directory", async () => {
    const layer = await opened("deb-base-files.layer");
    const folder = scratch();
    const tree = renaming(layer.tree, new TextEncoder().encode("same"));
    await expect(extractTree(tree, join(folder, "out"))).rejects.toMatchObject({ code: "device-failed" });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("an abort leaves nothing", () => {
  test.each([1, 5, 40])("after %d names", async (names) => {
    const layer = await opened("deb-base-files.layer");
    const folder = scratch();
    const stop = new AbortController();
    let made = 0;
    const extraction = extractTree(layer.tree, join(folder, "out"), {
      signal: stop.signal,
      onName: () => {
        made++;
        if (made === names) stop.abort(new Error("stopped"));
      },
    });
    await expect(extraction).rejects.toThrow("stopped");
    expect(made).toBe(names);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("the extraction is no one else's until it is whole", async () => {
  const layer = await opened("deb-base-files.layer");
  const folder = scratch();
  const modes = new Set<number>();
  await extractTree(layer.tree, join(folder, "out"), {
    onName: () => {
      const [only = ""] = readdirSync(folder);
      expect(only).toMatch(/^out\.sealstone-[0-9a-f]{12}$/);
      modes.add(statSync(join(folder, only)).mode & 0o777);
    },
  });
  expect([...modes]).toEqual([0o700]);
  expect(readdirSync(folder)).toEqual(["out"]);
  expect(statSync(join(folder, "out")).mode & 0o777).toBe(0o755);
});

test("a symlink where the output should be is not followed", async () => {
  const layer = await opened("03-rootdir.layer");
  const folder = scratch();
  symlinkSync(join(folder, "elsewhere"), join(folder, "out"));
  await expect(extractTree(layer.tree, join(folder, "out"))).rejects.toMatchObject({ name: "UsageError" });
  expect(existsSync(join(folder, "elsewhere"))).toBe(false);
});
