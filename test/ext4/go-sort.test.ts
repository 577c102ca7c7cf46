/** The order of Go's own sort, where the comparison is none. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { goSort } from "../../src/ext4/go-sort.ts";

interface Item {
  readonly position: number;
  readonly index: number;
  readonly name: string;
}

const vectors = readFileSync(new URL("../golden/go-sort/vectors.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { readonly items: string; readonly order: readonly number[] });

function parseItems(text: string): Item[] {
  if (text === "") return [];
  return text.split(" ").map((item, position) => ({ position, index: Number(item[0]), name: item.slice(1) }));
}

test("attributes in the order that Go gives them", () => {
  expect(vectors.length).toBeGreaterThan(40);
  for (const { items, order } of vectors) {
    const sorted = parseItems(items);
    goSort(sorted, (a, b) => a.index < b.index || a.name.length < b.name.length || a.name < b.name);
    expect(sorted.map(({ position }) => position)).toEqual(order);
  }
});

test.each([
  ["sorted", (_: number, i: number) => i],
  ["reversed", (n: number, i: number) => n - i],
  ["equal", () => 7],
  ["two values", (_: number, i: number) => i % 2],
  ["organ pipes", (n: number, i: number) => Math.min(i, n - i)],
  ["scattered", (_: number, i: number) => (i * 7919) % 1009],
  // Makes pivots bad often enough to reach the heap sort.
  ["sawtooth", (_: number, i: number) => (i * i) % 64],
] as const)("a strict order comes out sorted: %s", (_, value) => {
  for (const length of [0, 1, 5, 12, 13, 49, 50, 51, 200, 1000]) {
    const items = Array.from({ length }, (__, i) => value(length, i));
    const expected = items.toSorted((a, b) => a - b);
    goSort(items, (a, b) => a < b);
    expect(items).toEqual(expected);
  }
});

test("a comparison that never holds, or always, ends", () => {
  for (const answer of [true, false]) {
    const items = Array.from({ length: 500 }, (_, i) => i);
    goSort(items, () => answer);
    expect(items.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  }
});
