/** Images, and images beside tars: options, trees, footers, folders' times, and what a block is. */
import { describe, expect, test } from "vitest";
import { fromHex } from "../../../src/bytes/hex.ts";
import { buildLayer } from "../../../src/layer/build-layer.ts";
import { explainLayer, explainLayers, explainRootHash } from "../../../src/layer/explain/explain.ts";
import type { CauseCode } from "../../../src/layer/explain/explanation.ts";
import { policyOptions } from "../../../src/layer/explain/option-set.ts";
import { viewTar } from "../../../src/layer/explain/tar-view.ts";
import { rootHashOfLeaves } from "../../../src/layer/explain/tree-variant.ts";
import { type LayerOptionSet, layerOptionSets } from "../../../src/layer/layer-options.ts";
import { MemoryTarget } from "../../../src/layer/memory-target.ts";
import { loadGoldenTars } from "../../tar/golden-tars.ts";
import { TarBuilder } from "../../tar/tar-builder.ts";
import { goldenImage, goldenImages, imageBytes } from "../golden-images.ts";
import { hashBlock } from "../layer-parts.ts";
import { imageInput, tarInput } from "./inputs.ts";

const goldenTars = new Map(loadGoldenTars().map((tar) => [tar.name, tar.bytes]));
const tarOf = (name: string) => tarInput(`${name}.tar`, goldenTars.get(name) ?? new Uint8Array());
const imageOf = (name: string) => imageInput(name, imageBytes(goldenImage(name)));

const refused = new Map(loadGoldenTars().map((tar) => [tar.name, tar.error]));

/** Every golden image that a tar of some KiB has become, and the options that made it. */
const small = goldenImages.filter(
  ({ tar, result }) => result.ext4_size < 100_000 && refused.get(tar) === undefined,
);

describe("a golden tar and its image", () => {
  const codes: Readonly<Record<string, readonly CauseCode[]>> = {
    layer: [],
    plain: ["maximum-disk-size"],
    inline: ["maximum-disk-size", "inline-data"],
  };
  test.each(small)("$name", async ({ name, tar, variant }) => {
    const { verdict, causes, match } = await explainLayers(tarOf(tar), imageOf(name));
    if (variant === "layer") {
      expect({ verdict, causes }).toEqual({ verdict: "equal", causes: [] });
      return;
    }
    expect(verdict).toBe("different");
    const wanted = codes[variant] ?? [];
    const found = causes.map(({ code }) => code);
    expect(found).toEqual(expect.arrayContaining([...wanted]));
    expect(found.filter((code) => !wanted.includes(code) && code !== "whiteouts")).toEqual([]);
    const { maximumDiskSizeBytes, inlineData = false } = layerOptionSets[variant as LayerOptionSet];
    expect(match?.a).toMatchObject({ maximumDiskSizeBytes: maximumDiskSizeBytes ?? 2 ** 34, inlineData });
  });
});

describe("a root hash by itself", () => {
  const [whiteouts = new Uint8Array()] = [goldenTars.get("12-whiteouts")];
  const input = tarInput("w.tar", whiteouts);
  const hashOf = (variant: string) => fromHex(goldenImage(`12-whiteouts.${variant}`).result.verity_root_hash);

  test("is the tar's", async () => {
    expect(await explainRootHash(input, hashOf("layer"))).toMatchObject({ verdict: "equal", causes: [] });
  });

  test("is the tar's with other options", async () => {
    const { verdict, causes, match } = await explainRootHash(input, hashOf("plain"));
    expect(verdict).toBe("different");
    expect(causes.map(({ code }) => code)).toEqual(["maximum-disk-size", "whiteouts"]);
    expect(match?.a).toMatchObject({ maximumDiskSizeBytes: 2 ** 34, convertWhiteout: false });
  });

  test("is the diff-id, or the digest of the compressed archive", async () => {
    const { a } = await explainLayer(input);
    const diffId = await explainRootHash(input, a.diffId ?? new Uint8Array(32));
    expect(diffId.causes).toMatchObject([
      { code: "other-digest", message: expect.stringContaining("diff-id") },
    ]);
    const storedDigest = async (): Promise<Uint8Array> => new Uint8Array(32).fill(7);
    const stored = await explainRootHash({ ...input, storedDigest }, new Uint8Array(32).fill(7));
    expect(stored.causes).toMatchObject([
      { code: "other-digest", message: expect.stringContaining("compressed") },
    ]);
  });

  test("is nobody's", async () => {
    const { verdict, causes } = await explainRootHash(
      tarOf("20-missing-parents"),
      new Uint8Array(32).fill(1),
    );
    expect(verdict).toBe("different");
    expect(causes).toMatchObject([{ code: "unknown", message: expect.stringContaining("#2270") }]);
  });

  test("is an image's", async () => {
    const image = imageOf("12-whiteouts.layer");
    expect((await explainRootHash(image, hashOf("layer"))).verdict).toBe("equal");
    const other = await explainRootHash(image, hashOf("plain"));
    expect(other.causes.map(({ code }) => code)).toEqual(["unknown"]);
  });
});

