/**
 * What the guest remembers of every sector, in memory that the host cannot
 * reach: the sequence number it was last sealed under, and its tag.
 *
 * In memory: extents of 1,024 sectors, made when one is touched and let go when
 * its last sector is discarded; a record is u32 low, u32 high, tag. With tags of
 * 16 bytes that is 24 bytes a sector: 6 MiB a GiB of sectors of 4 KiB.
 *
 * Security: freshness is this table. It is never written anywhere.
 */
import { absent, poisoned } from "./write-sequence.ts";

const sectorsPerExtent = 1024;

/** Records of the sectors from 0 to `sectors`. */
export class SectorTable {
  readonly #extents: (Uint32Array | undefined)[];
  /** Sectors of each extent that are not absent. */
  readonly #present: Uint16Array;
  readonly #recordWords: number;
  readonly #tagWords: number;
  #memoryBytes = 0;
  #touched = 0;

  constructor(sectors: number, tagSizeBytes: number) {
    const extents = Math.ceil(sectors / sectorsPerExtent);
    this.#extents = Array.from({ length: extents });
    this.#present = new Uint16Array(extents);
    this.#tagWords = tagSizeBytes / 4;
    this.#recordWords = 2 + this.#tagWords;
  }

  /** Bytes of trusted memory that records take. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Sectors that are not absent. */
  get touchedSectors(): number {
    return this.#touched;
  }

  isAbsent(sector: number): boolean {
    const extent = this.#extents[Math.floor(sector / sectorsPerExtent)];
    const at = (sector % sectorsPerExtent) * this.#recordWords;
    return extent === undefined || (extent[at] === absent && extent[at + 1] === 0);
  }

  isPoisoned(sector: number): boolean {
    const extent = this.#extents[Math.floor(sector / sectorsPerExtent)];
    const at = (sector % sectorsPerExtent) * this.#recordWords;
    return extent !== undefined && extent[at] === poisoned && extent[at + 1] === 0;
  }

  /** Writes a sector's sequence number to `words` at `nonceAt`, low first, and its tag at `tagAt`. */
  load(sector: number, words: Uint32Array, nonceAt: number, tagAt: number): void {
    const extent = this.#extents[Math.floor(sector / sectorsPerExtent)] as Uint32Array;
    const at = (sector % sectorsPerExtent) * this.#recordWords;
    words[nonceAt] = extent[at] as number;
    words[nonceAt + 1] = extent[at + 1] as number;
    for (let i = 0; i < this.#tagWords; i++) words[tagAt + i] = extent[at + 2 + i] as number;
  }

  /** Remembers a sector as `words` have it, in the places of `load`. */
  store(sector: number, words: Uint32Array, nonceAt: number, tagAt: number): void {
    const extent = this.#touch(sector);
    const at = (sector % sectorsPerExtent) * this.#recordWords;
    extent[at] = words[nonceAt] as number;
    extent[at + 1] = words[nonceAt + 1] as number;
    for (let i = 0; i < this.#tagWords; i++) extent[at + 2 + i] = words[tagAt + i] as number;
  }

  /** From now on nothing is known of the sector's content. */
  poison(sector: number): void {
    const extent = this.#touch(sector);
    const at = (sector % sectorsPerExtent) * this.#recordWords;
    extent.fill(0, at, at + this.#recordWords);
    extent[at] = poisoned;
  }

  /** Forgets a sector: it is zeros. */
  drop(sector: number): void {
    if (this.isAbsent(sector)) return;
    const index = Math.floor(sector / sectorsPerExtent);
    const extent = this.#extents[index] as Uint32Array;
    const at = (sector % sectorsPerExtent) * this.#recordWords;
    extent.fill(0, at, at + this.#recordWords);
    this.#touched -= 1;
    const present = (this.#present[index] as number) - 1;
    this.#present[index] = present;
    if (present === 0) {
      this.#extents[index] = undefined;
      this.#memoryBytes -= extent.byteLength;
    }
  }

  /** Wipes and forgets everything. */
  clear(): void {
    for (const extent of this.#extents) extent?.fill(0);
    this.#extents.fill(undefined);
    this.#present.fill(0);
    this.#memoryBytes = 0;
    this.#touched = 0;
  }

  /** The extent of a sector that is about to have a record. */
  #touch(sector: number): Uint32Array {
    const index = Math.floor(sector / sectorsPerExtent);
    let extent = this.#extents[index];
    if (extent === undefined) {
      extent = new Uint32Array(sectorsPerExtent * this.#recordWords);
      this.#extents[index] = extent;
      this.#memoryBytes += extent.byteLength;
    }
    if (this.isAbsent(sector)) {
      this.#touched += 1;
      this.#present[index] = (this.#present[index] as number) + 1;
    }
    return extent;
  }
}
