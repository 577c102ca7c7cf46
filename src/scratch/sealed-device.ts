/**
 * A disk that the host holds and can neither read, change, nor roll back:
 * encrypted, authenticated and fresh. The key is made here and dies here.
 *
 * Security: what a read returns is what was written last, or it is an error.
 * Older content of a sector, of another sector, of another device, of the whole
 * disk opens no more, since the number and tag of the newest are remembered in
 * memory that the host cannot reach. Not hidden: which sectors are touched and when.
 *
 * Performance: batches of 128 or 256 KiB in the cipher's own memory; 24 bytes of trusted
 * memory a touched sector, up to a budget, beyond which they lie on the disk, sealed too.
 */
import { createSectorCipher } from "../crypto/create-sector-cipher.ts";
import { type SectorCipher, suiteSizes } from "../crypto/sector-cipher.ts";
import type { IoOptions, WritableBlockDevice } from "../device/block-device.ts";
import { readsAtOnce } from "../device/direct.ts";
import { hostFailure } from "../device/host-failure.ts";
import { openRecords } from "./open-records.ts";
import { RecordFormat } from "./record-format.ts";
import {
  checkSectorSize,
  checkSectors,
  defaultLeafCacheBytes,
  defaultSectorSizeBytes,
  defaultTableMemoryBytes,
  type SealedDeviceOptions,
} from "./sealed-options.ts";
import { type SectorBatch, SectorBatches, type SlotLayout, slotLayout } from "./sector-batches.ts";
import { type Call, SectorCalls } from "./sector-calls.ts";
import type { SectorRecords } from "./sector-records.ts";
import { SectorStore, sectorAadSizeBytes } from "./sector-store.ts";
import { type LeafShape, tableLayout, usualLeaf } from "./table-layout.ts";
import { nextInstance, processSequence, type WriteSequence } from "./write-sequence.ts";

/** What a device has done and holds; see `SealedDevice.stats`. */
export interface SealedDeviceStats {
  /** Sectors that the device has. */
  readonly sectors: number;
  /** Sectors with content, the poisoned ones included. */
  readonly touchedSectors: number;
  /** Bytes sealed since the device was made. */
  readonly sealedBytes: number;
  /** Bytes opened since the device was made. */
  readonly openedBytes: number;
  /** Trusted memory that what is remembered of sectors takes, caches apart. */
  readonly tableMemoryBytes: number;
  /** Trusted memory of the caches of leaves: 0 where all records are in memory. */
  readonly leafCacheBytes: number;
  /** How often the records of a batch of sectors were in memory, where not all are. */
  readonly leafHits: number;
  /** How often they were not. */
  readonly leafMisses: number;
}

/** What a device consists of. */
interface SealedDeviceParts {
  readonly below: WritableBlockDevice;
  readonly sectors: number;
  readonly cipher: SectorCipher;
  readonly table: SectorRecords;
  readonly store: SectorStore;
  readonly slots: SlotLayout;
  readonly closeDevice: boolean;
}