/** A layer of 128 data blocks: the smallest size at which the trees of then and of now differ. */
async function fullTree(): Promise<{ tar: Uint8Array; before: Uint8Array }> {
  for (let blocks = 100; ; blocks++) {
    const tar = new TarBuilder()
      .file("f", new Uint8Array(blocks * 4096).fill(1))
      .end()
      .bytes();
    const { leaves } = await viewTar(tarInput("f.tar", tar), policyOptions, {});
    if (leaves.count === 128) return { tar, before: await rootHashOfLeaves(leaves, "before-1659") };
  }
}

test("the tree of before #1659", async () => {
  const { tar, before } = await fullTree();
  const { causes, verdict } = await explainRootHash(tarInput("f.tar", tar), before);
  expect(verdict).toBe("different");
  expect(causes.map(({ code }) => code)).toEqual(["tree-before-1659"]);
});

const base = (): TarBuilder =>
  new TarBuilder().add({ name: "etc/", type: "5", mode: 0o755 }).file("etc/x", "x");

async function built(tar: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const target = new MemoryTarget();
  await buildLayer([tar], { target });
  return target.bytes;
}

describe("images beside each other", () => {
  const change = async (a: TarBuilder, b: TarBuilder) =>
    explainLayers(
      imageInput("a.img", await built(a.end().bytes())),
      imageInput("b.img", await built(b.end().bytes())),
    );

  test.each<[string, TarBuilder, TarBuilder, string, string, RegExp]>([
    [
      "mode",
      base().file("a"),
      base().file("a", "", { mode: 0o755 }),
      "path-changed",
      "a",
      /a: mode is 0100644 in A and 0100755 in B/,
    ],
    [
      "time",
      base().file("a", "", { mtime: 5 }),
      base().file("a", "", { mtime: 6 }),
      "path-changed",
      "a",
      /modifiedAt is 1970-01-01T00:00:05Z in A/,
    ],
    [
      "content",
      base().file("a", "1"),
      base().file("a", "2"),
      "path-changed",
      "a",
      /content differs from block 0/,
    ],
    ["size", base().file("a", "1"), base().file("a", "22"), "path-changed", "a", /size is 1 in A and 2 in B/],
    [
      "target",
      base().add({ name: "a", type: "2", linkName: "x" }),
      base().add({ name: "a", type: "2", linkName: "y" }),
      "path-changed",
      "a",
      /linkTarget is x in A and y in B/,
    ],
    [
      "long target",
      base().add({ name: "a", type: "2", linkName: "x".repeat(99) }),
      base().add({ name: "a", type: "2", linkName: "y".repeat(99) }),
      "path-changed",
      "a",
      /linkTarget is xx/,
    ],
    [
      "device",
      base().add({ name: "a", type: "3", deviceMinor: 1 }),
      base().add({ name: "a", type: "3", deviceMinor: 2 }),
      "path-changed",
      "a",
      /device is 0:1 in A and 0:2 in B/,
    ],
    [
      "attribute",
      base().file("a", "", { pax: { "SCHILY.xattr.user.k": "v" } }),
      base().file("a"),
      "path-changed",
      "a",
      /xattr user\.k is v in A and absent in B/,
    ],
    [
      "type",
      base().file("a"),
      base().add({ name: "a", type: "6" }),
      "path-changed",
      "a",
      /type is regular in A and fifo in B/,
    ],
    ["missing", base().file("a"), base(), "path-missing", "a", /a is in A alone/],
    [
      "order alone",
      base().file("a", "1").file("b", "2"),
      base().file("b", "2").file("a", "1"),
      "blocks",
      "",
      /No path differs/,
    ],
  ])("%s", async (_, a, b, code, path, message) => {
    const { verdict, causes, blocks } = await change(a, b);
    expect(verdict).toBe("different");
    expect(causes).toMatchObject([{ code, message: expect.stringMatching(message) }]);
    expect(causes[0]?.path ?? "").toBe(path);
    expect(blocks?.count).toBeGreaterThan(0);
  });

  test("a file with two names is told of once", async () => {
    const linked = (content: string): TarBuilder =>
      base().file("a", content).add({ name: "b", type: "1", linkName: "a" });
    const { paths } = await change(linked("1"), linked("2"));
    expect(paths).toMatchObject({ changed: 1, differences: [{ path: "a" }] });
  });

  test("the same data with other UUIDs is the same layer", async () => {
    expect(await change(base(), base())).toMatchObject({ verdict: "equal", causes: [] });
  });

  test("other options are seen in the file systems", async () => {
    const { causes } = await explainLayers(imageOf("04-sizes.layer"), imageOf("04-sizes.inline"));
    expect(causes.slice(0, 2).map(({ code }) => code)).toEqual(["maximum-disk-size", "inline-data"]);
    const whiteouts = await explainLayers(imageOf("12-whiteouts.plain"), imageOf("12-whiteouts.inline"));
    expect(whiteouts.causes.map(({ code }) => code)).toContain("whiteouts");
  });
});

