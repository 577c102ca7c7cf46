/**
 * The larger table: records in leaves that are sealed on the host's disk as sectors
 * are, fresh by records of their own in the table above, with the leaves in use in
 * trusted memory.
 *
 * Security: a leaf is what was written last, or an error; so are the records in it. In
 * memory is, of each leaf, how many records it has: one without any is never read.
 *
 * Performance: a record that is in memory costs one look at the index for a
 * batch; one that is not, the reading of a leaf, and often the writing of another one,
 * which has to make room. A leaf that was changed is written when its slot is needed, and by
 * nothing else: it is worth nothing without the memory above it.
 */
import { IntegrityError, invariant } from "../errors.ts";
import { LeafCache } from "./leaf-cache.ts";
import { LeafTransfer, type LeafTransferParts } from "./leaf-transfer.ts";
import type { RecordFormat } from "./record-format.ts";
import type { SectorRecords } from "./sector-records.ts";

/** What a level is made of; its leaves are what `store` has as sectors. */
export interface LeafTableParts extends LeafTransferParts {
  /** Names the disk in errors. */
  readonly deviceName: string;
  readonly format: RecordFormat;
  readonly sectors: number;
  readonly recordsPerLeaf: number;
  readonly leaves: number;
  readonly cachedLeaves: number;
}

/** A leaf that is on its way into memory. */
interface Load {
  readonly leaf: number;
  /** Calls that hold it once it is there. */
  holders: number;
  /** It failed when it was read, and its error names a leaf; the error of one that had to make room names sectors. */
  isLost: boolean;
  done: Promise<void>;
}

/** See the head of this file. */
export class LeafTable implements SectorRecords {
  readonly sectorsPerLeaf: number;
  readonly #parts: LeafTableParts;
  readonly #cache: LeafCache;
  readonly #transfer: LeafTransfer;
  readonly #leafBytes: number;
  /** Of each leaf, how many of its sectors are not absent. */
  readonly #present: Uint8Array;
  #loads: Load[] = [];
  /** Who waits for a slot that can be taken. */
  #waiting: (() => void)[] = [];
  #touched = 0;
  #hits = 0;
  #misses = 0;
  /** The leaf that was asked for last, its slot, and where that begins in the cache's words. */
  #leaf = -1;
  #slot = -1;
  #base = 0;

  constructor(parts: LeafTableParts) {
    this.#parts = parts;
    this.sectorsPerLeaf = parts.recordsPerLeaf;
    this.#leafBytes = parts.cipher.sectorSizeBytes;
    this.#cache = new LeafCache(Math.min(parts.cachedLeaves, parts.leaves), this.#leafBytes);
    this.#transfer = new LeafTransfer(parts);
    this.#present = new Uint8Array(parts.leaves);
  }

  get touchedSectors(): number {
    return this.#touched;
  }

  get memoryBytes(): number {
    return this.#present.byteLength + this.#parts.above.memoryBytes;
  }

  get cacheBytes(): number {
    return this.#cache.sizeBytes + this.#parts.above.cacheBytes;
  }

  get leafHits(): number {
    return this.#hits;
  }

  get leafMisses(): number {
    return this.#misses;
  }

  tryHold(sector: number): boolean {
    const leaf = this.#leafOf(sector);
    const slot = this.#cache.find(leaf);
    if (slot === -1) return false;
    this.#cache.hold(slot);
    this.#hits += 1;
    return true;
  }

  async hold(sector: number): Promise<void> {
    if (this.tryHold(sector)) return;
    this.#misses += 1;
    const leaf = this.#leafOf(sector);
    let load = this.#loads.find((other) => other.leaf === leaf);
    if (load === undefined) {
      load = { leaf, holders: 1, isLost: false, done: Promise.resolve() };
      this.#loads.push(load);
      load.done = this.#load(load);
    } else load.holders += 1;
    try {
      await load.done;
    } catch (error) {
      throw load.isLost ? this.#lost(error, sector) : error;
    }
  }

  release(sector: number): void {
    const isLast = this.#cache.release(this.#cache.find(this.#leafOf(sector)));
    if (isLast) this.#wake();
  }

  isAbsent(sector: number): boolean {
    return this.#parts.format.isAbsent(this.#cache.words, this.#at(sector));
  }

  countAlike(firstSector: number, count: number): number {
    return this.#parts.format.countAlike(this.#cache.words, this.#at(firstSector), count);
  }

  findPoisoned(firstSector: number, count: number): number {
    return this.#parts.format.findPoisoned(this.#cache.words, this.#at(firstSector), count);
  }