/** A `WritableBlockDevice` over the host's; see the head of this file. */
export class SealedDevice implements WritableBlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #below: WritableBlockDevice;
  readonly #size: number;
  readonly #cipher: SectorCipher;
  readonly #table: SectorRecords;
  readonly #store: SectorStore;
  readonly #batches: SectorBatches;
  readonly #closeDevice: boolean;
  readonly #calls: SectorCalls;

  private constructor({ below, sectors, cipher, table, store, slots, closeDevice }: SealedDeviceParts) {
    const size = cipher.sectorSizeBytes;
    this.name = `sealed:${below.name}`;
    this.sizeBytes = sectors * size;
    this.#below = below;
    this.#size = size;
    this.#cipher = cipher;
    this.#table = table;
    this.#store = store;
    this.#batches = new SectorBatches(size, slots, table);
    this.#calls = new SectorCalls(this, size);
    this.#closeDevice = closeDevice;
  }

  /**
   * Makes a sealed device over `below`, whose content counts for nothing: every
   * sector is zeros until it is written. What does not fill a sector at the
   * device's end is not used. Where the records of all sectors do not fit their budget, a stretch
   * at the end is kept for them, and `sizeBytes` is less by that.
   *
   * @throws {UsageError} `invalid-argument` for a sector size that cannot be, a device without a sector or
   *   with more than 2^32, a budget or a cache that is too small for it.
   */
  static create(below: WritableBlockDevice, options: SealedDeviceOptions = {}): Promise<SealedDevice> {
    return SealedDevice.createWithSequence(below, options, processSequence);
  }

  /**
   * As `create`, with a sequence of the caller's own. For tests near the sequence's end: two devices
   * with two sequences may use a number twice. And with leaves of another shape, for tests with few sectors.
   *
   * @internal
   */
  static async createWithSequence(
    below: WritableBlockDevice,
    {
      suite = "chacha20-poly1305",
      createCipher = createSectorCipher,
      sectorSizeBytes = defaultSectorSizeBytes,
      tableMemoryBytes = defaultTableMemoryBytes,
      leafCacheBytes = defaultLeafCacheBytes,
      closeDevice = false,
    }: SealedDeviceOptions,
    sequence: WriteSequence,
    leaf: LeafShape = usualLeaf,
  ): Promise<SealedDevice> {
    checkSectorSize(sectorSizeBytes);
    const deviceBytes = below.sizeBytes;
    checkSectors(below, Math.floor(deviceBytes / sectorSizeBytes), sectorSizeBytes);
    const format = new RecordFormat(suiteSizes(suite).tagSizeBytes);
    const layout = tableLayout({
      deviceBytes,
      sectorSizeBytes,
      recordSizeBytes: format.sizeBytes,
      tableMemoryBytes,
      leafCacheBytes,
      leaf,
    });
    const { sectors } = layout;
    const slots = slotLayout(sectorSizeBytes, sectors, readsAtOnce(below));
    const cipher = await createCipher({
      suite,
      sectorSizeBytes,
      capacitySectors: slots.capacitySectors,
      aadSizeBytes: sectorAadSizeBytes,
      inPlace: true,
    });
    const leafSizeBytes = leaf.sizeBytes;
    const instance = nextInstance();
    const levels = { below, layout, leafSizeBytes, format, suite, createCipher, sequence, instance };
    const table = await openRecords(levels).catch((error: unknown) => {
      cipher.close();
      throw error;
    });
    const store = new SectorStore({ below, cipher, table, sequence, instance, level: 0, startBytes: 0 });
    return new SealedDevice({ below, sectors, cipher, table, store, slots, closeDevice });
  }

  /** What the device has done so far and what it holds. */
  stats(): SealedDeviceStats {
    return {
      sectors: this.sizeBytes / this.#size,
      touchedSectors: this.#table.touchedSectors,
      sealedBytes: this.#store.sealedSectors * this.#size,
      openedBytes: this.#store.openedSectors * this.#size,
      tableMemoryBytes: this.#table.memoryBytes,
      leafCacheBytes: this.#table.cacheBytes,
      leafHits: this.#table.leafHits,
      leafMisses: this.#table.leafMisses,
    };
  }

  /**
   * Fills `into` with what was written last. See `BlockDevice.read`. For sectors that were never
   * written, or discarded, the host is not asked.
   *
   * @throws {IntegrityError} `sector-mismatch` where the host's bytes are not those, at the sector.
   * @throws {StateError} `poisoned` at a sector whose last write failed.
   */
  read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    const { plaintext } = this.#cipher;
    const work = (call: Call): Promise<void> =>
      this.#batches.run(offsetBytes, into.length, call, async (batch) => {
        await this.#store.fetch(batch.slot, batch.firstSector, batch.count, call.signal);
        if (call.answered) return;
        const from = batch.slot * this.#size + batch.skipBytes;
        into.set(plaintext.subarray(from, from + batch.lengthBytes), batch.atBytes);
      });
    const undo = (): void => void into.fill(0);
    return this.#calls.run({ offsetBytes, lengthBytes: into.length, writes: false, work, undo }, options);
  }

  /**
   * Writes `from`, sealed, under numbers that were never used. Sectors that are written in part are
   * read first. See `WritableBlockDevice.write`.
   *
   * @throws {DeviceError} when the host's write fails: its sectors are poisoned then, until they are
   *   written whole or discarded.
   * @throws {StateError} `poisoned` for a part of a poisoned sector; `exhausted` when the sequence or the
   *   key is used up: what is there can still be read, and a new device has a key of its own.
   * @throws {IntegrityError} as `read`, for a sector written in part.
   */
  write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    const work = (call: Call): Promise<void> =>
      this.#writeParts(offsetBytes, from.length, call, (slotBytes, at, length) =>
        this.#cipher.plaintext.set(from.subarray(at, at + length), slotBytes),
      );
    return this.#calls.run({ offsetBytes, lengthBytes: from.length, writes: true, work }, options);
  }

  /**
   * Makes the range zeros. Whole sectors are forgotten, which the host does not hear of; parts of
   * sectors at the edges are read, zeroed and written.
   *
   * @throws as `write`, for the edges.
   */
  discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void> {
    const work = async (call: Call): Promise<void> => {
      const size = this.#size;
      const end = offsetBytes + lengthBytes;
      const firstWhole = Math.ceil(offsetBytes / size);
      const endWhole = Math.floor(end / size);
      const headEnd = Math.min(firstWhole * size, end);
      await this.#zero(offsetBytes, headEnd, call);
      if (endWhole >= firstWhole) await this.#zero(Math.max(headEnd, endWhole * size), end, call);
      if (endWhole > firstWhole) await this.#table.drop(firstWhole, endWhole);
    };
    return this.#calls.run({ offsetBytes, lengthBytes, writes: true, work }, options);
  }

  /** Has the host flush. The records stay where they are: without them its bytes are worth nothing. */
  async flush(options?: IoOptions): Promise<void> {
    const signal = options?.signal;
    const work = async (): Promise<void> => {
      signal?.throwIfAborted();
      try {
        await this.#below.flush(options);
      } catch (error) {
        throw hostFailure(error, this.#below, 0, signal, "flushing");
      }
    };
    await this.#calls.runApart(options, work);
  }

  /** Waits for the calls under way and for I/O whose callers gave up, then wipes the key and all that is known. */
  close(): Promise<void> {
    return this.#calls.close(async () => {
      this.#cipher.close();
      this.#table.close();
      this.#store.close();
      if (this.#closeDevice) await this.#below.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Writes a range whose bytes `fill` puts into the plaintext, batch by batch. */
  #writeParts(offsetBytes: number, lengthBytes: number, call: Call, fill: Fill): Promise<void> {
    return this.#batches.run(offsetBytes, lengthBytes, call, (batch) => this.#writeBatch(batch, call, fill));
  }

  async #writeBatch(batch: SectorBatch, call: Call, fill: Fill): Promise<void> {
    const size = this.#size;
    const { slot, firstSector, count, skipBytes } = batch;
    const endsInside = skipBytes + batch.lengthBytes < count * size;
    if (skipBytes > 0 || (count === 1 && endsInside)) {
      await this.#store.fetch(slot, firstSector, 1, call.signal);
    }
    if (endsInside && count > 1) {
      await this.#store.fetch(slot + count - 1, firstSector + count - 1, 1, call.signal);
    }
    call.signal?.throwIfAborted();
    fill(slot * size + skipBytes, batch.atBytes, batch.lengthBytes);
    await this.#store.put(slot, firstSector, count);
  }

  /** Zeros a part of one sector; where that is absent, it is zeros already. */
  async #zero(offsetBytes: number, endBytes: number, call: Call): Promise<void> {
    const fill: Fill = (from, _at, bytes) => this.#cipher.plaintext.fill(0, from, from + bytes);
    await this.#batches.run(offsetBytes, endBytes - offsetBytes, call, async (batch) => {
      if (!this.#table.isAbsent(batch.firstSector)) await this.#writeBatch(batch, call, fill);
    });
  }
}

/** Puts the bytes that stand at `atBytes` of the caller's into the plaintext. */
type Fill = (plaintextOffset: number, atBytes: number, lengthBytes: number) => void;
