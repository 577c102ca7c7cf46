/**
 * Layers beyond what the golden tars hold. The expected digests were made by a
 * transcription of hcsshim's `compactext4` and `tar2ext4` into a program of its
 * own, which makes all of the golden layers as they are; they cover the blocks
 * that are not zero, each behind its number in decimal and a colon.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { compactFile } from "../../src/ext4/compact-file.ts";
import { cleanPath } from "../../src/ext4/compact-path.ts";
import { CompactWriter } from "../../src/ext4/compact-writer.ts";
import { fileTypeMode } from "../../src/ext4/inode.ts";
import { convertTar } from "../../src/layer/convert-tar.ts";
import type { LayerOptions } from "../../src/layer/layer-options.ts";
import { TarReader } from "../../src/tar/tar-reader.ts";
import { SparseImage } from "../ext4/sparse-image.ts";
import { makeHeader, TarBuilder } from "../tar/tar-builder.ts";

const mib = 2 ** 20;
const gib = 2 ** 30;
const layer: LayerOptions = { convertWhiteout: true, maximumDiskSizeBytes: 128 * gib };
const unlimited: LayerOptions = { convertWhiteout: true, maximumDiskSizeBytes: 16 * 2 ** 40 };

async function convert(tar: Iterable<Uint8Array>, options: LayerOptions): Promise<[string, number]> {
  const image = new SparseImage();
  await convertTar(new TarReader(tar), new CompactWriter(image, options), options);
  return [image.sparseSha256(), image.sizeBytes];
}

/** A file of so many bytes, all but the last five a hole, between two small ones. */
function withHole(sizeBytes: number): Uint8Array {
  const sparse = { form: "pax-1.0", size: sizeBytes, data: [[sizeBytes - 5, "tail!"]] } as const;
  return new TarBuilder()
    .file("first", "x".repeat(5000))
    .sparse("big", sparse)
    .file("last", "y".repeat(70))
    .end()
    .bytes();
}

describe("extents", () => {
  test.each([
    [129 * mib, "3fcf34b0e1d5f0006798ed1674b7656c2166a4718292507bd24c7dfe8db90334", 135319552],
    [512 * mib, "722e4833d3030b8d46fd0019882be8e95c91a09273e2504193293c7dc56b2850", 536961024],
    [512 * mib + 1, "aa326533107f19f10f19ae3e863a7bd5975bfd07f566c82157122fcb03e85403", 536969216],
    [gib, "355aeb4e81e0dc2b2d93f6eaa713538b039cebd7272e1f2f4d68214efa608d4a", 1073885184],
  ])("a file of %i bytes", async (sizeBytes, digest, imageSizeBytes) => {
    expect(await convert([withHole(sizeBytes)], {})).toEqual([digest, imageSizeBytes]);
  });

  test.each([
    [340 * 128 * mib - 4096, "bf7aab857b88f5e08096e8430b590433b68394024dd7fccf8774a1674629cd8c", 45642440704],
    [340 * 128 * mib, "c402a472b8b9ff8a301159bad73af501ff06db996fac56f962bfb17e91855516", 45642444800],
    [340 * 128 * mib + 1, "48d6876d10e8d961e1bd8ab628b755de458de2b0d190ff7d609ff35fab280e1a", 45642448896],
    [681 * 128 * mib, "801d0bbfa5ff179d4b9061dea7c5f4d6e3c48f4c76a2116e7e13178462c19007", 91414884352],
    [128 * gib, "43ef49c8b995244032cd5148cff6fd0605225017bd144666eaa12c6a8375e2e9", 137455783936],
  ])("a file of %i bytes, where the source miscounts", async (sizeBytes, digest, imageSizeBytes) => {
    expect(await convert([withHole(sizeBytes)], unlimited)).toEqual([digest, imageSizeBytes]);
  });
});

describe("many entries", () => {
  function* headers(count: number, name: (i: number) => string, type = "0"): Generator<Uint8Array> {
    for (let i = 0; i < count; i++)
      yield makeHeader({ name: name(i), type, size: 0, linkName: type === "1" ? "f" : "" });
    yield new Uint8Array(1024);
  }
  const padded =
    (width: number) =>
    (i: number): string =>
      String(i).padStart(width, "0");

  test("40,000 empty files ask for a second group, and so for 128 MiB", async () => {
    const tar = headers(40_000, (i) => `f${padded(5)(i)}`);
    expect(await convert(tar, {})).toEqual([
      "247f60fab619819f7974163d76f7d62c0e5fa95d4148ed4b84cb4040444303ad",
      134221824,
    ]);
  });

  test("64,997 directories in the root", async () => {
    const [, sizeBytes] = await convert(
      headers(64_997, (i) => `d${padded(5)(i)}`, "5"),
      {},
    );
    expect(sizeBytes).toBe(283959296);
    const tooMany = headers(64_998, (i) => `d${padded(5)(i)}`, "5");
    await expect(convert(tooMany, layer)).rejects.toMatchObject({ code: "too-many-links" });
  });
});

test("a million files take less than 250 bytes each", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const nowhere = { append() {}, appendZeros() {}, appendRewritable() {}, rewrite() {} };
  const writer = new CompactWriter(nowhere, layer);
  const before = used();
  const files = 1_000_000;
  const encoder = new TextEncoder();
  const modifiedAt = { seconds: 1_700_000_000n, nanoseconds: 0 };
  for (let i = 0; i < files; i++) {
    const path = cleanPath(encoder.encode(`usr/share/some/directory${i >> 8}/file-number-${i}.txt`));
    await writer.makeParents(path);
    await writer.create(
      path,
      compactFile({ mode: fileTypeMode.regular | 0o644, sizeBytes: 5000, modifiedAt }),
    );
    await writer.writeZeros(5000);
  }
  expect((used() - before) / files).toBeLessThan(250);
  expect((await writer.close()).inodes).toBe(files + Math.ceil(files / 256) + 3 + 11);
});
