import { expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { openLayer } from "../../src/layer/opened-layer.ts";
import { expectFlipsFound } from "./flipped-layer.ts";
import { imageBytes } from "./golden-images.ts";
import { ends, small, smallRootHash } from "./layer-parts.ts";

test("H1 H2 H3: a bit flipped in any byte of block 0, superblock, tree or footer is found, or is the UUID's", async () => {
  const all = Array.from({ length: ends.image }, (_, offset) => offset);
  const offsets = all.filter((offset) => offset < 4096 || offset >= ends.fileSystem);
  expect(await expectFlipsFound(offsets)).toBe(offsets.length);
});

test("H1: any bit flipped in any byte of the data, while the layer is open, is found when it is read", async () => {
  const bytes = imageBytes(small);
  await using layer = await openLayer(new MemoryDevice(bytes), { rootHash: smallRootHash });
  const block = new Uint8Array(4096);
  const missed: number[] = [];
  for (let bit = 0; bit < ends.fileSystem * 8; bit++) {
    const offset = bit >> 3;
    bytes[offset] = (bytes[offset] as number) ^ (1 << (bit & 7));
    const read = layer.device.read(offset - (offset % 4096), block);
    await read.then(
      () => missed.push(bit),
      () => undefined,
    );
    bytes[offset] = (bytes[offset] as number) ^ (1 << (bit & 7));
  }
  expect(missed).toEqual([]);
  expect(block.every((byte) => byte === 0)).toBe(true);
  await layer.device.read(0, new Uint8Array(ends.fileSystem));
});
