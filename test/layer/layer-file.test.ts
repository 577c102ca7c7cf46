/** A layer image in a file: there whole or not at all. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { fileChunks } from "../../src/device/file-chunks.node.ts";
import { buildLayer } from "../../src/layer/build-layer.ts";
import { LayerFile } from "../../src/layer/layer-file.node.ts";
import { goldenTars, goldenUuid } from "./golden-layers.ts";

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-layer-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const random = goldenTars().find(({ name }) => name === "r09-random");
const sparse = goldenTars().find(({ name }) => name === "40-gnusparse-gnu");

test("committed it is the golden image, and its digests are known", async () => {
  const folder = scratchFolder();
  const path = join(folder, "image");
  await using file = await LayerFile.create(path);
  expect(readdirSync(folder)).not.toContain("image");
  const tar = [random?.bytes() ?? new Uint8Array(0)];
  const { ext4SizeBytes } = await buildLayer(tar, { target: file, uuid: goldenUuid });
  const digests = await file.digests(ext4SizeBytes);
  await file.commit();
  expect(readdirSync(folder)).toEqual(["image"]);
  const golden = new Map(random?.results).get("layer");
  expect(golden).toMatchObject({
    image_sha256: toHex(digests.imageSha256),
    ext4_sha256: toHex(digests.ext4Sha256),
  });
  expect(sha256(readFileSync(path))).toBe(toHex(digests.imageSha256));
});

test("a hole of the tar stays one", async () => {
  const path = join(scratchFolder(), "image");
  await using file = await LayerFile.create(path);
  await buildLayer([sparse?.bytes() ?? new Uint8Array(0)], { target: file });
  await file.commit();
  const { size, blocks } = statSync(path);
  expect(size).toBe(1_131_008);
  expect(blocks * 512).toBeLessThan(size / 4);
});

test("not committed it is gone, and what was there before is not", async () => {
  const folder = scratchFolder();
  const tar = goldenTars().find(({ name }) => name === "e12-bad-checksum");
  const building = async (): Promise<void> => {
    await using file = await LayerFile.create(join(folder, "image"));
    await buildLayer([tar?.bytes() ?? new Uint8Array(0)], { target: file });
    await file.commit();
  };
  await expect(building()).rejects.toMatchObject({ name: "FormatError" });
  expect(readdirSync(folder)).toEqual([]);
});

test("a file that others cut while it is written is noticed", async () => {
  const folder = scratchFolder();
  await using file = await LayerFile.create(join(folder, "image"));
  const { ext4SizeBytes } = await buildLayer([], { target: file });
  const [temporary = ""] = readdirSync(folder);
  truncateSync(join(folder, temporary), 1000);
  await expect(file.digests(ext4SizeBytes)).rejects.toMatchObject({ code: "short-read" });
});

test("a place where no file can be is refused", async () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, "folder"));
  await expect(LayerFile.create(join(folder, "folder"))).rejects.toMatchObject({ name: "UsageError" });
  await expect(LayerFile.create(join(folder, "no", "where"))).rejects.toMatchObject({
    name: "DeviceError",
    code: "device-missing",
  });
});

test("a signal stops the digests and the building", async () => {
  const folder = scratchFolder();
  await using file = await LayerFile.create(join(folder, "image"));
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const { ext4SizeBytes } = await buildLayer([], { target: file });
  await expect(file.digests(ext4SizeBytes, signal)).rejects.toBe(reason);
  await expect(buildLayer([new Uint8Array(512)], { signal })).rejects.toBe(reason);
});

test("a UUID has 16 bytes", async () => {
  await expect(buildLayer([], { uuid: new Uint8Array(15) })).rejects.toMatchObject({ name: "UsageError" });
});

test("a file's bytes come in chunks, and a missing file is a device's failure", async () => {
  const path = join(scratchFolder(), "file");
  const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => i % 251);
  await using file = await LayerFile.create(path);
  file.write(0, bytes);
  file.end(bytes.length);
  await file.commit();
  const read: number[] = [];
  const hash = createHash("sha256");
  for await (const chunk of fileChunks(path, { onRead: (count) => read.push(count) })) hash.update(chunk);
  expect(read).toEqual([1_048_576, 2_097_152, 2_500_000]);
  expect(hash.digest("hex")).toBe(sha256(bytes));
  const missing = fileChunks(`${path}.not`)[Symbol.asyncIterator]();
  await expect(missing.next()).rejects.toMatchObject({ code: "device-missing" });
});
