/**
 * Records of sectors in memory that the host cannot reach, all of them.
 *
 * In memory: extents of 1,024 sectors, the leaves of this table, made when one is touched and
 * let go when its last sector is dropped. With tags of 16 bytes a record has 24:
 * 6 MiB a GiB of sectors of 4 KiB.
 *
 * Security: freshness is this table. It is never written anywhere.
 */
import type { RecordFormat } from "./record-format.ts";
import type { SectorRecords } from "./sector-records.ts";

const sectorsPerExtent = 1024;

/** Records of the sectors from 0 to `sectors`. Nobody ever waits for one. */
export class SectorTable implements SectorRecords {
  readonly sectorsPerLeaf: number = sectorsPerExtent;
  readonly cacheBytes: number = 0;
  readonly leafHits: number = 0;
  readonly leafMisses: number = 0;
  readonly #sectors: number;
  readonly #format: RecordFormat;
  readonly #extents: (Uint32Array | undefined)[];
  /** Sectors of each extent that are not absent. */
  readonly #present: Uint16Array;
  #memoryBytes = 0;
  #touched = 0;

  constructor(sectors: number, format: RecordFormat) {
    const extents = Math.ceil(sectors / sectorsPerExtent);
    this.#sectors = sectors;
    this.#format = format;
    this.#extents = Array.from({ length: extents });
    this.#present = new Uint16Array(extents);
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  get touchedSectors(): number {
    return this.#touched;
  }

  tryHold(): boolean {
    return true;
  }

  hold(): Promise<void> {
    return Promise.resolve();
  }

  release(): void {}

  isAbsent(sector: number): boolean {
    const extent = this.#extents[Math.floor(sector / sectorsPerExtent)];
    return extent === undefined || this.#format.isAbsent(extent, this.#at(sector));
  }

  countAlike(firstSector: number, count: number): number {
    const extent = this.#extents[Math.floor(firstSector / sectorsPerExtent)];
    return extent === undefined ? count : this.#format.countAlike(extent, this.#at(firstSector), count);
  }

  findPoisoned(firstSector: number, count: number): number {
    const extent = this.#extents[Math.floor(firstSector / sectorsPerExtent)];
    return extent === undefined ? -1 : this.#format.findPoisoned(extent, this.#at(firstSector), count);
  }

  load(firstSector: number, count: number, descriptors: Uint32Array, slot: number): void {
    const extent = this.#extents[Math.floor(firstSector / sectorsPerExtent)] as Uint32Array;
    this.#format.load(extent, this.#at(firstSector), count, descriptors, slot);
  }

  store(firstSector: number, count: number, descriptors: Uint32Array, slot: number): void {
    const extent = this.#touch(firstSector, count);
    this.#format.store(extent, this.#at(firstSector), count, descriptors, slot);
  }

  poison(firstSector: number, count: number): void {
    this.#format.poison(this.#touch(firstSector, count), this.#at(firstSector), count);
  }

  requireChange(): void {}

  async drop(firstSector: number, endSector: number): Promise<void> {
    this.forget(firstSector, endSector);
  }

  forget(firstSector: number, endSector: number): void {
    for (let start = firstSector; start < endSector; ) {
      const index = Math.floor(start / sectorsPerExtent);
      const end = Math.min((index + 1) * sectorsPerExtent, endSector);
      this.#forgetWithin(index, start, end);
      start = end;
    }
  }

  close(): void {
    for (const extent of this.#extents) extent?.fill(0);
    this.#extents.fill(undefined);
    this.#present.fill(0);
    this.#memoryBytes = 0;
    this.#touched = 0;
  }

  /** The word of its extent that a sector's record begins at. */
  #at(sector: number): number {
    return (sector % sectorsPerExtent) * this.#format.words;
  }

  /** Forgets sectors of one extent, and the extent with the last of them. */
  #forgetWithin(index: number, firstSector: number, endSector: number): void {
    const extent = this.#extents[index];
    if (extent === undefined) return;
    let dropped = 0;
    for (let sector = firstSector; sector < endSector; sector++) {
      const at = this.#at(sector);
      if (this.#format.isAbsent(extent, at)) continue;
      this.#format.drop(extent, at, 1);
      dropped += 1;
    }
    const present = (this.#present[index] as number) - dropped;
    this.#present[index] = present;
    this.#touched -= dropped;
    if (present > 0) return;
    this.#extents[index] = undefined;
    this.#memoryBytes -= extent.byteLength;
  }

  /** The extent of sectors that are about to have records. */
  #touch(firstSector: number, count: number): Uint32Array {
    const index = Math.floor(firstSector / sectorsPerExtent);
    let extent = this.#extents[index];
    if (extent === undefined) {
      const records = Math.min(sectorsPerExtent, this.#sectors - index * sectorsPerExtent);
      extent = new Uint32Array(records * this.#format.words);
      this.#extents[index] = extent;
      this.#memoryBytes += extent.byteLength;
    }
    const added = this.#format.countAbsent(extent, this.#at(firstSector), count);
    this.#touched += added;
    this.#present[index] = (this.#present[index] as number) + added;
    return extent;
  }
}
