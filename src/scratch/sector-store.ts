/**
 * Sectors between the cipher's memory and the host's device: sealed and written,
 * or read and opened, with what the table remembers of them.
 *
 * On disk: sector i at i × its size from the start on, ciphertext alone. No header, no
 * tags, no numbers: nothing that the host holds says how to read it.
 */
import type { SectorCipher } from "../crypto/sector-cipher.ts";
import { sectorWords } from "../crypto/sector-cipher.ts";
import type { WritableBlockDevice } from "../device/block-device.ts";
import { BufferPool } from "../device/buffer-pool.ts";
import { hostFailure } from "../device/host-failure.ts";
import { readPrivately } from "../device/private-read.ts";
import { writePrivately } from "../device/private-write.ts";
import { IntegrityError, StateError } from "../errors.ts";
import { KeyUsage } from "./key-usage.ts";
import type { SectorRecords } from "./sector-records.ts";
import type { WriteSequence } from "./write-sequence.ts";

/** What sectors are stored with. */
export interface SectorStoreParts {
  readonly below: WritableBlockDevice;
  /** Its aad has `sectorAadSizeBytes`. */
  readonly cipher: SectorCipher;
  /** Has their records; who calls holds them. */
  readonly table: SectorRecords;
  readonly sequence: WriteSequence;
  /** Told apart in the process: sectors of one device are none of another. */
  readonly instance: number;
  /** What the sectors are: 0 data, above it leaves of that level. Keeps numbers and sectors apart. */
  readonly level: number;
  /** Where sector 0 lies. */
  readonly startBytes: number;
}

/** What a sector is bound to beside its content: u32 instance, u32 level, u64 sector. */
export const sectorAadSizeBytes = 16;
const aadWords = sectorAadSizeBytes / 4;
/** Of buffers for writes that are kept for the next one. Those of reads are not: the host may still write to them. */
const keptBytes = 2 ** 20;

/** See the head of this file. Calls on the same sectors are the caller's to keep apart. */
export class SectorStore {
  readonly #parts: SectorStoreParts;
  readonly #size: number;
  /** What its key has sealed. */
  readonly usage: KeyUsage;
  readonly #buffers = new BufferPool(keptBytes);
  #sealedSectors = 0;
  #openedSectors = 0;

