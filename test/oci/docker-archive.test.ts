/** What `docker save` writes, old and new, and archives that only look like it. */
import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { ArchiveStore } from "../../src/oci/archive-store.ts";
import { DockerArchiveSource } from "../../src/oci/docker-archive.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import { TarBuilder } from "../tar/tar-builder.ts";
import { collect } from "./collect.ts";
import { configurationOf, digestOf, documentBytes, oneFileTar } from "./image-builder.ts";

const [base, top] = [oneFileTar("base", "1"), oneFileTar("top", "2")];

async function open(tar: TarBuilder, reference?: string): Promise<DockerArchiveSource> {
  const store = await ArchiveStore.open(new MemoryDevice(tar.end().bytes()));
  return new DockerArchiveSource(store, reference === undefined ? {} : { reference });
}

function configuration(...layers: readonly Uint8Array[]): Uint8Array {
  return documentBytes(configurationOf({ layers: layers.map((tar) => ({ tar })) }));
}

const manifest = (...images: readonly object[]): Uint8Array => documentBytes(images);

async function readLayers(source: DockerArchiveSource): Promise<Uint8Array[]> {
  const { layers } = await source.resolve();
  return Promise.all(layers.map((layer) => collect(source.blob(layer))));
}

describe("an archive of Docker's", () => {
  test("of old: a folder a layer, a layer that is there already by a link, the manifest last", async () => {
    const config = configuration(base, top, base);
    const name = `${digestOf(config).slice(7)}.json`;
    const tar = new TarBuilder()
      .add({ name: "1111/", type: "5" })
      .file("1111/VERSION", "1.0")
      .file("1111/layer.tar", base)
      .file("2222/layer.tar", top)
      .add({ name: "3333/layer.tar", type: "2", linkName: "../1111/layer.tar" })
      .file(name, config)
      .file(
        "manifest.json",
        manifest({
          Config: name,
          RepoTags: ["app:1"],
          Layers: ["1111/layer.tar", "2222/layer.tar", "3333/layer.tar"],
        }),
      );
    const source = await open(tar);
    expect(await source.resolve()).toMatchObject({
      manifestDigest: undefined,
      configDigest: digestOf(config),
      layers: [
        { digest: undefined, diffId: digestOf(base) },
        { diffId: digestOf(top) },
        { diffId: digestOf(base) },
      ],
    });
    expect(await readLayers(source)).toEqual([base, top, base]);
  });

  test("of Docker 25 and later: blobs by their digests, which are held against them", async () => {
    const config = configuration(base);
    const blob = (bytes: Uint8Array): string => `blobs/${digestOf(bytes).replace(":", "/")}`;
    const make = (layer: Uint8Array): TarBuilder =>
      new TarBuilder()
        .file(blob(base), layer)
        .file(blob(config), config)
        .file("manifest.json", manifest({ Config: blob(config), RepoTags: null, Layers: [blob(base)] }));
    const source = await open(make(base));
    expect((await source.resolve()).layers).toMatchObject([{ digest: digestOf(base) }]);
    expect(await readLayers(source)).toEqual([base]);
    await expect(readLayers(await open(make(new Uint8Array(base.length))))).rejects.toMatchObject({
      name: "IntegrityError",
      code: "digest-mismatch",
    });
  });

  test("of several images: one is named, by what it was saved as", async () => {
    const [one, two] = [configuration(base), configuration(top)];
    const make = (): TarBuilder =>
      new TarBuilder()
        .file("one.json", one)
        .file("two.json", two)
        .file("base.tar", base)
        .file("top.tar", top)
        .file(
          "manifest.json",
          manifest(
            { Config: "one.json", RepoTags: ["registry.example/app:1", "app:latest"], Layers: ["base.tar"] },
            { Config: "two.json", RepoTags: ["app:2"], Layers: ["./top.tar"] },
          ),
        );
    for (const [reference, config] of [
      ["registry.example/app:1", one],
      ["app", one],
      ["app:2", two],
    ] as const) {
      expect((await (await open(make(), reference)).resolve()).configDigest).toBe(digestOf(config));
    }
    for (const reference of [undefined, "other"]) {
      await expect((await open(make(), reference)).resolve()).rejects.toMatchObject({
        name: "UsageError",
        message: expect.stringContaining(`"registry.example/app:1", "app:latest", "app:2"`),
      });
    }
  });

  test("is for one platform", async () => {
    const make = (): TarBuilder =>
      new TarBuilder()
        .file("c", configuration())
        .file("manifest.json", manifest({ Config: "c", Layers: [] }));
    const platform = parsePlatform("linux/arm64");
    await expect((await open(make())).resolve({ platform, required: false })).resolves.toMatchObject({
      layers: [],
    });
    await expect((await open(make())).resolve({ platform, required: true })).rejects.toMatchObject({
      message: expect.stringContaining("there is linux/amd64"),
    });
  });

  const image = { Config: "c", Layers: ["l"] };
  test.each<[string, (tar: TarBuilder) => TarBuilder, object]>([
    ["without a manifest", (tar) => tar, { code: "bad-magic" }],
    ["whose manifest is an object", (tar) => tar.file("manifest.json", "{}"), { code: "bad-field" }],
    ["without an image", (tar) => tar.file("manifest.json", "[]"), { name: "UsageError" }],
    [
      "with two manifests",
      (tar) => tar.file("manifest.json", manifest(image)).file("./manifest.json", manifest(image)),
      { message: expect.stringContaining("more than once") },
    ],
    [
      "whose configuration is missing",
      (tar) => tar.file("manifest.json", manifest({ ...image, Config: "x" })),
      { message: expect.stringContaining(`"x" is missing`) },
    ],
    [
      "whose layer is missing",
      (tar) => tar.file("manifest.json", manifest({ ...image, Layers: ["x"] })),
      { message: expect.stringContaining(`"x" is missing`) },
    ],
    [
      "whose layer is outside",
      (tar) => tar.file("manifest.json", manifest({ ...image, Layers: ["../l"] })),
      { message: expect.stringContaining("leads out") },
    ],
    [
      "whose layer is the machine's",
      (tar) => tar.file("manifest.json", manifest({ ...image, Layers: ["/etc/passwd"] })),
      { message: expect.stringContaining("leads out") },
    ],
    [
      "whose layer is a link out of it",
      (tar) =>
        tar
          .add({ name: "x", type: "2", linkName: "../../l" })
          .file("manifest.json", manifest({ ...image, Layers: ["x"] })),
      { message: expect.stringContaining("leads out") },
    ],
    [
      "whose layer is an absolute link",
      (tar) =>
        tar
          .add({ name: "x", type: "2", linkName: "/l" })
          .file("manifest.json", manifest({ ...image, Layers: ["x"] })),
      { message: expect.stringContaining("leads out") },
    ],
    [
      "whose layer is a link to itself",
      (tar) =>
        tar
          .add({ name: "x", type: "2", linkName: "x" })
          .file("manifest.json", manifest({ ...image, Layers: ["x"] })),
      { message: expect.stringContaining("leads nowhere") },
    ],
    [
      "whose layer is sparse",
      (tar) =>
        tar
          .sparse("x", { form: "pax-1.0", size: 4096, data: [[0, "y"]] })
          .file("manifest.json", manifest({ ...image, Layers: ["x"] })),
      { message: expect.stringContaining("sparse") },
    ],
    [
      "whose layer is a folder",
      (tar) => tar.add({ name: "x", type: "5" }).file("manifest.json", manifest({ ...image, Layers: ["x"] })),
      { message: expect.stringContaining("missing") },
    ],
    [
      "with more layers than diff-ids",
      (tar) => tar.file("manifest.json", manifest({ ...image, Layers: ["l", "l"] })),
      { name: "FormatError" },
    ],
    [
      "whose configuration is the layer",
      (tar) => tar.file("manifest.json", manifest({ ...image, Config: "l" })),
      { name: "FormatError" },
    ],
  ])("%s is refused", async (_, spoil, expected) => {
    const tar = spoil(new TarBuilder().file("c", configuration(base)).file("l", base));
    await expect((await open(tar)).resolve()).rejects.toMatchObject(expected);
  });
});

