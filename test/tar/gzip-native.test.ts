/** Gzip by `node:zlib`, and what it packs. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { decompressNative } from "../../src/tar/decompress.node.ts";
import { gunzipNative } from "../../src/tar/gzip.node.ts";
import { decompress } from "../../src/tar/index.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { collect, testGunzip } from "./gunzip-contract.ts";
import { inChunks } from "./read-tar.ts";
import { concatBytes } from "./tar-builder.ts";

testGunzip("native", gunzipNative);

test.each([
  ["native", decompressNative],
  ["portable", decompress],
] as const)("members of all levels and strategies, %s", async (_name, unpack) => {
  const random = new SeededRandom(3);
  const words = Array.from({ length: 300 }, () => random.bytes(1 + random.below(9)));
  const data = concatBytes(Array.from({ length: 40_000 }, () => random.pick(words)));
  const members = [0, 1, 2, 3, 4].flatMap((strategy) =>
    [0, 1, 6, 9].map((level) => gzipSync(data, { level, strategy, memLevel: 1 + ((level + strategy) % 9) })),
  );
  const unpacked = await collect(unpack(inChunks(concatBytes(members), 10_007)));
  expect(Buffer.compare(unpacked, concatBytes(members.map(() => data)))).toBe(0);
});
