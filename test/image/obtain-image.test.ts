/** Images opened from wherever they are, and those that nothing pins refused. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { buildImage } from "../../src/image/build-image.node.ts";
import { type ObtainImageOptions, obtainImage } from "../../src/image/obtain-image.node.ts";
import { locateImage, openImageSource } from "../../src/oci/image-location.node.ts";
import { TreeFiles } from "../../src/tree/tree-files.ts";
import { scratchFolder } from "../cli/child-command.ts";
import { digestOf, ImageBuilder, oneFileTar } from "../oci/image-builder.ts";
import { RegistryServer } from "../oci/registry-server.ts";

const builder = new ImageBuilder();
const tars = [oneFileTar("base", "one"), oneFileTar("top", "two")] as const;
const image = builder.addImage({ layers: tars.map((tar) => ({ tar })) });
builder.layout(image);
const other = digestOf(new Uint8Array(1));
const platform = { platform: { os: "linux", architecture: "amd64", variant: undefined }, required: false };

interface Seen {
  readonly texts: string[];
  readonly left: readonly string[];
}

/** What the layers hold, and what is left of them once the image is closed. */
async function obtain(text: string, options: ObtainImageOptions = {}): Promise<Seen> {
  const temporaryFolder = scratchFolder();
  const opened = await obtainImage(text, { platform, temporaryFolder, ...options });
  const texts: string[] = [];
  for (const [index, name] of ["base", "top"].entries()) {
    const tree = opened.layers[index]?.tree;
    if (tree) texts.push(await new TreeFiles(tree).readFile(name, "utf8"));
  }
  await opened.close();
  return { texts, left: readdirSync(temporaryFolder) };
}

const whole: Seen = { texts: ["one", "two"], left: [] };

describe("an image in files", () => {
  test.each(["folder", "archive"])("in a layout in %s", async (kind) => {
    const folder = scratchFolder();
    const path = kind === "folder" ? builder.writeTo(folder) : join(folder, "image.tar");
    if (kind === "archive") writeFileSync(path, builder.toTar());
    expect(await obtain(path)).toEqual(whole);
    expect(await obtain(path, { digest: image.digest })).toEqual(whole);
    const config = JSON.parse(
      new TextDecoder().decode(builder.files.get(`blobs/${image.digest.replace(":", "/")}`)),
    );
    expect(await obtain(path, { digest: config.config.digest })).toEqual(whole);
    const temporaryFolder = scratchFolder();
    const wrong = obtainImage(path, { platform, digest: other, temporaryFolder });
    await expect(wrong).rejects.toMatchObject({ name: "IntegrityError", code: "digest-mismatch" });
    expect(readdirSync(temporaryFolder)).toEqual([]);
  });

  test("built before, which digests do not pin", async () => {
    const folder = join(scratchFolder(), "built");
    await using source = await openImageSource(await locateImage(builder.writeTo(scratchFolder())));
    await buildImage(source, folder, { platform });
    expect(await obtain(folder)).toEqual(whole);
    await expect(obtainImage(folder, { digest: image.digest })).rejects.toThrow(/root hashes pin/);
    await expect(obtainImage(folder, { digest: "latest" })).rejects.toMatchObject({ name: "UsageError" });
  });

  test("names its layers by the image, and keeps them open while one is in use", async () => {
    const path = builder.writeTo(scratchFolder());
    const opened = await obtainImage(path, { platform, temporaryFolder: scratchFolder() });
    expect(opened.layers.map(({ label }) => label)).toEqual([`layer 0 of ${path}`, `layer 1 of ${path}`]);
    const hold = opened.layers[1]?.hold("web");
    await expect(opened.close()).rejects.toMatchObject({ code: "busy" });
    const tree = opened.layers[0]?.tree;
    await expect(tree?.getattr(tree.root)).resolves.toMatchObject({ type: "directory" });
    hold?.release();
    await opened.close();
    await expect(tree?.getattr(tree.root)).rejects.toMatchObject({ code: "closed" });
  });

  test("leaves nothing where the work is stopped", async () => {
    const temporaryFolder = scratchFolder();
    const stop = new AbortController();
    const options = {
      platform,
      temporaryFolder,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    };
    await expect(obtainImage(builder.writeTo(scratchFolder()), options)).rejects.toThrow("enough");
    expect(readdirSync(temporaryFolder)).toEqual([]);
  });
});

describe("an image in a registry", () => {
  async function published(): Promise<RegistryServer> {
    const server = await RegistryServer.start();
    server.publish("team/app", "1", builder.files, image);
    return server;
  }
  const credentials = async (): Promise<undefined> => undefined;

  test("pinned by a digest, in one way or the other", async () => {
    const { host } = await published();
    expect(await obtain(`${host}/team/app:1@${image.digest}`, { credentials })).toEqual(whole);
    expect(await obtain(`${host}/team/app:1`, { digest: image.digest, credentials })).toEqual(whole);
    const twice = obtainImage(`${host}/team/app@${image.digest}`, { digest: other, credentials });
    await expect(twice).rejects.toThrow(/names a digest already/);
  });

  test("pinned by nothing but its tag is refused, unless a policy pins it", async () => {
    const server = await published();
    const opening = obtainImage(`${server.host}/team/app:1`, { credentials });
    await expect(opening).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringContaining(`pin it, as ${server.host}/team/app:1@sha256:…`),
    });
    expect(server.requests).toEqual([]);
    expect(await obtain(`${server.host}/team/app:1`, { isPinnedByPolicy: true, credentials })).toEqual(whole);
  });

  test("replaced since it was pinned", async () => {
    const server = await published();
    const resource = server.resources.get(`/v2/team/app/manifests/${image.digest}`);
    if (resource) resource.bytes = new TextEncoder().encode("{}");
    const opening = obtain(`${server.host}/team/app@${image.digest}`, { credentials });
    await expect(opening).rejects.toMatchObject({ code: "digest-mismatch" });
  });
});

test("root hashes are those of the layers", async () => {
  const path = builder.writeTo(scratchFolder());
  await using opened = await obtainImage(path, { platform, temporaryFolder: scratchFolder() });
  const recorded = opened.description.layers.map(({ rootHash }) => toHex(rootHash));
  expect(opened.layers.map(({ rootHash }) => toHex(rootHash))).toEqual(recorded);
});
