import { expect, test } from "vitest";
import { treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { makeVolume, small, verify } from "./small-volume.ts";

/** The first and last byte of a block, and of a digest in it. */
const positions = [0, 63, 64, 511];

test("H1, H2: every block of a small device at every level, each class of bit: flipped, and found", async () => {
  const blocks = 70;
  const parameters: VerityParameters = { ...small, algorithm: "sha512" };
  const volume = await makeVolume(blocks, parameters);
  const geometry = treeGeometry(parameters, blocks, 1);
  expect(geometry.levels).toHaveLength(3);
  const flips: [Uint8Array, number, { first: number; count: number }][] = [];
  for (let block = 0; block < blocks; block++) {
    flips.push([volume.data, block * 512, { first: block, count: 1 }]);
  }
  for (const { level, blocks: count } of geometry.levels) {
    for (let index = 0; index < count; index++) {
      const offset = geometry.offsetBytes(level, index);
      flips.push([volume.hash, offset, geometry.dataBlocksUnder(level, index)]);
    }
  }
  let found = 0;
  for (const [bytes, offset, expected] of flips) {
    for (const position of positions) {
      for (let bit = 0; bit < 8; bit++) {
        const at = offset + position;
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        const report = await verify(volume);
        expect([...report.unreadableBlocks]).toEqual([expected]);
        expect(report.ok).toBe(false);
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        found++;
      }
    }
  }
  expect(found).toBe(82 * positions.length * 8);
  expect((await verify(volume)).ok).toBe(true);
});
