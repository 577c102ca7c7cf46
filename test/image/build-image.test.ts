/** Images built into folders, opened again, and taken from a cache that somebody damaged. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes/hex.ts";
import { type BuildImageOptions, buildImage, filesOnThisThread } from "../../src/image/build-image.node.ts";
import type { BuiltImage } from "../../src/image/image-manifest.ts";
import { LayerCache } from "../../src/image/layer-cache.node.ts";
import { openImage } from "../../src/image/open-image.node.ts";
import { locateImage, openImageSource } from "../../src/oci/image-location.node.ts";
import { scratchFolder } from "../cli/child-command.ts";
import { goldenUuid } from "../layer/golden-layers.ts";
import { digestOf, ImageBuilder, oneFileTar } from "../oci/image-builder.ts";
import { goldenImage, goldenLayers } from "./golden-image.ts";

const golden = goldenLayers(100_000);
// The first of them are empty, in one way and another.
const [first, second] = golden.filter(({ ext4SizeBytes }) => ext4SizeBytes > 57_344);
if (first === undefined || second === undefined) throw new Error("golden layers are missing");
const three = [first, second, first];

async function build(
  builder: ImageBuilder,
  folder: string,
  options: BuildImageOptions = {},
): Promise<BuiltImage> {
  await using source = await openImageSource(await locateImage(builder.writeTo(scratchFolder())));
  return await buildImage(source, folder, options);
}

const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

describe("buildImage", () => {
  test("writes hcsshim's images", async () => {
    const parent = scratchFolder();
    const { layers } = await build(goldenImage(golden), join(parent, "out"), {
      uuid: new Uint8Array(goldenUuid),
    });
    const files = layers.map(({ file }) => sha256(join(parent, "out", file)));
    expect(files).toEqual(golden.map(({ imageSha256 }) => imageSha256));
    expect(layers.map((layer) => toHex(layer.imageSha256))).toEqual(files);
    expect(readdirSync(parent)).toEqual(["out"]);
  });

  test("says what it made, each content in one file", async () => {
    const folder = join(scratchFolder(), "out");
    const image = await build(goldenImage(three), folder);
    const files = [first, second].map(({ tar }) => `${digestOf(tar).replace(":", "-")}.img`);
    expect(readdirSync(folder).sort()).toEqual(["image.json", ...files].sort());
    const document = JSON.parse(readFileSync(join(folder, "image.json"), "utf8"));
    expect(document).toMatchObject({
      version: 1,
      configDigest: image.configDigest,
      manifestDigest: image.manifestDigest,
      configuration: { platform: "linux/amd64", command: ["true"], labels: [{ key: "a", value: "b" }] },
      layers: three.map(({ tar, rootHash, ext4SizeBytes }) => ({
        diffId: digestOf(tar),
        identity: {
          rootHash,
          algorithm: "sha256",
          hashType: 1,
          dataBlocks: ext4SizeBytes / 4096,
          salt: "00".repeat(32),
        },
      })),
    });
  });

  test("takes an empty folder, and nothing else that is there", async () => {
    const parent = scratchFolder();
    mkdirSync(join(parent, "empty"));
    await build(goldenImage([first]), join(parent, "empty"));
    mkdirSync(join(parent, "full"));
    writeFileSync(join(parent, "full", "file"), "");
    for (const name of ["full", "full/file", "empty"]) {
      await expect(build(goldenImage([first]), join(parent, name))).rejects.toMatchObject({
        name: "UsageError",
      });
    }
    await expect(build(goldenImage([first]), join(parent, "no", "out"))).rejects.toMatchObject({
      name: "DeviceError",
    });
    expect(readdirSync(parent).sort()).toEqual(["empty", "full"]);
  });

  test("leaves nothing where a layer fails", async () => {
    const parent = scratchFolder();
    const builder = new ImageBuilder();
    const layers = [{ tar: first.tar }, { tar: second.tar, diffId: digestOf(new Uint8Array()) }];
    builder.layout(builder.addImage({ layers }));
    const failure = {
      name: "IntegrityError",
      code: "digest-mismatch",
      message: expect.stringMatching(/^layer 1 /),
    };
    await expect(build(builder, join(parent, "out"))).rejects.toMatchObject(failure);
    expect(readdirSync(parent)).toEqual([]);
  });
});

describe("openImage", () => {
  test("opens all layers under the root hashes given, or under those recorded", async () => {
    const folder = join(scratchFolder(), "out");
    const built = await build(goldenImage(three), folder);
    for (const rootHashes of ["recorded", three.map(({ rootHash }) => fromHex(rootHash))] as const) {
      await using image = await openImage(folder, { rootHashes });
      expect(image.description).toEqual(built);
      expect(image.layers.map((layer) => toHex(layer.rootHash))).toEqual(
        three.map(({ rootHash }) => rootHash),
      );
      const block = new Uint8Array(4096);
      for (const { device } of image.layers) await device.read(0, block);
    }
  });

  test("refuses other layers than root hashes are given for", async () => {
    const folder = join(scratchFolder(), "out");
    await build(goldenImage([first, second]), folder);
    const [one, two] = [first, second].map(({ rootHash }) => fromHex(rootHash));
    for (const rootHashes of [[one], [two, one], [one, two, two]] as Uint8Array[][]) {
      await expect(openImage(folder, { rootHashes })).rejects.toMatchObject({ code: "identity-mismatch" });
    }
  });

  type Spoil = (folder: string, file: string) => void;
  const edit =
    (change: (text: string) => string): Spoil =>
    (folder) => {
      const path = join(folder, "image.json");
      writeFileSync(path, change(readFileSync(path, "utf8")));
    };
  test.each<[string, Spoil, object]>([
    ["without image.json", (folder) => edit(() => "")(folder, ""), { name: "FormatError" }],
    [
      "of another version",
      edit((text) => text.replace('"version": 1', '"version": 2')),
      { code: "bad-version" },
    ],
    [
      "with a file elsewhere",
      edit((text) => text.replace(/"file": "/g, '"file": "../')),
      { name: "FormatError" },
    ],
    [
      "with another root hash",
      edit((text) => text.replace(/"rootHash": "../g, '"rootHash": "00')),
      { name: "IntegrityError" },
    ],
    [
      "with another size",
      edit((text) => text.replace(/"dataBlocks": 1/g, '"dataBlocks": 2')),
      { name: "FormatError" },
    ],
    [
      "whose layer was exchanged",
      (folder, file) => writeFileSync(join(folder, file), new Uint8Array(57_344)),
      { name: "FormatError" },
    ],
  ])("refuses a folder %s", async (_, spoil, expected) => {
    const folder = join(scratchFolder(), "out");
    const { layers } = await build(goldenImage([first]), folder);
    spoil(folder, layers[0]?.file ?? "");
    await expect(openImage(folder, { rootHashes: "recorded" })).rejects.toMatchObject(expected);
  });

  test("says that a folder is no image", async () => {
    const failure = { name: "DeviceError", code: "device-missing" };
    await expect(openImage(scratchFolder(), { rootHashes: "recorded" })).rejects.toMatchObject(failure);
  });
});

describe("the cache", () => {
  interface Cached {
    readonly folder: string;
    readonly warnings: string[];
    /** Builds the image of three layers; says how many were really built. */
    readonly run: () => Promise<number>;
    /** The folders of entries. */
    readonly entries: () => string[];
  }

  function cached(): Cached {
    const folder = join(scratchFolder(), "cache");
    const warnings: string[] = [];
    return {
      folder,
      warnings,
      entries: () => readdirSync(folder).map((name) => join(folder, name)),
      run: async () => {
        const location = await locateImage(goldenImage(three).writeTo(scratchFolder()));
        await using source = await openImageSource(location);
        const own = filesOnThisThread(source);
        let builds = 0;
        const out = join(scratchFolder(), "out");
        const image = await buildImage(source, out, {
          cache: await LayerCache.open(folder, (text) => warnings.push(text)),
          maker: {
            build: (...call) => {
              builds++;
              return own.build(...call);
            },
          },
        });
        expect(image.layers.map(({ rootHash }) => toHex(rootHash))).toEqual(
          three.map(({ rootHash }) => rootHash),
        );
        for (const { file, imageSha256 } of image.layers)
          expect(sha256(join(out, file))).toBe(toHex(imageSha256));
        return builds;
      },
    };
  }

  test("gives what was built before", async () => {
    const { run, warnings, entries, folder } = cached();
    expect([await run(), await run()]).toEqual([2, 0]);
    expect(entries()).toHaveLength(2);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(warnings).toEqual([]);
  });

  test.each<[string, (entry: string) => void]>([
    ["a flipped bit", (entry) => flip(join(entry, "layer.img"), 5000)],
    ["a flipped bit that no root hash covers", (entry) => flip(join(entry, "layer.img"), -1)],
    [
      "a cut image",
      (entry) =>
        writeFileSync(join(entry, "layer.img"), readFileSync(join(entry, "layer.img")).subarray(0, -512)),
    ],
    ["a record that is no JSON", (entry) => writeFileSync(join(entry, "layer.json"), "{")],
    ["a record of another root hash", (entry) => misquote(entry, "rootHash", "")],
    ["a record of another layer", (entry) => misquote(entry, "diffId", "sha256:")],
    ["a record of another digest", (entry) => misquote(entry, "imageSha256", "")],
  ])("does not believe %s: it warns, and the layer is built anew", async (_, spoil) => {
    const { run, warnings, entries } = cached();
    await run();
    const [entry = ""] = entries();
    spoil(entry);
    expect(await run()).toBe(1);
    expect(warnings).toEqual([expect.stringContaining("built anew")]);
    expect(await run()).toBe(0);
  });

  test("keeps layers of other options apart", async () => {
    const cache = await LayerCache.open(join(scratchFolder(), "cache"));
    await build(goldenImage([first]), join(scratchFolder(), "a"), { cache });
    await build(goldenImage([first]), join(scratchFolder(), "b"), { cache, layer: { appendDmVerity: true } });
    expect(readdirSync(cache.folder)).toHaveLength(2);
  });

  test("is one for processes that build at once", async () => {
    const { run, entries, warnings } = cached();
    await Promise.all([run(), run(), run()]);
    expect(entries().filter((path) => existsSync(join(path, "layer.json")))).toHaveLength(2);
    expect(entries()).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  test("clears away what was left a day ago, and nothing younger", async () => {
    const folder = join(scratchFolder(), "cache");
    await LayerCache.open(folder);
    for (const name of ["tmp-old", "tmp-new"]) mkdirSync(join(folder, name));
    utimesSync(join(folder, "tmp-old"), 1, 1);
    await LayerCache.open(folder);
    expect(readdirSync(folder)).toEqual(["tmp-new"]);
  });

  test("that others may write to is refused", async () => {
    const folder = scratchFolder();
    chmodSync(folder, 0o777);
    await expect(LayerCache.open(folder)).rejects.toMatchObject({ name: "UsageError" });
    writeFileSync(join(folder, "file"), "");
    await expect(LayerCache.open(join(folder, "file"))).rejects.toMatchObject({ name: "DeviceError" });
  });

  test("that takes nothing more is no failure", async () => {
    const { run, folder, warnings } = cached();
    await LayerCache.open(folder);
    const cache = await LayerCache.open(folder, (text) => warnings.push(text));
    const { layers } = await build(goldenImage([first]), join(scratchFolder(), "a"), { cache });
    const [layer] = layers;
    if (layer === undefined) throw new Error("the layer is missing");
    await cache.put({ diffId: layer.diffId, options: {} }, layer, "/nowhere/at/all");
    expect(warnings).toEqual([expect.stringContaining("not kept in the cache")]);
    expect(await run()).toBe(1);
  });

  function flip(path: string, offset: number): void {
    const bytes = readFileSync(path);
    const at = offset < 0 ? bytes.length + offset : offset;
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(path, bytes);
  }

  /** Puts another digit in the place of the first one of a digest. */
  function misquote(entry: string, field: string, prefix: string): void {
    const path = join(entry, "layer.json");
    const text = readFileSync(path, "utf8");
    const start = text.indexOf(`"${field}":"${prefix}`) + `"${field}":"${prefix}`.length;
    const digit = text[start] === "0" ? "1" : "0";
    writeFileSync(path, `${text.slice(0, start)}${digit}${text.slice(start + 1)}`);
  }
});

test("a built image of one file says the file's layer", async () => {
  const folder = join(scratchFolder(), "out");
  const tar = oneFileTar("a", "b");
  const { layers } = await build(goldenImage([{ tar }]), folder);
  expect(layers[0]?.diffId).toBe(digestOf(tar));
});
