/**
 * Where records lie: in memory while they fit a budget, else in leaves on a stretch
 * at the disk's end. A stretch is a sealed disk of leaves, whose own records
 * lie in memory if they fit, else in leaves of the next level.
 *
 *     | sectors 0 … n − 1 | gap to a leaf's size | leaves of level 1 | leaves of level 2 | … |
 *
 * It follows from sizes alone, all of which are the guest's choice but the disk's.
 */
import { UsageError } from "../errors.ts";

/** What a leaf is; another one than `usualLeaf` is for tests. */
export interface LeafShape {
  readonly sizeBytes: number;
  /** How many of the records that fit it has at most. */
  readonly mostRecords: number;
}

/** Leaves of 4 KiB: 170 records of 24 bytes. */
export const usualLeaf: LeafShape = { sizeBytes: 4096, mostRecords: 255 };

/** The leaves of a level, from `startBytes` of the disk on. */
export interface LeafLevel {
  readonly startBytes: number;
  readonly leaves: number;
}

/** See the head of this file. */
export interface TableLayout {
  /** Sectors that the disk has room for. */
  readonly sectors: number;
  readonly recordsPerLeaf: number;
  /** Level 1 first; none where all records are in memory. */
  readonly levels: readonly LeafLevel[];
  /** Leaves that the cache of each level holds. */
  readonly cachedLeaves: number;
}

/** What a layout is made from. */
export interface TableSizes {
  readonly deviceBytes: number;
  /** 1 to 2^32 of them fit. */
  readonly sectorSizeBytes: number;
  readonly recordSizeBytes: number;
  /** For all that is not a cache. */
  readonly tableMemoryBytes: number;
  /** For the caches of all levels, which share it evenly. */
  readonly leafCacheBytes: number;
  readonly leaf: LeafShape;
}

const leastCachedLeaves = 2;

/**
 * Lays out the sectors of a disk and their records.
 *
 * @throws {UsageError} `invalid-argument` for sizes that are none, a budget that is too little for the
 *   disk's records, or a cache of less than two leaves a level.
 */
export function tableLayout(sizes: TableSizes): TableLayout {
  const { deviceBytes, sectorSizeBytes, recordSizeBytes, leaf, tableMemoryBytes } = sizes;
  checkBytes("tableMemoryBytes", tableMemoryBytes);
  checkBytes("leafCacheBytes", sizes.leafCacheBytes);
  const recordsPerLeaf = Math.min(leaf.mostRecords, Math.floor(leaf.sizeBytes / recordSizeBytes));
  const most = Math.floor(deviceBytes / sectorSizeBytes);
  const leavesFor = (sectors: number) =>
    leavesOfLevels(sectors, recordsPerLeaf, recordSizeBytes, tableMemoryBytes);
  if (leavesFor(most) === undefined) {
    refuse(
      "tableMemoryBytes",
      `${tableMemoryBytes} bytes are too little for what must be remembered of ${most} sectors`,
    );
  }
  const end = (sectors: number): number => {
    const leaves = leavesFor(sectors) ?? [];
    if (leaves.length === 0) return sectors * sectorSizeBytes;
    const count = leaves.reduce((sum, level) => sum + level, 0);
    return leafStart(sectors * sectorSizeBytes, leaf) + count * leaf.sizeBytes;
  };
  // One at least: a record fits the budget.
  const sectors = largest(most, (count) => end(count) <= deviceBytes);
  const levels: LeafLevel[] = [];
  let startBytes = leafStart(sectors * sectorSizeBytes, leaf);
  for (const leaves of leavesFor(sectors) ?? []) {
    levels.push({ startBytes, leaves });
    startBytes += leaves * leaf.sizeBytes;
  }
  return { sectors, recordsPerLeaf, levels, cachedLeaves: cachedLeaves(levels, sizes) };
}

/**
 * Leaves of each level, the first level first; `undefined` where not even the top's one record fits.
 * Beside the top's records, a byte for each leaf is in memory: how many of its records are there.
 */
function leavesOfLevels(
  sectors: number,
  recordsPerLeaf: number,
  recordSizeBytes: number,
  memoryBytes: number,
): number[] | undefined {
  const levels: number[] = [];
  let left = memoryBytes;
  for (let records = sectors; records * recordSizeBytes > left; ) {
    records = Math.ceil(records / recordsPerLeaf);
    left -= records;
    if (left < recordSizeBytes) return undefined;
    levels.push(records);
  }
  return levels;
}

function cachedLeaves(
  levels: readonly LeafLevel[],
  { leafCacheBytes, leaf: { sizeBytes } }: TableSizes,
): number {
  if (levels.length === 0) return 0;
  const cached = Math.floor(leafCacheBytes / levels.length / sizeBytes);
  if (cached < leastCachedLeaves) {
    const least = leastCachedLeaves * levels.length * sizeBytes;
    refuse(
      "leafCacheBytes",
      `a cache of ${leafCacheBytes} bytes does not hold two leaves of each level: ${least} do`,
    );
  }
  return cached;
}

function leafStart(offsetBytes: number, { sizeBytes }: LeafShape): number {
  return Math.ceil(offsetBytes / sizeBytes) * sizeBytes;
}

/** The largest number up to `most` that fits, if every smaller one does too. */
function largest(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function checkBytes(field: string, bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0) refuse(field, `${bytes} is no size in bytes`);
}

function refuse(field: string, message: string): never {
  throw new UsageError("invalid-argument", message, { at: { field } });
}