  load(firstSector: number, count: number, descriptors: Uint32Array, slot: number): void {
    this.#parts.format.load(this.#cache.words, this.#at(firstSector), count, descriptors, slot);
  }

  store(firstSector: number, count: number, descriptors: Uint32Array, slot: number): void {
    this.#parts.format.store(this.#cache.words, this.#touch(firstSector, count), count, descriptors, slot);
  }

  requireChange(sector: number): void {
    this.#at(sector);
    if (!this.#cache.isDirty(this.#slot)) this.#parts.store.usage.require(1);
  }

  poison(firstSector: number, count: number): void {
    this.#parts.format.poison(this.#cache.words, this.#touch(firstSector, count), count);
  }

  async drop(firstSector: number, endSector: number): Promise<void> {
    const [first, end] = this.#wholeLeaves(firstSector, endSector);
    const headEnd = Math.min(first * this.sectorsPerLeaf, endSector);
    await this.#dropWithin(firstSector, headEnd);
    if (end >= first) await this.#dropWithin(Math.max(headEnd, end * this.sectorsPerLeaf), endSector);
    this.#forgetLeaves(first, end);
  }

  /** Records at the range's edges whose leaves are not in memory stay, and are written over some day. */
  forget(firstSector: number, endSector: number): void {
    const [first, end] = this.#wholeLeaves(firstSector, endSector);
    const headEnd = Math.min(first * this.sectorsPerLeaf, endSector);
    this.#forgetWithin(firstSector, headEnd);
    if (end >= first) this.#forgetWithin(Math.max(headEnd, end * this.sectorsPerLeaf), endSector);
    this.#forgetLeaves(first, end);
  }

  close(): void {
    const { above, cipher, store } = this.#parts;
    this.#cache.clear();
    this.#present.fill(0);
    this.#touched = 0;
    this.#leaf = -1;
    cipher.close();
    store.close();
    above.close();
  }

  #leafOf(sector: number): number {
    return Math.floor(sector / this.sectorsPerLeaf);
  }

  /** The leaves that a range has the whole of: from the first on, before the second, which may be less. */
  #wholeLeaves(firstSector: number, endSector: number): [number, number] {
    const first = Math.ceil(firstSector / this.sectorsPerLeaf);
    const isToTheEnd = endSector === this.#parts.sectors;
    return [first, isToTheEnd ? this.#parts.leaves : this.#leafOf(endSector)];
  }

