/** Layouts, in a folder and in a tar: the same image, the same refusals. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { ArchiveStore } from "../../src/oci/archive-store.ts";
import { FolderStore } from "../../src/oci/folder-store.node.ts";
import { LayoutSource } from "../../src/oci/layout.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import { scratchFolder } from "../cli/child-command.ts";
import { collect } from "./collect.ts";
import {
  type BuiltDescriptor,
  digestOf,
  documentBytes,
  ImageBuilder,
  ociManifest,
  oneFileTar,
} from "./image-builder.ts";

const tar = oneFileTar("a", "b");
const choose = (platform: string, required = true) => ({ platform: parsePlatform(platform), required });

const forms: [string, (builder: ImageBuilder, tag?: string) => Promise<LayoutSource>][] = [
  [
    "folder",
    async (builder, tag) =>
      new LayoutSource(
        await FolderStore.open(builder.writeTo(scratchFolder())),
        tag === undefined ? {} : { tag },
      ),
  ],
  [
    "archive",
    async (builder, tag) =>
      new LayoutSource(
        await ArchiveStore.open(new MemoryDevice(builder.toTar())),
        tag === undefined ? {} : { tag },
      ),
  ],
];

const tagged = (descriptor: BuiltDescriptor, tag: string): object => ({
  ...descriptor,
  annotations: { "org.opencontainers.image.ref.name": tag },
});
const forPlatform = (descriptor: BuiltDescriptor, architecture: string, variant?: string): object => ({
  ...descriptor,
  platform: { os: "linux", architecture, ...(variant && { variant }) },
});

describe.each(forms)("a layout in a %s", (_, open) => {
  test("gives its image's configuration and layers", async () => {
    const builder = new ImageBuilder();
    const image = builder.addImage({
      layers: [{ tar }, { tar, compression: "none" }],
      config: { Cmd: ["sh"] },
    });
    await using source = await open(builder.layout(image));
    const resolved = await source.resolve();
    expect(resolved).toMatchObject({
      manifestDigest: image.digest,
      configuration: { command: ["sh"] },
      layers: [
        { index: 0, diffId: digestOf(tar), mediaType: expect.stringContaining("gzip") },
        { index: 1, diffId: digestOf(tar), digest: digestOf(tar), sizeBytes: tar.length },
      ],
    });
    const [, plain] = resolved.layers;
    if (plain === undefined) throw new Error("a layer is missing");
    expect(await collect(source.blob(plain))).toEqual(tar);
  });

  test("chooses by platform, through indexes in indexes, and leaves attestations aside", async () => {
    const builder = new ImageBuilder();
    const make = (architecture: string, variant?: string): BuiltDescriptor =>
      builder.addImage({ layers: [{ tar }], architecture, ...(variant && { variant }) });
    const attestation = { ...make("unknown"), platform: { os: "unknown", architecture: "unknown" } };
    const [amd64, armV6, armV7, arm64] = [make("amd64"), make("arm", "v6"), make("arm", "v7"), make("arm64")];
    const index = builder.addIndex([
      attestation,
      forPlatform(amd64, "amd64"),
      forPlatform(armV6, "arm", "v6"),
      forPlatform(armV7, "arm", "v7"),
      // Says nothing of its platform: its configuration does.
      arm64,
    ]);
    await using source = await open(builder.layout(builder.addIndex([index])));
    for (const [platform, image] of [
      ["linux/amd64", amd64],
      ["linux/arm", armV7],
      ["linux/arm/v6", armV6],
      ["linux/arm64/v8", arm64],
    ] as const) {
      expect((await source.resolve(choose(platform))).manifestDigest, platform).toBe(image.digest);
    }
    await expect(source.resolve(choose("linux/riscv64"))).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringMatching(
        /no image for linux\/riscv64: there is linux\/amd64, linux\/arm\/v6, linux\/arm\/v7, linux\/arm64$/,
      ),
    });
    await expect(source.resolve()).rejects.toMatchObject({ name: "UsageError" });
  });

  test("of one platform alone is taken, unless another is required", async () => {
    const builder = new ImageBuilder();
    const image = builder.addImage({ layers: [{ tar }], architecture: "s390x" });
    await using source = await open(builder.layout(image));
    expect((await source.resolve(choose("linux/amd64", false))).manifestDigest).toBe(image.digest);
    await expect(source.resolve(choose("linux/amd64"))).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringContaining("there is linux/s390x"),
    });
  });

  test("finds an image by its tag or full name, and says what there is", async () => {
    const builder = new ImageBuilder();
    const [one, two] = ["a", "b"].map((name) =>
      builder.addImage({ layers: [{ tar: oneFileTar(name, "") }] }),
    );
    if (one === undefined || two === undefined) throw new Error("an image is missing");
    const named = { ...two, annotations: { "io.containerd.image.name": "registry.example/two:2" } };
    builder.layout(tagged(one, "1"), named);
    expect((await (await open(builder, "1")).resolve()).manifestDigest).toBe(one.digest);
    expect((await (await open(builder, "registry.example/two:2")).resolve()).manifestDigest).toBe(two.digest);
    for (const tag of [undefined, "__proto__"]) {
      await expect((await open(builder, tag)).resolve()).rejects.toMatchObject({
        name: "UsageError",
        message: expect.stringContaining(`there is "1", "registry.example/two:2"`),
      });
    }
  });

  test("may name blobs by SHA-512", async () => {
    const builder = new ImageBuilder();
    const image = builder.addImage({ layers: [{ tar }] });
    const bytes = builder.files.get(`blobs/${image.digest.replace(":", "/")}`) ?? new Uint8Array();
    const again = builder.add(bytes, ociManifest, "sha512");
    await using source = await open(builder.layout(again));
    expect((await source.resolve()).manifestDigest).toBe(again.digest);
  });

  type Spoil = (builder: ImageBuilder, image: BuiltDescriptor) => void;
  const put =
    (path: string, document: unknown): Spoil =>
    (builder) =>
      void builder.files.set(path, documentBytes(document));
  test.each<[string, Spoil, object]>([
    ["without its marker", (builder) => void builder.files.delete("oci-layout"), { code: "bad-magic" }],
    ["of another version", put("oci-layout", { imageLayoutVersion: "2.0.0" }), { code: "bad-version" }],
    ["whose marker is endless", put("oci-layout", " ".repeat(5000)), { code: "does-not-fit" }],
    ["without an index", (builder) => void builder.files.delete("index.json"), { code: "bad-field" }],
    [
      "whose index is too large",
      put("index.json", " ".repeat(4 * 1024 * 1024 + 1)),
      { code: "does-not-fit" },
    ],
    ["whose index is empty", put("index.json", { schemaVersion: 2, manifests: [] }), { name: "UsageError" }],
    [
      "without its manifest",
      (builder, { digest }) => void builder.files.delete(`blobs/${digest.replace(":", "/")}`),
      { code: "bad-field" },
    ],
    [
      "whose manifest is another",
      (builder, { digest, size }) =>
        void builder.files.set(`blobs/${digest.replace(":", "/")}`, new Uint8Array(size)),
      { name: "IntegrityError", code: "digest-mismatch" },
    ],
    [
      "whose manifest is longer",
      (builder, image) => void builder.layout({ ...image, size: image.size - 1 }),
      { name: "IntegrityError", code: "digest-mismatch" },
    ],
    [
      "whose manifest is shorter",
      (builder, image) => void builder.layout({ ...image, size: image.size + 1 }),
      { name: "IntegrityError", code: "digest-mismatch" },
    ],
    [
      "whose manifest is said to be enormous",
      (builder, image) => void builder.layout({ ...image, size: 2 ** 40 }),
      { code: "does-not-fit" },
    ],
    [
      "whose digest is a path",
      (builder, image) => void builder.layout({ ...image, digest: "sha256:../../secret" }),
      { name: "FormatError" },
    ],
    [
      "of schema 1",
      (builder) =>
        void builder.layout(
          builder.add(
            documentBytes({ schemaVersion: 1 }),
            "application/vnd.docker.distribution.manifest.v1+json",
          ),
        ),
      { code: "bad-version" },
    ],
    [
      "of an artifact",
      (builder) =>
        void builder.layout(
          builder.addImage({
            layers: [],
            manifest: { config: builder.add(documentBytes({}), "application/vnd.oci.empty.v1+json") },
          }),
        ),
      { name: "FormatError", message: expect.stringContaining("no container image") },
    ],
    [
      "with fewer layers than diff-ids",
      (builder) => void builder.layout(builder.addImage({ layers: [{ tar }], manifest: { layers: [] } })),
      { name: "FormatError" },
    ],
    [
      "with an encrypted layer",
      (builder) =>
        void builder.layout(
          builder.addImage({
            layers: [{ tar, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip+encrypted" }],
          }),
        ),
      { name: "FormatError", message: expect.stringContaining("encrypted") },
    ],
    [
      "with a layer that stays elsewhere",
      (builder) =>
        void builder.layout(
          builder.addImage({
            layers: [{ tar, mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" }],
          }),
        ),
      { name: "FormatError", message: expect.stringContaining("not distributed") },
    ],
    [
      "with a layer that is none",
      (builder) => void builder.layout(builder.addImage({ layers: [{ tar, mediaType: "text/plain" }] })),
      { name: "FormatError", message: expect.stringContaining("no layer") },
    ],
    [
      "of indexes without an end",
      (builder, image) =>
        void builder.layout(
          Array.from({ length: 8 }).reduce<BuiltDescriptor>((inner) => builder.addIndex([inner]), image),
        ),
      { name: "FormatError" },
    ],
  ])("%s is refused", async (_, spoil, expected) => {
    const builder = new ImageBuilder();
    const image = builder.addImage({ layers: [{ tar }] });
    spoil(builder.layout(image), image);
    await using source = await open(builder);
    await expect(source.resolve(choose("linux/amd64"))).rejects.toMatchObject(expected);
  });

  test("a layer that was exchanged fails when it is read", async () => {
    const builder = new ImageBuilder();
    const layer = builder.addLayer({ tar });
    builder.layout(builder.addImage({ layers: [{ tar }] }));
    builder.files.set(`blobs/${layer.digest.replace(":", "/")}`, new Uint8Array(layer.size));
    await using source = await open(builder);
    const [blob] = (await source.resolve()).layers;
    if (blob === undefined) throw new Error("the layer is missing");
    await expect(collect(source.blob(blob))).rejects.toMatchObject({ code: "digest-mismatch" });
  });
});

describe("a folder's links", () => {
  function linked(target: (folder: string, blob: string) => string): string {
    const builder = new ImageBuilder();
    const image = builder.addImage({ layers: [{ tar }] });
    const folder = builder.layout(image).writeTo(join(scratchFolder(), "layout"));
    const blob = join(folder, "blobs", image.digest.replace(":", "/"));
    const to = target(folder, blob);
    renameSync(blob, to);
    symlinkSync(to, blob);
    return folder;
  }

  test("are followed inside it", async () => {
    const folder = linked((folder) => join(folder, "elsewhere"));
    await using source = new LayoutSource(await FolderStore.open(folder));
    expect((await source.resolve()).layers).toHaveLength(1);
  });

  test("are refused out of it, right as what they lead to may be", async () => {
    const folder = linked((folder) => join(folder, "..", "outside"));
    await using source = new LayoutSource(await FolderStore.open(folder));
    await expect(source.resolve()).rejects.toMatchObject({
      name: "FormatError",
      message: expect.stringContaining("leads out of"),
    });
  });

  test("what is a folder, where a file should be, is refused", async () => {
    const folder = new ImageBuilder().layout().writeTo(scratchFolder());
    rmSync(join(folder, "index.json"));
    mkdirSync(join(folder, "index.json"));
    await using source = new LayoutSource(await FolderStore.open(folder));
    await expect(source.resolve()).rejects.toMatchObject({ name: "FormatError" });
  });

  test("the folder itself may be one", async () => {
    const builder = new ImageBuilder();
    const folder = builder.layout(builder.addImage({ layers: [{ tar }] })).writeTo(scratchFolder());
    const link = join(scratchFolder(), "link");
    symlinkSync(folder, link);
    writeFileSync(join(folder, "note"), "");
    expect(readFileSync(join(link, "note"))).toHaveLength(0);
    await using source = new LayoutSource(await FolderStore.open(link));
    expect((await source.resolve()).layers).toHaveLength(1);
  });
});
