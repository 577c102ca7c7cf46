/** What a person writes for an image, and what is opened then. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { locateImage, openImageSource } from "../../src/oci/image-location.node.ts";
import { scratchFolder } from "../cli/child-command.ts";
import { TarBuilder } from "../tar/tar-builder.ts";
import { configurationOf, digestOf, documentBytes, ImageBuilder, oneFileTar } from "./image-builder.ts";

const tar = oneFileTar("a", "b");

/** A folder with an image in every form, one of them with colons in its path. */
function images(): { folder: string; config: string } {
  const folder = scratchFolder();
  const builder = new ImageBuilder();
  const image = builder.addImage({ layers: [{ tar }] });
  builder.layout({ ...image, annotations: { "org.opencontainers.image.ref.name": "1.0" } });
  mkdirSync(join(folder, "layout"));
  builder.writeTo(join(folder, "layout"));
  writeFileSync(join(folder, "layout:1.tar"), builder.toTar());
  const config = documentBytes(configurationOf({ layers: [{ tar }] }));
  const saved = (): TarBuilder =>
    new TarBuilder()
      .file("c.json", config)
      .file("l.tar", tar)
      .file("manifest.json", JSON.stringify([{ Config: "c.json", RepoTags: ["app:1"], Layers: ["l.tar"] }]));
  writeFileSync(join(folder, "saved.tar"), saved().end().bytes());
  const both = saved();
  for (const [path, bytes] of builder.files) both.file(path, bytes);
  writeFileSync(join(folder, "both.tar"), both.end().bytes());
  writeFileSync(join(folder, "layer.tar"), tar);
  mkdirSync(join(folder, "empty"));
  return { folder, config: digestOf(config) };
}

describe("a path or a transport", () => {
  test.each([
    ["oci:FOLDER/layout", "layout-folder"],
    ["oci:FOLDER/layout:1.0", "layout-folder"],
    ["oci-archive:FOLDER/layout:1.tar", "layout-archive"],
    ["oci-archive:FOLDER/layout:1.tar:1.0", "layout-archive"],
    ["docker-archive:FOLDER/saved.tar", "docker-archive"],
    ["docker-archive:FOLDER/saved.tar:app:1", "docker-archive"],
    ["docker-archive:FOLDER/both.tar", "docker-archive"],
    ["docker-archive:FOLDER/layout:1.tar", "docker-archive"],
    ["FOLDER/layout", "layout-folder"],
    ["FOLDER/layout:1.tar", "layout-archive"],
    ["FOLDER/saved.tar", "docker-archive"],
    ["FOLDER/both.tar", "layout-archive"],
  ])("%s is a %s, and opens", async (text, kind) => {
    const { folder } = images();
    const location = await locateImage(text.replace("FOLDER", folder));
    expect(location.kind).toBe(kind);
    await using source = await openImageSource(location);
    expect(await source.resolve()).toMatchObject({ layers: [{ diffId: digestOf(tar) }] });
  });

  test.each([
    ["oci:FOLDER/layout:2.0", { name: "UsageError", message: expect.stringContaining(`there is "1.0"`) }],
    ["docker-archive:FOLDER/saved.tar:app:2", { name: "UsageError" }],
    ["oci:FOLDER/saved.tar", { name: "FormatError", code: "bad-magic" }],
    ["oci-archive:FOLDER/saved.tar", { name: "FormatError", code: "bad-magic" }],
    ["oci:FOLDER/empty", { name: "FormatError", code: "bad-magic" }],
    ["oci-archive:FOLDER/layout", { name: "UsageError" }],
    ["docker-archive:FOLDER/layer.tar", { name: "FormatError", code: "bad-magic" }],
    ["FOLDER/layer.tar", { name: "FormatError", message: expect.stringContaining("sealstone layer") }],
    ["FOLDER/empty", { name: "FormatError", code: "bad-magic" }],
    ["FOLDER/nothing", { name: "DeviceError", code: "device-missing" }],
    ["oci:FOLDER/nothing:1", { name: "DeviceError", code: "device-missing" }],
    ["./nothing", { name: "DeviceError", code: "device-missing" }],
    ["-", { name: "UsageError", message: expect.stringContaining("save it to a file") }],
    ["docker-archive:-", { name: "UsageError", message: expect.stringContaining("save it to a file") }],
    ["nothing", { name: "UsageError", message: expect.stringContaining("write its host out") }],
    ["docker://nothing", { name: "UsageError", message: expect.stringContaining("write its host out") }],
  ])("%s is refused", async (text, expected) => {
    const { folder } = images();
    const opened = locateImage(text.replace("FOLDER", folder)).then(async (location) => {
      await using source = await openImageSource(location);
      return await source.resolve();
    });
    await expect(opened).rejects.toMatchObject(expected);
  });
});

test.each(["registry.example/app:1", "docker://registry.example/app:1"])(
  "%s is in a registry",
  async (text) => {
    expect(await locateImage(text)).toMatchObject({
      kind: "registry",
      reference: { host: "registry.example", repository: "app", tag: "1" },
    });
  },
);