  /** Where a sector's record is. Its leaf is in memory. */
  #at(sector: number): number {
    const leaf = this.#leafOf(sector);
    if (leaf !== this.#leaf) {
      const slot = this.#cache.find(leaf);
      invariant(slot !== -1, `the records of sector ${sector} are used and not held`);
      this.#leaf = leaf;
      this.#slot = slot;
      this.#base = slot * this.#cache.leafWords;
    }
    return this.#base + (sector - leaf * this.sectorsPerLeaf) * this.#parts.format.words;
  }

  /** Where records are that are about to be changed, and will not be absent. */
  #touch(firstSector: number, count: number): number {
    const at = this.#at(firstSector);
    const added = this.#parts.format.countAbsent(this.#cache.words, at, count);
    this.#touched += added;
    this.#present[this.#leaf] = (this.#present[this.#leaf] as number) + added;
    this.#cache.setDirty(this.#slot, true);
    return at;
  }

  /** Forgets sectors of one leaf. */
  async #dropWithin(firstSector: number, endSector: number): Promise<void> {
    if (firstSector >= endSector || this.#present[this.#leafOf(firstSector)] === 0) return;
    await this.hold(firstSector);
    try {
      this.requireChange(firstSector);
      this.#dropHeld(firstSector, endSector);
    } finally {
      this.release(firstSector);
    }
  }

  #forgetWithin(firstSector: number, endSector: number): void {
    if (firstSector >= endSector || this.#cache.find(this.#leafOf(firstSector)) === -1) return;
    this.#dropHeld(firstSector, endSector);
  }

  #dropHeld(firstSector: number, endSector: number): void {
    const { format } = this.#parts;
    for (let sector = firstSector; sector < endSector; sector++) {
      const at = this.#at(sector);
      if (format.isAbsent(this.#cache.words, at)) continue;
      format.drop(this.#cache.words, at, 1);
      this.#cache.setDirty(this.#slot, true);
      this.#touched -= 1;
      this.#present[this.#leaf] = (this.#present[this.#leaf] as number) - 1;
    }
  }

  /** Forgets whole leaves, and wipes those that are in memory. */
  #forgetLeaves(first: number, end: number): void {
    if (first >= end) return;
    for (let leaf = first; leaf < end; leaf++) this.#touched -= this.#present[leaf] as number;
    this.#present.fill(0, first, end);
    const cache = this.#cache;
    const wipe = (slot: number): void => {
      cache.leaf(slot).fill(0);
      // What is being written back is not what it is now; and the record of what was written is to go.
      cache.setDirty(slot, true);
    };
    if (end - first < cache.slots) {
      for (let leaf = first; leaf < end; leaf++) {
        const slot = cache.find(leaf);
        if (slot !== -1) wipe(slot);
      }
    } else {
      for (let slot = 0; slot < cache.slots; slot++) {
        const leaf = cache.leafOf(slot);
        if (first <= leaf && leaf < end) wipe(slot);
      }
    }
    this.#parts.above.forget(first, end);
  }

  /** Brings a leaf into memory for all who wait for it. */
  async #load(load: Load): Promise<void> {
    const cache = this.#cache;
    let slot = -1;
    try {
      slot = await this.#room();
      if (this.#present[load.leaf] !== 0) await this.#read(load, slot);
      // Everything in it may have been forgotten meanwhile.
      if (this.#present[load.leaf] === 0) cache.leaf(slot).fill(0);
      cache.put(slot, load.leaf, load.holders);
    } catch (error) {
      if (slot !== -1) cache.release(slot);
      this.#wake();
      throw error;
    } finally {
      this.#loads = this.#loads.filter((other) => other !== load);
    }
  }

  /** A slot for another leaf, held: what was in it is on disk, or forgotten. */
  async #room(): Promise<number> {
    const cache = this.#cache;
    for (;;) {
      // A key that is used up writes no leaf back: those that were changed stay in memory.
      const slot = cache.candidate(this.#parts.store.usage.isUsedUp && cache.hasClean);
      if (slot === -1) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      if (cache.isDirty(slot)) await this.#writeBack(slot);
      // While it was written, someone may have held it, changed it, or taken it.
      if (!cache.isIdle(slot)) continue;
      if (cache.leafOf(slot) === this.#leaf) this.#leaf = -1;
      cache.take(slot);
      return slot;
    }
  }

  async #read(load: Load, slot: number): Promise<void> {
    try {
      await this.#transfer.read(load.leaf, this.#bytes(slot));
    } catch (error) {
      load.isLost = true;
      throw error;
    }
  }

  /**
   * Writes a leaf as it is now. It stays in memory, and may be changed meanwhile: it is clean
   * only from before it is sealed until it is changed, or until the write fails.
   *
   * @throws {DeviceError} when the host's write fails; the leaf is as it was.
   */
  async #writeBack(slot: number): Promise<void> {
    const cache = this.#cache;
    const leaf = cache.leafOf(slot);
    if (this.#present[leaf] === 0) {
      cache.setDirty(slot, false);
      this.#parts.above.forget(leaf, leaf + 1);
      return;
    }
    cache.setWriting(slot, true);
    try {
      await this.#transfer.write(leaf, this.#bytes(slot), () => cache.setDirty(slot, false));
    } catch (error) {
      cache.setDirty(slot, true);
      throw this.#lost(error, leaf * this.sectorsPerLeaf);
    } finally {
      cache.setWriting(slot, false);
      this.#wake();
    }
  }

  /** The bytes of a leaf in memory. */
  #bytes(slot: number): Uint8Array {
    return new Uint8Array(this.#cache.words.buffer, slot * this.#leafBytes, this.#leafBytes);
  }

  /** Lets all who wait for room look again. */
  #wake(): void {
    if (this.#waiting.length === 0) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /**
   * An error of a leaf's sectors, if that is what the error from below is about: a leaf is not what was written
   * last. It need not be the one that was asked for, where a level above had to make room for that.
   */
  #lost(error: unknown, asked: number): unknown {
    if (!(error instanceof IntegrityError)) return error;
    const { deviceName } = this.#parts;
    const leaf = error.at.sector ?? this.#leafOf(asked);
    const first = leaf * this.sectorsPerLeaf;
    const sector = leaf === this.#leafOf(asked) ? asked : first;
    const last = Math.min(first + this.sectorsPerLeaf, this.#parts.sectors) - 1;
    return new IntegrityError(
      "sector-mismatch",
      `what was remembered of the sectors ${first} to ${last} of ${deviceName} is not what was written last: the host changed it, mixed it up, or went back to an older one`,
      { at: { device: deviceName, sector }, cause: error },
    );
  }
}
