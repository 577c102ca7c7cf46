import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestSizeBytes, hashAlgorithms } from "../../src/crypto/algorithms.ts";
import type { BlockDevice } from "../../src/device/block-device.ts";
import { FormatError, UsageError } from "../../src/errors.ts";
import { checkFits, hashAreaEndBytes, treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { firstHashBlock } from "../../src/verity/placement.ts";
import { goldenIdentity, goldenPlacement, goldenVolumes } from "./golden.ts";

const parameters: VerityParameters = {
  hashType: 1,
  algorithm: "sha256",
  salt: new Uint8Array(0),
  dataBlockSize: 4096,
  hashBlockSize: 4096,
};

/** A device of which only the size is asked. */
function sized(sizeBytes: number): BlockDevice {
  const refuse = () => Promise.reject(new Error("the geometry reads nothing"));
  return { name: "sized", sizeBytes, read: refuse, close: refuse, [Symbol.asyncDispose]: refuse };
}

describe("golden volumes", () => {
  test.each(goldenVolumes)("$name ends where its file ends", (volume) => {
    const placement = goldenPlacement(volume);
    const identity = goldenIdentity(volume);
    const first = firstHashBlock(placement, identity.hashBlockSize);
    const geometry = treeGeometry(identity, volume.data_blocks, first);
    const endBytes = geometry.endBlock * geometry.hashBlockSize;
    if (volume.name.includes("allinone")) expect(endBytes).toBe(1_228_800 + 5 * 4096);
    else expect(endBytes).toBe(volume.hash_file_size);
  });
});

describe("firstHashBlock", () => {
  test.each([
    [0, true, 4096, 1],
    [0, true, 512, 1],
    [0, false, 4096, 0],
    [3584, true, 4096, 1],
    [4096, true, 4096, 2],
    [4608, true, 4096, 2],
    [66_560, false, 4096, 16],
    [1024, true, 524_288, 1],
    [2 ** 40, false, 512, 2 ** 31],
    [2 ** 42 + 512, true, 1024, 2 ** 32 + 1],
  ])("offset %d, superblock %s, blocks of %d: %d", (hashOffsetBytes, superblock, size, expected) => {
    expect(firstHashBlock({ hashOffsetBytes, superblock }, size)).toBe(expected);
  });

  test.each([1, 511, -512, 0.5, Number.NaN, 2 ** 53])("offset %d is refused", (hashOffsetBytes) => {
    expect(() => firstHashBlock({ hashOffsetBytes, superblock: true }, 4096)).toThrow(UsageError);
  });
});

describe("treeGeometry", () => {
  test("one data block: no tree, or one leaf when asked for", () => {
    const linux = treeGeometry(parameters, 1, 1);
    expect(linux).toMatchObject({ levels: [], hashBlocks: 0, endBlock: 1 });
    const atLeastOne = treeGeometry(parameters, 1, 1, { levels: "at-least-one" });
    expect(atLeastOne.levels).toEqual([{ level: 0, firstBlock: 1, blocks: 1 }]);
    expect(atLeastOne.usedSlots(0, 0)).toBe(1);
    expect(treeGeometry(parameters, 129, 1, { levels: "at-least-one" })).toEqual(
      treeGeometry(parameters, 129, 1),
    );
  });

  test.each([
    [2, [1]],
    [128, [1]],
    [129, [2, 1]],
    [128 ** 2, [128, 1]],
    [128 ** 2 + 1, [129, 2, 1]],
    [128 ** 3 + 1, [16_385, 129, 2, 1]],
    [2 ** 40, [2 ** 33, 2 ** 26, 2 ** 19, 2 ** 12, 32, 1]],
  ])("%d blocks", (dataBlocks, counts) => {
    const { levels } = treeGeometry(parameters, dataBlocks, 7);
    expect(levels.map(({ blocks }) => blocks)).toEqual(counts);
    expect(levels.map(({ level }) => level)).toEqual(counts.map((_, level) => level));
    let next = 7;
    for (const { firstBlock, blocks } of levels.toReversed()) {
      expect(firstBlock).toBe(next);
      next += blocks;
    }
  });

  test.each([
    ["sha1", 1, 4096, 128, 32],
    ["sha1", 0, 4096, 128, 20],
    ["sha224", 1, 512, 16, 32],
    ["sha384", 1, 4096, 64, 64],
    ["sha384", 0, 4096, 64, 48],
    ["sha512", 1, 512, 8, 64],
    ["sha256", 1, 524_288, 16_384, 32],
  ] as const)("%s, type %d, blocks of %d", (algorithm, hashType, hashBlockSize, perBlock, slot) => {
    const geometry = treeGeometry({ ...parameters, algorithm, hashType, hashBlockSize }, 10, 0);
    expect(geometry).toMatchObject({ digestsPerBlock: perBlock, slotSizeBytes: slot });
  });

  test("agrees with the kernel's shifts, in big integers", () => {
    const options = fc.record({
      algorithm: fc.constantFrom(...hashAlgorithms),
      hashType: fc.constantFrom(0 as const, 1 as const),
      hashBlockSize: fc.integer({ min: 9, max: 19 }).map((bits) => 2 ** bits),
      dataBlocks: fc.integer({ min: 0, max: 43 }).chain((bits) => fc.integer({ min: 1, max: 2 ** bits })),
      first: fc.nat(2 ** 20),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(options, ({ dataBlocks, first, at, ...rest }) => {
        const geometry = treeGeometry({ ...parameters, ...rest, dataBlockSize: 512 }, dataBlocks, first);
        let bits = 0n;
        while (BigInt(digestSizeBytes(rest.algorithm)) << (bits + 1n) <= BigInt(rest.hashBlockSize)) bits++;
        const blocks = BigInt(dataBlocks);
        let levels = 0n;
        while ((blocks - 1n) >> (bits * levels)) levels++;
        expect(BigInt(geometry.levels.length)).toBe(levels);
        let position = BigInt(first);
        for (let level = levels - 1n; level >= 0n; level--) {
          const shift = (level + 1n) * bits;
          const count = (blocks + (1n << shift) - 1n) >> shift;
          const found = geometry.levels[Number(level)];
          expect([found?.firstBlock, found?.blocks]).toEqual([Number(position), Number(count)]);
          const dataBlock = Math.floor(at * dataBlocks);
          const where = BigInt(dataBlock) >> (level * bits);
          expect(geometry.locate(Number(level), dataBlock)).toEqual({
            index: Number(where >> bits),
            slot: Number(where & ((1n << bits) - 1n)),
          });
          const under = geometry.dataBlocksUnder(Number(level), Number(where >> bits));
          expect(under.first).toBeLessThanOrEqual(dataBlock);
          expect(under.first + under.count).toBeGreaterThan(dataBlock);
          position += count;
        }
        expect(BigInt(geometry.endBlock)).toBe(position);
      }),
      { numRuns: 2000 },
    );
  });

  test("used slots add up to what lies below", () => {
    const geometry = treeGeometry({ ...parameters, hashBlockSize: 512, algorithm: "sha512" }, 1000, 3);
    for (const { level, blocks } of geometry.levels) {
      let used = 0;
      for (let index = 0; index < blocks; index++) used += geometry.usedSlots(level, index);
      expect(used).toBe(level === 0 ? 1000 : geometry.levels[level - 1]?.blocks);
    }
  });

  test("H26: claims beyond any device are refused by arithmetic alone", () => {
    for (const dataBlocks of [2 ** 53 - 1, 2 ** 45, 2 ** 41 + 1]) {
      expect(() => treeGeometry(parameters, dataBlocks, 1)).toThrow(FormatError);
    }
    const deep = { ...parameters, algorithm: "sha512" as const, hashBlockSize: 512, dataBlockSize: 512 };
    expect(treeGeometry(deep, 2 ** 43, 1).levels).toHaveLength(15);
    expect(() => treeGeometry({ ...deep, hashBlockSize: 524_288 }, 2 ** 43, 2 ** 34)).toThrow(FormatError);
    expect(() => treeGeometry(parameters, 0, 1)).toThrow(FormatError);
    expect(() => treeGeometry(parameters, 1.5, 1)).toThrow(FormatError);
    expect(() => treeGeometry({ ...parameters, hashBlockSize: 3 }, 1, 1)).toThrow(UsageError);
  });
});

describe("checkFits", () => {
  const withSuperblock = { hashOffsetBytes: 0, superblock: true };
  const geometry = treeGeometry(parameters, 129, 1);

  test("the hash area ends after the tree, or after the superblock where there is none", () => {
    expect(hashAreaEndBytes(geometry, withSuperblock)).toBe(4 * 4096);
    const big = { ...parameters, hashBlockSize: 65_536 };
    expect(hashAreaEndBytes(treeGeometry(big, 1, 1), withSuperblock)).toBe(512);
    expect(hashAreaEndBytes(treeGeometry(parameters, 1, 0), { hashOffsetBytes: 0, superblock: false })).toBe(
      0,
    );
  });

  test("H26: a byte too few is refused, the exact size taken", () => {
    const dataSize = 129 * 4096;
    expect(() => checkFits(geometry, withSuperblock, sized(dataSize), sized(4 * 4096))).not.toThrow();
    for (const [data, hash] of [
      [dataSize - 1, 4 * 4096],
      [dataSize, 4 * 4096 - 1],
      [0, 4 * 4096],
      [dataSize, 0],
    ] as const) {
      expect(() => checkFits(geometry, withSuperblock, sized(data), sized(hash))).toThrow(
        expect.objectContaining({ name: "FormatError", code: "does-not-fit" }),
      );
    }
  });

  test("H23: a hash area that meets the data area on one device is refused", () => {
    const device = sized(2 ** 30);
    const place = (hashOffsetBytes: number, superblock: boolean) => {
      const placement = { hashOffsetBytes, superblock };
      const tree = treeGeometry(parameters, 129, firstHashBlock(placement, 4096));
      return () => checkFits(tree, placement, device, device);
    };
    expect(place(129 * 4096, true)).not.toThrow();
    expect(place(129 * 4096, false)).not.toThrow();
    expect(place(129 * 4096 - 512, true)).toThrow(FormatError);
    expect(place(0, true)).toThrow(FormatError);
    // Rounded down to the block boundary, the tree would start inside the data.
    const odd = treeGeometry({ ...parameters, dataBlockSize: 512 }, 130, 16);
    expect(() => checkFits(odd, { hashOffsetBytes: 66_560, superblock: false }, device, device)).toThrow(
      FormatError,
    );
  });
});
