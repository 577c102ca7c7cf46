import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockRanges } from "../../src/verity/block-ranges.ts";

test("neighbours become one range, in any order", () => {
  const ranges = new BlockRanges();
  for (const block of [5, 7, 6, 1, 0, 9]) ranges.add(block);
  expect([...ranges]).toEqual([
    { first: 0, count: 2 },
    { first: 5, count: 3 },
    { first: 9, count: 1 },
  ]);
  expect(ranges.blocks).toBe(6);
  expect(ranges.numbers()).toEqual([0, 1, 5, 6, 7, 9]);
  expect(ranges.numbers(3)).toEqual([0, 1, 5]);
});

test("holds the same blocks as a set, whatever is added", () => {
  const additions = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 20 })), { maxLength: 60 });
  fc.assert(
    fc.property(additions, (pairs) => {
      const ranges = new BlockRanges();
      const set = new Set<number>();
      for (const [first, count] of pairs) {
        ranges.add(first, count);
        for (let i = 0; i < count; i++) set.add(first + i);
      }
      expect(ranges.numbers()).toEqual([...set].sort((a, b) => a - b));
      expect(ranges.blocks).toBe(set.size);
      expect(ranges.truncated).toBe(false);
      for (let block = 0; block < 221; block++) expect(ranges.has(block)).toBe(set.has(block));
      let end = -1;
      for (const range of ranges) {
        expect(range.first).toBeGreaterThan(end);
        end = range.first + range.count;
      }
    }),
  );
});

test("a range of 2^52 blocks costs one range", () => {
  const ranges = new BlockRanges();
  ranges.add(3, 2 ** 52);
  expect(ranges.size).toBe(1);
  expect(ranges.blocks).toBe(2 ** 52);
  expect(ranges.has(2 ** 52)).toBe(true);
});

test("H26: at the limit further ranges are counted, not kept", () => {
  const ranges = new BlockRanges(100);
  for (let block = 0; block < 2000; block += 2) ranges.add(block);
  expect(ranges.size).toBe(100);
  expect(ranges.blocks).toBe(1000);
  expect(ranges.truncated).toBe(true);
  ranges.add(1);
  expect(ranges.size).toBe(99);
  expect(ranges.numbers(4)).toEqual([0, 1, 2, 4]);
});
