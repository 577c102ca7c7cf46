import { describe, expect, test } from "vitest";
import { HashCache } from "../../src/verity/hash-cache.ts";

const block = (byte: number) => new Uint8Array(8).fill(byte);

describe("HashCache", () => {
  test("keeps no more blocks than it may, and those it keeps are the right ones", () => {
    const cache = new HashCache(4);
    for (let position = 0; position < 100; position++) cache.put(position, block(position));
    const kept = Array.from({ length: 100 }, (_, position) => position).filter((position) =>
      cache.get(position),
    );
    expect(kept.length).toBe(4);
    for (const position of kept) expect(cache.get(position)).toEqual(block(position));
  });

  test("a block in use outlives a scan of blocks that are used once", () => {
    const cache = new HashCache(4);
    cache.put(7, block(7));
    for (let position = 100; position < 200; position++) {
      expect(cache.get(7)).toEqual(block(7));
      cache.put(position, block(position));
    }
    expect(cache.get(7)).toEqual(block(7));
  });

  test("evicts when every block is in use", () => {
    const cache = new HashCache(3);
    for (let position = 0; position < 9; position++) {
      cache.put(position, block(position));
      cache.get(position);
    }
    expect(cache.get(8)).toEqual(block(8));
    expect(cache.get(0)).toBeUndefined();
  });

  test("is empty once cleared, and usable", () => {
    const cache = new HashCache(2);
    for (let position = 0; position < 5; position++) cache.put(position, block(position));
    cache.clear();
    expect(Array.from({ length: 5 }, (_, position) => cache.get(position))).toEqual(Array(5).fill(undefined));
    cache.put(3, block(3));
    expect(cache.get(3)).toEqual(block(3));
  });
});
