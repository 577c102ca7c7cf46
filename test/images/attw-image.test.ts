/** The recipe image: the same bytes everywhere, and in it what a layer can hold. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type TarHeader, unpackTar } from "modern-tar";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { makeAttwImage } from "../../images/attw-image.ts";
import { digestOf, type RecipeImage, writeImageTar, writeOciLayout } from "../../images/recipe-image.ts";
import { readRecord, recordOf } from "../../images/record.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let image: RecipeImage;

beforeAll(async () => {
  image = await makeAttwImage(root);
});

test("it is byte for byte what is written down", async () => {
  expect(await recordOf(image)).toEqual(await readRecord(root, "attw"));
});

test("it has what a real image has", async () => {
  const headers: TarHeader[] = [];
  for (const { tar, entries } of image.layers) {
    const unpacked = await unpackTar(tar);
    expect(unpacked).toHaveLength(entries);
    headers.push(...unpacked.map(({ header }) => header));
  }
  const ofType = (type: string) => headers.filter((header) => header.type === type).length;
  const withRecord = (record: string) =>
    headers.filter(({ pax }) => pax !== undefined && Object.hasOwn(pax, record)).length;
  const named = (pattern: RegExp) => headers.filter(({ name }) => pattern.test(name)).length;
  expect(image.layers.length).toBeGreaterThanOrEqual(3);
  expect(image.layers.reduce((sum, { tar }) => sum + tar.length, 0)).toBeGreaterThan(20_000_000);
  expect(ofType("file")).toBeGreaterThan(1000);
  expect(ofType("link")).toBeGreaterThan(100);
  expect(ofType("symlink")).toBeGreaterThan(5);
  expect(ofType("fifo")).toBe(1);
  expect(named(/(?:^|\/)\.wh\.(?!\.wh\.)/)).toBeGreaterThan(10);
  expect(named(/(?:^|\/)\.wh\.\.wh\.\.opq$/)).toBe(1);
  expect(withRecord("SCHILY.xattr.security.capability")).toBe(1);
  expect(withRecord("SCHILY.xattr.user.npm.integrity")).toBeGreaterThan(50);
});

test("its layout holds each blob under its digest", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-image-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await writeOciLayout(image, folder);
  const blobs = readdirSync(join(folder, "blobs/sha256"));
  expect(blobs.sort()).toEqual(
    blobs.map((name) => digestOf(readFileSync(join(folder, "blobs/sha256", name))).replace("sha256:", "")),
  );
  expect(blobs).toHaveLength(image.layers.length + 2);
  expect(readFileSync(join(folder, "index.json"), "utf8")).toContain(image.digest);

  await writeImageTar(image, join(folder, "image.tar"));
  const members = await unpackTar(readFileSync(join(folder, "image.tar")));
  const sizes = new Map(members.map(({ header, data }) => [header.name, data?.length]));
  for (const { diffId, tar } of image.layers) {
    expect(sizes.get(`blobs/${diffId.replace(":", "/")}`)).toBe(tar.length);
  }
  expect([...sizes.keys()]).toEqual(expect.arrayContaining(["index.json", "manifest.json", "oci-layout"]));
});
