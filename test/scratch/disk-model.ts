/** What a sealed disk must be, as plainly as it can be said. Knows nothing of how it is done. */

/** What is known of a sector: nothing was ever written; its content; or that a write failed. */
export type SectorState = "absent" | "known" | "poisoned";

/** Bytes, and what is known of each sector. */
export class DiskModel {
  readonly bytes: Uint8Array;
  readonly states: SectorState[];
  readonly sectorSize: number;

  constructor(sectors: number, sectorSize: number) {
    this.bytes = new Uint8Array(sectors * sectorSize);
    this.states = Array.from({ length: sectors }, () => "absent");
    this.sectorSize = sectorSize;
  }

  get touched(): number {
    return this.states.filter((state) => state !== "absent").length;
  }

  /** The sectors that a range lies in. */
  sectorsOf(offset: number, length: number): number[] {
    const first = Math.floor(offset / this.sectorSize);
    const end = length === 0 ? first : Math.ceil((offset + length) / this.sectorSize);
    return Array.from({ length: end - first }, (_, i) => first + i);
  }

  /** Whether a range has the whole of a sector. */
  covers(offset: number, length: number, sector: number): boolean {
    const start = sector * this.sectorSize;
    return offset <= start && start + this.sectorSize <= offset + length;
  }

  /** The part of a range that lies in one sector has a new content. */
  put(sector: number, offset: number, content: Uint8Array): void {
    const start = Math.max(offset, sector * this.sectorSize);
    const end = Math.min(offset + content.length, (sector + 1) * this.sectorSize);
    this.bytes.set(content.subarray(start - offset, end - offset), start);
    this.states[sector] = "known";
  }

  /** A sector's write has failed. */
  poison(sector: number): void {
    this.states[sector] = "poisoned";
    this.#zero(sector);
  }

  /** A sector has no content any more. */
  drop(sector: number): void {
    this.states[sector] = "absent";
    this.#zero(sector);
  }

  #zero(sector: number): void {
    this.bytes.fill(0, sector * this.sectorSize, (sector + 1) * this.sectorSize);
  }
}