describe("an image that was changed, or made by other tools", () => {
  const tar = base().file("new/folder/file", "1").end().bytes();
  const input = tarInput("l.tar", tar);

  test("a folder's time that was that of the run", async () => {
    const image = await built(tar);
    const { map } = await viewTar(input, policyOptions, {});
    for (const path of ["new", "new/folder"]) {
      const at = map?.inodeOffsetBytes(map.inodes.get(path) ?? 0) ?? 0;
      for (const field of [8, 12, 16, 0x84, 0x88, 0x8c, 0x90, 0x94]) image.set([1, 2, 3, 0x60], at + field);
    }
    // Only the data is looked at: no tree, as containerd's differ leaves it.
    const { causes } = await explainLayers(
      input,
      imageInput("old.img", image.subarray(0, map?.shape.blocks ? map.shape.blocks * 4096 : 0)),
    );
    expect(causes).toMatchObject([
      { code: "implied-parents-before-2270", path: "new", message: expect.stringContaining("2 folders") },
    ]);
  });

  test("a bit of a bitmap", async () => {
    const image = await built(tar);
    const sizeBytes = new DataView(image.buffer).getUint32(1024 + 4, true) * 4096;
    const { map } = await viewTar(input, policyOptions, {});
    const bitmap =
      Array.from({ length: sizeBytes / 4096 }, (_, block) => block).find(
        (block) => map?.at(block).owner.kind === "block-bitmap",
      ) ?? 0;
    image[bitmap * 4096] = (image[bitmap * 4096] ?? 0) ^ 1;
    const { causes, blocks } = await explainLayers(
      input,
      imageInput("bit.img", image.subarray(0, sizeBytes)),
    );
    expect(causes).toMatchObject([{ code: "blocks" }]);
    expect(blocks?.runs).toMatchObject([
      {
        firstBlock: bitmap,
        a: { kind: "block-bitmap", group: 0 },
        detail: { text: "block 0 is in use / free" },
      },
    ]);
  });

  test("a tree that is not its data's", async () => {
    const image = await built(tar);
    image[9 * 4096] = (image[9 * 4096] ?? 0) ^ 1;
    const { causes, a } = await explainLayers(input, imageInput("flipped.img", image));
    expect(causes.map(({ code }) => code)).toEqual(["stored-tree", "path-changed"]);
    const alone = await explainRootHash(imageInput("flipped.img", image), a.rootHash ?? new Uint8Array());
    expect(alone.causes.map(({ code }) => code)).toEqual(["stored-tree"]);
  });

  test("a superblock with a salt", async () => {
    const image = await built(tar);
    const sizeBytes = new DataView(image.buffer).getUint32(1024 + 4, true) * 4096;
    image[sizeBytes + 88] = 1;
    const { causes, b } = await explainLayers(input, imageInput("salted.img", image));
    expect(causes).toMatchObject([{ code: "verity-parameters", message: expect.stringContaining("salt") }]);
    expect(b?.problems.length).toBeGreaterThan(0);
  });

  test("the tree of before #1659", async () => {
    const full = await fullTree();
    const image = await built(full.tar);
    const view = await viewTar(tarInput("f.tar", full.tar), policyOptions, {});
    const leaves = new Uint8Array(4096);
    view.leaves.copy(0, leaves);
    const dataBytes = 128 * 4096;
    const old = new Uint8Array(dataBytes + 4 * 4096);
    old.set(image.subarray(0, dataBytes + 4096));
    old.set(hashBlock(new Uint8Array([...leaves, ...new Uint8Array(4096)])), dataBytes + 4096);
    old.set(leaves, dataBytes + 2 * 4096);
    const { verdict, causes, b } = await explainLayers(
      tarInput("f.tar", full.tar),
      imageInput("old.img", old),
    );
    expect(verdict).toBe("different");
    expect(b?.rootHash).toEqual(full.before);
    expect(causes).toMatchObject([{ code: "tree-before-1659", message: expect.stringContaining("#1659") }]);
  });
});

test("an image that is none, or cut short", async () => {
  const none = await explainLayer(imageInput("none", new Uint8Array(8192)));
  expect(none).toMatchObject({ verdict: "malformed", causes: [{ code: "malformed" }] });
  const short = imageBytes(goldenImage("01-empty.layer")).subarray(0, 20_000);
  expect((await explainLayer(imageInput("short", short))).verdict).toBe("malformed");
});
