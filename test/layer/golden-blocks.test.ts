/** The stored golden images block by block: a failure says which block it is, of what, and which field. */
import { describe, expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/compare.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { CompactWriter } from "../../src/ext4/compact-writer.ts";
import { convertTar } from "../../src/layer/convert-tar.ts";
import { readBlockMap } from "../../src/layer/explain/block-map.ts";
import { structureDifference } from "../../src/layer/explain/structure-difference.ts";
import { type LayerOptionSet, layerOptionSets } from "../../src/layer/layer-options.ts";
import { TarReader } from "../../src/tar/tar-reader.ts";
import { SparseImage } from "../ext4/sparse-image.ts";
import { goldenImages, imageBytes } from "./golden-images.ts";
import { goldenTars } from "./golden-layers.ts";

const blockBytes = 4096;
const tars = new Map(goldenTars().map((tar) => [tar.name, tar]));

/** What the first differing block of two file systems is; undefined where they are equal. */
async function firstDifference(golden: Uint8Array, ours: Uint8Array): Promise<object | undefined> {
  const blocks = Math.max(golden.length, ours.length) / blockBytes;
  for (let block = 0; block < blocks; block++) {
    const [a, b] = [golden, ours].map((bytes) =>
      bytes.subarray(block * blockBytes, (block + 1) * blockBytes),
    );
    if (a === undefined || b === undefined || equalBytes(a, b)) continue;
    const map = await readBlockMap(new MemoryDevice(golden));
    const { owner } = map.at(block);
    if (a.length !== b.length) return { block, owner, text: `${golden.length} and ${ours.length} bytes` };
    return { block, owner, text: structureDifference(owner, block, a, b, map)?.text };
  }
  return undefined;
}

describe.each(goldenImages)("$name", ({ tar, variant, result, ...image }) => {
  test("every block", async () => {
    const golden = imageBytes({ tar, variant, result, ...image }).subarray(0, result.ext4_size);
    const options = layerOptionSets[variant as LayerOptionSet];
    const ours = new SparseImage();
    const source = new TarReader([tars.get(tar)?.bytes() ?? new Uint8Array(0)]);
    await convertTar(source, new CompactWriter(ours, options), options);
    expect(await firstDifference(golden, ours.bytes())).toBe(undefined);
  });
});

test("a difference is found and named", async () => {
  const image = goldenImages.find(({ name }) => name === "04-sizes.layer");
  const golden = image ? imageBytes(image).subarray(0, image.result.ext4_size) : new Uint8Array(0);
  const changed = golden.slice();
  changed[1024 + 0x28] = 77;
  expect(await firstDifference(golden, changed)).toMatchObject({
    block: 0,
    owner: { kind: "superblock" },
    text: expect.stringContaining("inodesPerGroup"),
  });
});
