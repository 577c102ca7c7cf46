import { expect, test } from "vitest";
import { LeafCache } from "../../src/scratch/leaf-cache.ts";
import { SeededRandom } from "../../src/testing/index.ts";

/** Brings a leaf in as the table does, held by nobody afterwards. */
function bring(cache: LeafCache, leaf: number): number {
  const slot = cache.candidate();
  cache.take(slot);
  cache.put(slot, leaf, 1);
  cache.release(slot);
  return slot;
}

test("leaves are found where they are, whatever came and went", () => {
  const random = new SeededRandom(3);
  for (const slots of [2, 3, 64, 100]) {
    const cache = new LeafCache(slots, 64);
    const held = new Map<number, number>();
    for (let step = 0; step < 4000; step++) {
      const leaf = random.oneIn(2) ? random.below(3 * slots) : random.below(2 ** 31);
      const slot = cache.find(leaf);
      expect(slot).toBe(held.get(leaf) ?? -1);
      if (slot !== -1) continue;
      const taken = bring(cache, leaf);
      for (const [other, at] of held) if (at === taken) held.delete(other);
      held.set(leaf, taken);
      expect(cache.leafOf(taken)).toBe(leaf);
    }
    expect(held.size).toBe(slots);
    for (const [leaf, slot] of held) expect(cache.find(leaf)).toBe(slot);
    cache.clear();
    for (const leaf of held.keys()) expect(cache.find(leaf)).toBe(-1);
  }
});

test("what was used since the hand came by is passed over once", () => {
  const cache = new LeafCache(3, 64);
  const slots = [10, 11, 12].map((leaf) => bring(cache, leaf));
  cache.hold(slots[0] as number);
  expect(cache.release(slots[0] as number)).toBe(true);
  expect(bring(cache, 13)).toBe(slots[1]);
  expect(bring(cache, 14)).toBe(slots[2]);
  expect(bring(cache, 15)).toBe(slots[0]);
});

test("no slot is taken that is held or being written", () => {
  const cache = new LeafCache(2, 64);
  const [one, other] = [bring(cache, 1), bring(cache, 2)];
  cache.hold(one);
  cache.setWriting(other, true);
  expect(cache.candidate()).toBe(-1);
  cache.setWriting(other, false);
  expect(cache.candidate()).toBe(other);
  cache.setDirty(other, true);
  expect([cache.isDirty(other), cache.isIdle(other)]).toEqual([true, false]);
  cache.setDirty(other, false);
  expect([cache.isDirty(other), cache.isIdle(other)]).toEqual([false, true]);
});

test("its memory is what was asked for and a few bytes a leaf", () => {
  const cache = new LeafCache(4096, 4096);
  expect(cache.sizeBytes).toBeLessThan(4096 * (4096 + 32));
});
