/**
 * What the guest remembers of every sector: the sequence number it was last sealed
 * under, and its tag. All of it in memory (`SectorTable`), or with the most of it
 * sealed on the host's disk (`LeafTable`), a leaf of neighbouring records at a time.
 * Records are asked for and changed in runs of one leaf: a batch of sectors is one.
 *
 * Whoever asks for a sector's record, or changes it, holds the sector's leaf; one at
 * a time, so that nobody who holds a leaf waits for another.
 */
export interface SectorRecords {
  /** Leaf i has the records of so many sectors from i × it on. */
  readonly sectorsPerLeaf: number;
  /** Sectors that are not absent. */
  readonly touchedSectors: number;
  /** Bytes of trusted memory that records take, without those of caches. */
  readonly memoryBytes: number;
  /** Bytes of trusted memory that cached leaves take. */
  readonly cacheBytes: number;
  /** How often a leaf was asked for that was in memory, and that was not. */
  readonly leafHits: number;
  readonly leafMisses: number;

  /** Holds a sector's leaf if that needs no waiting; `release` must follow then. */
  tryHold(sector: number): boolean;
  /**
   * Holds a sector's leaf, whatever it takes; `release` must follow unless it rejects.
   *
   * @throws {IntegrityError} `sector-mismatch` where the leaf is not what was written last, at the sector.
   * @throws {DeviceError} when the leaf, or the one that makes room for it, could not be read or written.
   */
  hold(sector: number): Promise<void>;
  /** Ends a `hold` of the sector's leaf. */
  release(sector: number): void;

  /** Never written, or dropped. As all to come: the sector's leaf is held, and `count` sectors are all of that leaf. */
  isAbsent(sector: number): boolean;
  /** How many sectors, from the first on, are absent if that is, and else are not. */
  countAlike(firstSector: number, count: number): number;
  /** Which of `count` sectors is the first poisoned one, counted from 0; -1 where none is. */
  findPoisoned(firstSector: number, count: number): number;
  /**
   * Writes the sequence numbers and tags of sectors to a cipher's descriptors, from `slot` on; their
   * words in nonces are all but the first.
   */
  load(firstSector: number, count: number, descriptors: Uint32Array, slot: number): void;
  /**
   * Makes sure that the records of a sector and its neighbours in the leaf may be changed.
   *
   * @throws {StateError} `exhausted` where that could never be written back: what is there stays readable.
   */
  requireChange(sector: number): void;
  /** Remembers sectors as the descriptors have them, in the places of `load`. */
  store(firstSector: number, count: number, descriptors: Uint32Array, slot: number): void;
  /** From now on nothing is known of the sectors' content. */
  poison(firstSector: number, count: number): void;

  /**
   * Forgets a range of sectors: they are zeros. Nobody holds one of their leaves for them.
   *
   * @throws as `hold` and `requireChange`, for leaves at the edges; a part of the range may be forgotten then.
   */
  drop(firstSector: number, endSector: number): Promise<void>;
  /** Forgets of a range what can be forgotten at once: for sectors that nobody asks for any more. */
  forget(firstSector: number, endSector: number): void;
  /** Wipes and forgets everything. Nobody holds anything. */
  close(): void;
}
