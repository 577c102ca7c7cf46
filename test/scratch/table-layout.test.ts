import { expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { type TableSizes, tableLayout, usualLeaf } from "../../src/scratch/table-layout.ts";

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;
const usual: TableSizes = {
  deviceBytes: TiB,
  sectorSizeBytes: 4096,
  recordSizeBytes: 24,
  tableMemoryBytes: 64 * MiB,
  leafCacheBytes: 16 * MiB,
  leaf: usualLeaf,
};

/** What is in memory when every sector is touched, caches apart. */
function memoryBytes(sizes: TableSizes): number {
  const { sectors, levels } = tableLayout(sizes);
  const leaves = levels.reduce((sum, level) => sum + level.leaves, 0);
  return leaves + (levels.at(-1)?.leaves ?? sectors) * sizes.recordSizeBytes;
}

test("records that fit their budget leave the disk to sectors", () => {
  const sizes = { ...usual, deviceBytes: 10 * GiB + 4095 };
  expect(tableLayout(sizes)).toMatchObject({ sectors: (10 * GiB) / 4096, levels: [], cachedLeaves: 0 });
  expect(memoryBytes(sizes)).toBe(60 * MiB);
});

test.each([
  [11 * GiB, 24, 1, 0.4],
  [TiB, 24, 1, 37.4],
  [16 * TiB, 24, 2, 27.5],
  [16 * TiB, 40, 2, 55.7],
])(
  "%d bytes with records of %d have %d levels and %d MiB in memory",
  (deviceBytes, recordSizeBytes, levels, MiBs) => {
    const sizes = { ...usual, deviceBytes, recordSizeBytes };
    const layout = tableLayout(sizes);
    expect(layout.levels).toHaveLength(levels);
    expect(memoryBytes(sizes) / MiB).toBeCloseTo(MiBs, 1);
    expect(memoryBytes(sizes)).toBeLessThan(sizes.tableMemoryBytes);
    expect(layout.cachedLeaves).toBe(4096 / levels);
  },
);

/** Where the last leaf of three records ends, behind sectors of 512 bytes. */
function endOf(sectors: number, budget: number): number {
  let [records, left, leaves] = [sectors, budget, 0];
  while (records * 24 > left) {
    records = Math.ceil(records / 3);
    left -= records;
    leaves += records;
  }
  return leaves === 0 ? sectors * 512 : Math.ceil(sectors / 8) * 4096 + leaves * 4096;
}

test("levels lie behind the sectors, one behind the other, and no sector more would fit", () => {
  for (let deviceBytes = 24_576; deviceBytes < 400_000; deviceBytes += 1337) {
    const leaf = { sizeBytes: 4096, mostRecords: 3 };
    const sizes = { ...usual, deviceBytes, sectorSizeBytes: 512, tableMemoryBytes: 900, leaf };
    const { sectors, recordsPerLeaf, levels } = tableLayout(sizes);
    expect(recordsPerLeaf).toBe(3);
    let [records, end] = [sectors, sectors * 512];
    for (const { startBytes, leaves } of levels) {
      expect(leaves).toBe(Math.ceil(records / 3));
      expect(startBytes).toBe(Math.ceil(end / 4096) * 4096);
      end = startBytes + leaves * 4096;
      records = leaves;
    }
    expect(end).toBeLessThanOrEqual(deviceBytes);
    expect(memoryBytes(sizes)).toBeLessThanOrEqual(900);
    expect(endOf(sectors, 900)).toBe(end);
    expect(endOf(sectors + 1, 900)).toBeGreaterThan(deviceBytes);
  }
});

test("a disk has never less room than a smaller one", () => {
  let before = 0;
  for (let deviceBytes = 64 * 1024; deviceBytes < 8 * MiB; deviceBytes += 4096) {
    const { sectors } = tableLayout({ ...usual, deviceBytes, tableMemoryBytes: 24 * 1000 });
    expect(sectors).toBeGreaterThanOrEqual(before);
    before = sectors;
  }
});

test.each<[string, Partial<TableSizes>, string]>([
  ["a budget that is no size", { tableMemoryBytes: -1 }, "tableMemoryBytes"],
  ["a budget that is no number", { tableMemoryBytes: Number.NaN }, "tableMemoryBytes"],
  ["a budget too little for a byte a leaf", { tableMemoryBytes: MiB }, "tableMemoryBytes"],
  ["no budget", { tableMemoryBytes: 0 }, "tableMemoryBytes"],
  ["a cache that is no size", { leafCacheBytes: 0.5 }, "leafCacheBytes"],
  ["a cache of one leaf", { leafCacheBytes: 8191 }, "leafCacheBytes"],
  [
    "a cache of three leaves for two levels",
    { leafCacheBytes: 16_383, deviceBytes: 16 * TiB },
    "leafCacheBytes",
  ],
])("%s is refused", (_, sizes, field) => {
  try {
    tableLayout({ ...usual, ...sizes });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ code: "invalid-argument", at: { field } });
  }
});
