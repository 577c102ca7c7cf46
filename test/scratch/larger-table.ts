/** Disks of few sectors whose records lie in leaves all the same, for tests. */
import type { SealedDeviceOptions } from "../../src/scratch/sealed-options.ts";
import type { LeafShape } from "../../src/scratch/table-layout.ts";

/** A table of `levels` of leaves. */
export interface LargerTable {
  readonly levels: number;
  readonly recordsPerLeaf: number;
  /** Of each level. */
  readonly cachedLeaves: number;
}

/** All records in memory. */
export const inMemory: LargerTable = { levels: 0, recordsPerLeaf: 1, cachedLeaves: 0 };

/** Sectors, or leaves, of one level on the host's disk. */
export interface DiskArea {
  readonly startBytes: number;
  readonly sectors: number;
  readonly sectorSizeBytes: number;
  /** Sectors of data that each has the records of, or is. */
  readonly dataSectors: number;
}

/** What makes a device of so many sectors with such a table, and where everything lies, data first. */
export interface LargerDisk {
  readonly sizeBytes: number;
  readonly options: SealedDeviceOptions;
  readonly leaf: LeafShape;
  readonly areas: readonly DiskArea[];
}

const leafSizeBytes = 512;

/**
 * Reckons it without `tableLayout`. A table without levels is the one in memory.
 *
 * @param recordBytes of a sector: its number and its tag.
 */
export function largerDisk(
  sectors: number,
  sectorSizeBytes: number,
  { levels, recordsPerLeaf, cachedLeaves }: LargerTable,
  recordBytes = 24,
): LargerDisk {
  const areas: DiskArea[] = [{ startBytes: 0, sectors, sectorSizeBytes, dataSectors: 1 }];
  let sizeBytes = sectors * sectorSizeBytes;
  let counts = 0;
  let below = sectors;
  for (let level = 1; level <= levels; level++) {
    const leaves = Math.ceil(below / recordsPerLeaf);
    const dataSectors = recordsPerLeaf ** level;
    areas.push({ startBytes: sizeBytes, sectors: leaves, sectorSizeBytes: leafSizeBytes, dataSectors });
    sizeBytes += leaves * leafSizeBytes;
    if (level < levels) {
      counts += leaves;
      below = leaves;
    }
  }
  // A byte too little for one level less.
  const tableMemoryBytes = levels === 0 ? sectors * recordBytes : counts + below * recordBytes - 1;
  const leafCacheBytes = Math.max(1, levels) * cachedLeaves * leafSizeBytes;
  return {
    sizeBytes,
    options: { sectorSizeBytes, tableMemoryBytes, leafCacheBytes },
    leaf: { sizeBytes: leafSizeBytes, mostRecords: recordsPerLeaf },
    areas,
  };
}
