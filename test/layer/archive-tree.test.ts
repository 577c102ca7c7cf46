/** A layer's files as a tar: read back, it is the tree; converted again, the tree is the same. */
import { describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes/hex.ts";
import { latin1FromBytes } from "../../src/bytes/latin1.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { archiveTree, type LeftOut, openLayer } from "../../src/layer/index.ts";
import { tarType } from "../../src/tar/index.ts";
import { readTar } from "../tar/read-tar.ts";
import { convertedTree, type ExpectedNode, expectedPaths } from "./converted-tree.ts";
import { type GoldenImage, goldenImage, goldenLayers, goldenTar, imageBytes } from "./golden-images.ts";

async function archived(golden: GoldenImage): Promise<{ tar: Uint8Array; leftOut: LeftOut[] }> {
  const rootHash = fromHex(golden.result.verity_root_hash);
  await using layer = await openLayer(new MemoryDevice(imageBytes(golden)), { rootHash });
  const pieces: Uint8Array[] = [];
  const leftOut: LeftOut[] = [];
  for await (const piece of archiveTree(layer.tree, { onLeftOut: (item) => leftOut.push(item) })) {
    pieces.push(piece.slice());
  }
  return { tar: new Uint8Array(Buffer.concat(pieces)), leftOut };
}

/** What both must have: of nodes that more than one entry set, attributes in a block were lost in the image. */
function comparable(root: ExpectedNode, set: ReadonlySet<string>): unknown[] {
  return [...expectedPaths(root)]
    .filter(([path]) => path !== "lost+found")
    .map(([path, { children: _, settings: __, xattrs, times, ...rest }]) => {
      const kept = [...xattrs].filter(([name]) => !name.startsWith("system.posix_acl")).sort();
      return { path, ...rest, ...(!set.has(path) && { xattrs: kept }), modifiedAt: times[0] };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

// Times beyond what a layer holds come out of it as others.
const others = goldenLayers.filter(({ tar }) => !["17-times", "05-sparse40m"].includes(tar));

test.each(others)("$name, archived, is the tree that its tar made", async (golden) => {
  const original = await convertedTree(goldenTar(golden.tar));
  const { tar } = await archived(golden);
  const set = new Set(
    [...expectedPaths(original)].flatMap(([path, { settings }]) => (settings > 1 ? [path] : [])),
  );
  expect(comparable(await convertedTree(tar, false), set)).toEqual(comparable(original, set));
});

describe("the archive", () => {
  test("names a file's second name as a link to its first", async () => {
    const { tar } = await archived(goldenImage("10-hardlinks.layer"));
    const entries = (await readTar([tar])).map(({ entry }) => entry);
    const links = entries.filter(({ type }) => type === tarType.hardLink);
    expect(links.length).toBeGreaterThan(0);
    const seen = new Set<string>();
    for (const { name, linkName, type } of entries) {
      if (type === tarType.hardLink) expect(seen).toContain(latin1FromBytes(linkName));
      seen.add(latin1FromBytes(name));
    }
  });

  test("begins with the root and ends with two blocks of zeros", async () => {
    const { tar } = await archived(goldenImage("03-rootdir.layer"));
    const [root] = await readTar([tar]);
    expect(root?.entry.name).toEqual(new TextEncoder().encode("./"));
    expect(tar.subarray(-1024).every((byte) => byte === 0)).toBe(true);
  });

  test("says which attributes the kernel would not show", async () => {
    const { leftOut } = await archived(goldenImage("14-xattrs.layer"));
    for (const { what } of leftOut) expect(what).toMatch(/extended attribute without a value|whose name/);
    expect(leftOut.length).toBeLessThan(10);
  });

  test("of a part, and of a single file, has names from there on", async () => {
    const golden = goldenImage("deb-base-files.layer");
    const rootHash = fromHex(golden.result.verity_root_hash);
    await using layer = await openLayer(new MemoryDevice(imageBytes(golden)), { rootHash });
    const { tree } = layer;
    const text = (value: string) => new TextEncoder().encode(value);
    const etc = await tree.lookup(tree.root, text("etc"));
    const version = etc && (await tree.lookup(etc, text("debian_version")));
    if (etc === undefined || version === undefined) throw new Error("no such file");
    const names = async (options: Parameters<typeof archiveTree>[1]): Promise<string[]> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of archiveTree(tree, options)) pieces.push(piece.slice());
      return (await readTar(pieces)).map(({ entry }) => latin1FromBytes(entry.name));
    };
    expect(await names({ start: etc })).toContain("debian_version");
    expect(await names({ start: version, startName: text("debian_version") })).toEqual(["debian_version"]);
  });
});