describe("the index of an archive", () => {
  test("is made without reading what the entries hold", async () => {
    const large = new Uint8Array(40 * 1024 * 1024);
    const tar = new TarBuilder().file("large", large).file("after", "x").end().bytes();
    let readBytes = 0;
    class CountingDevice extends MemoryDevice {
      override read(...args: Parameters<MemoryDevice["read"]>): Promise<void> {
        readBytes += args[1].length;
        return super.read(...args);
      }
    }
    await using store = await ArchiveStore.open(new CountingDevice(tar));
    expect(readBytes).toBeLessThan(300_000);
    expect(new TextDecoder().decode(await collect(store.read("after")))).toBe("x");
    expect((await collect(store.read("large"))).length).toBe(large.length);
  });

  test("knows hard links, long names and names by the bytes that they are", async () => {
    const long = `${"d".repeat(90)}/${"f".repeat(120)}`;
    const tar = new TarBuilder()
      .add({ name: "x", longName: long, content: "long" })
      .add({ name: "hard", type: "1", linkName: `./${long}`.slice(0, 100), longLink: `./${long}` })
      .add({ name: Uint8Array.of(0xff, 0xfe), content: "unreachable" })
      .file("__proto__", "a name");
    await using store = await ArchiveStore.open(new MemoryDevice(tar.end().bytes()));
    expect(await store.sizeBytes(long)).toBe(4);
    expect(await store.sizeBytes("hard")).toBe(4);
    expect(await store.sizeBytes("__proto__")).toBe(6);
    expect(await store.sizeBytes("constructor")).toBeUndefined();
    await expect(collect(store.read("nothing"))).rejects.toMatchObject({ code: "device-missing" });
  });

  test.each([
    ["gzip", Uint8Array.of(0x1f, 0x8b, 8, 0), "gunzip"],
    ["zstd", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), "unzstd"],
  ])("an archive in %s is refused, and what to do is said", async (_, bytes, program) => {
    await expect(ArchiveStore.open(new MemoryDevice(bytes))).rejects.toMatchObject({
      name: "FormatError",
      message: expect.stringContaining(program),
    });
  });

  test.each([
    ["what is no tar", new Uint8Array(2048).fill(0x61)],
    [
      "an archive that ends in a file",
      new TarBuilder().file("a", "x".repeat(2000)).bytes().subarray(0, 1500),
    ],
    ["a file of 2^52 bytes", new TarBuilder().add({ name: "a", size: 2 ** 52 }).bytes()],
  ])("%s is refused", async (_, bytes) => {
    await expect(ArchiveStore.open(new MemoryDevice(bytes))).rejects.toMatchObject({ name: "FormatError" });
  });
});