  constructor(parts: SectorStoreParts) {
    this.#parts = parts;
    this.#size = parts.cipher.sectorSizeBytes;
    this.usage = KeyUsage.ofNewKey(parts.cipher.suite, this.#size);
    this.#bindSlots();
  }

  /** Sectors sealed so far. */
  get sealedSectors(): number {
    return this.#sealedSectors;
  }

  /** Sectors opened so far. */
  get openedSectors(): number {
    return this.#openedSectors;
  }

  /**
   * Fills the plaintext of `count` of the cipher's slots from `slot` on with the sectors from
   * `firstSector` on: zeros for those that are absent, and for them the host is not asked.
   *
   * @throws {StateError} `poisoned` for a sector whose last write failed, before any I/O.
   * @throws {IntegrityError} `sector-mismatch` where the host's bytes are not those written last.
   * @throws {DeviceError} when the host's read fails.
   */
  fetch(slot: number, firstSector: number, count: number, signal: AbortSignal | undefined): Promise<void> {
    const { table } = this.#parts;
    const poisonedAt = table.findPoisoned(firstSector, count);
    if (poisonedAt !== -1) return Promise.reject(this.#poisonedError(firstSector + poisonedAt));
    // Most calls are one run: that of the runs would be a promise more.
    const isOneRun = !table.isAbsent(firstSector) && table.countAlike(firstSector, count) === count;
    return isOneRun
      ? this.#fetchRun(slot, firstSector, count, signal)
      : this.#fetchRuns(slot, firstSector, count, signal);
  }

  /**
   * Seals the plaintext of `count` slots and writes it as the sectors from `firstSector` on. What
   * the sectors are from now on is remembered before the host hears of it; where its write fails,
   * nobody knows what it holds, and they are poisoned.
   *
   * @throws {DeviceError} when the host's write fails.
   * @throws {StateError} `exhausted` where the sequence or the key is used up; nothing has been changed then.
   */
  async put(slot: number, firstSector: number, count: number): Promise<void> {
    const { below, cipher, table, sequence } = this.#parts;
    sequence.require(count);
    table.requireChange(firstSector);
    this.usage.take(count);
    const { descriptors } = cipher;
    sequence.take(
      count,
      descriptors,
      slot * sectorWords.perSlot + sectorWords.nonce + 1,
      sectorWords.perSlot,
    );
    this.#bind(slot, firstSector, count);
    cipher.seal(slot, count);
    this.#sealedSectors += count;
    table.store(firstSector, count, descriptors, slot);
    const offsetBytes = this.#offsetOf(firstSector);
    const sealed = cipher.ciphertext.subarray(slot * this.#size, (slot + count) * this.#size);
    try {
      await writePrivately(below, offsetBytes, sealed, this.#buffers);
    } catch (error) {
      table.poison(firstSector, count);
      throw hostFailure(error, below, offsetBytes, undefined, "writing");
    }
  }

  /** Lets go of the buffers. */
  close(): void {
    this.#buffers.clear();
  }

  /** Fetches run after run of sectors that are all absent, or all not. */
  async #fetchRuns(
    slot: number,
    firstSector: number,
    count: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { table, cipher } = this.#parts;
    for (let i = 0; i < count; ) {
      const alike = table.countAlike(firstSector + i, count - i);
      const from = (slot + i) * this.#size;
      if (table.isAbsent(firstSector + i)) cipher.plaintext.fill(0, from, from + alike * this.#size);
      else await this.#fetchRun(slot + i, firstSector + i, alike, signal);
      i += alike;
    }
  }

  async #fetchRun(
    slot: number,
    firstSector: number,
    count: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { below, cipher, table } = this.#parts;
    const offsetBytes = this.#offsetOf(firstSector);
    const into = cipher.ciphertext.subarray(slot * this.#size, (slot + count) * this.#size);
    try {
      await readPrivately(below, offsetBytes, into, signal);
    } catch (error) {
      throw hostFailure(error, below, offsetBytes, signal);
    }
    const { descriptors } = cipher;
    table.load(firstSector, count, descriptors, slot);
    this.#bind(slot, firstSector, count);
    const refused = cipher.open(slot, count);
    this.#openedSectors += count;
    if (refused > 0) throw this.#mismatch(slot, firstSector, count, refused);
  }

  #offsetOf(sector: number): number {
    return this.#parts.startBytes + sector * this.#size;
  }

  /** Writes what all sectors are bound to, and the domain of their nonces: the same in a slot for ever. */
  #bindSlots(): void {
    const { cipher, instance, level } = this.#parts;
    const { aad, descriptors } = cipher;
    for (let word = sectorWords.nonce; word < descriptors.length; word += sectorWords.perSlot) {
      descriptors[word] = level;
    }
    for (let word = 0; word < aad.length; word += aadWords) {
      aad[word] = instance;
      aad[word + 1] = level;
    }
  }

  /** Writes which sectors are in `count` slots. Their upper halves stay 0: a device has no more than 2^32. */
  #bind(slot: number, firstSector: number, count: number): void {
    const { aad } = this.#parts.cipher;
    for (let i = 0, word = slot * aadWords + 2; i < count; i++, word += aadWords) aad[word] = firstSector + i;
  }

  #mismatch(slot: number, firstSector: number, count: number, refused: number): IntegrityError {
    const { below, cipher } = this.#parts;
    let first = 0;
    while (
      first < count &&
      cipher.descriptors[(slot + first) * sectorWords.perSlot + sectorWords.status] === 1
    ) {
      first++;
    }
    const sector = firstSector + first;
    const others = refused > 1 ? ` and ${refused - 1} after it` : "";
    return new IntegrityError(
      "sector-mismatch",
      `sector ${sector}${others} of ${below.name} is not what was written last: the host changed it, mixed it up, or went back to an older one`,
      { at: { device: below.name, sector, offsetBytes: this.#offsetOf(sector) } },
    );
  }

  #poisonedError(sector: number): StateError {
    const { below } = this.#parts;
    return new StateError(
      "poisoned",
      `the last write of sector ${sector} of ${below.name} failed, so nobody knows what it holds: write the whole sector anew or discard it`,
      { at: { device: below.name, sector, offsetBytes: this.#offsetOf(sector) } },
    );
  }
}
