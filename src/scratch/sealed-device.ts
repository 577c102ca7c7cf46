/**
 * A disk that the host holds and can neither read, change, nor roll back:
 * encrypted, authenticated and fresh. The key is made here and dies here.
 *
 * Security: what a read returns is what was written last, or it is an error.
 * Older content of a sector, of another sector, of another device, of the whole
 * disk opens no more, since the number and tag of the newest are remembered in
 * memory that the host cannot reach. Not hidden: which sectors are touched and when.
 *
 * Performance: batches of 256 KiB in the cipher's own memory; 24 bytes of trusted
 * memory a touched sector.
 */
import { createSectorCipher } from "../crypto/create-sector-cipher.ts";
import type { SectorCipher } from "../crypto/sector-cipher.ts";
import type { IoOptions, WritableBlockDevice } from "../device/block-device.ts";
import { hostFailure } from "../device/host-failure.ts";
import {
  checkSectorSize,
  checkSectors,
  defaultSectorSizeBytes,
  type SealedDeviceOptions,
} from "./sealed-options.ts";
import { SectorBatches, type SlotLayout, slotLayout } from "./sector-batches.ts";
import { type Call, SectorCalls } from "./sector-calls.ts";
import { SectorStore, sectorAadSizeBytes } from "./sector-store.ts";
import { SectorTable } from "./sector-table.ts";
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
  /** Trusted memory that the records of sectors take. */
  readonly tableMemoryBytes: number;
}

/** A `WritableBlockDevice` over the host's; see the head of this file. */
export class SealedDevice implements WritableBlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #below: WritableBlockDevice;
  readonly #size: number;
  readonly #cipher: SectorCipher;
  readonly #table: SectorTable;
  readonly #store: SectorStore;
  readonly #batches: SectorBatches;
  readonly #closeDevice: boolean;
  readonly #calls: SectorCalls;

  private constructor(
    below: WritableBlockDevice,
    cipher: SectorCipher,
    layout: SlotLayout,
    sequence: WriteSequence,
    closeDevice: boolean,
  ) {
    const size = cipher.sectorSizeBytes;
    const sectors = Math.floor(below.sizeBytes / size);
    this.name = `sealed:${below.name}`;
    this.sizeBytes = sectors * size;
    this.#below = below;
    this.#size = size;
    this.#cipher = cipher;
    this.#table = new SectorTable(sectors, cipher.tagSizeBytes);
    this.#store = new SectorStore({ below, cipher, table: this.#table, sequence, instance: nextInstance() });
    this.#batches = new SectorBatches(size, layout);
    this.#calls = new SectorCalls(this, size);
    this.#closeDevice = closeDevice;
  }

  /**
   * Makes a sealed device over `below`, whose content counts for nothing: every
   * sector is zeros until it is written. What does not fill a sector at the
   * device's end is not used.
   *
   * @throws {UsageError} `invalid-argument` for a sector size that cannot be, a device without a sector or
   *   with more than 2^32.
   */
  static create(below: WritableBlockDevice, options: SealedDeviceOptions = {}): Promise<SealedDevice> {
    return SealedDevice.createWithSequence(below, options, processSequence);
  }

  /**
   * As `create`, with a sequence of the caller's own. For tests near the sequence's end: two devices
   * with two sequences may use a number twice.
   *
   * @internal
   */
  static async createWithSequence(
    below: WritableBlockDevice,
    {
      suite = "chacha20-poly1305",
      createCipher = createSectorCipher,
      sectorSizeBytes = defaultSectorSizeBytes,
      closeDevice = false,
    }: SealedDeviceOptions,
    sequence: WriteSequence,
  ): Promise<SealedDevice> {
    checkSectorSize(sectorSizeBytes);
    const sectors = Math.floor(below.sizeBytes / sectorSizeBytes);
    checkSectors(below, sectors, sectorSizeBytes);
    const layout = slotLayout(sectorSizeBytes, sectors);
    const cipher = await createCipher({
      suite,
      sectorSizeBytes,
      capacitySectors: layout.capacitySectors,
      aadSizeBytes: sectorAadSizeBytes,
    });
    return new SealedDevice(below, cipher, layout, sequence, closeDevice);
  }

  /** What the device has done so far and what it holds. */
  stats(): SealedDeviceStats {
    return {
      sectors: this.sizeBytes / this.#size,
      touchedSectors: this.#table.touchedSectors,
      sealedBytes: this.#store.sealedSectors * this.#size,
      openedBytes: this.#store.openedSectors * this.#size,
      tableMemoryBytes: this.#table.memoryBytes,
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
   * @throws {StateError} `poisoned` for a part of a poisoned sector, or when the sequence or
   *   the key is used up.
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
      for (let sector = firstWhole; sector < endWhole; sector++) this.#table.drop(sector);
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
      this.#table.clear();
      this.#store.close();
      if (this.#closeDevice) await this.#below.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Writes a range whose bytes `fill` puts into the plaintext, batch by batch. */
  #writeParts(
    offsetBytes: number,
    lengthBytes: number,
    call: Call,
    fill: (plaintextOffset: number, atBytes: number, lengthBytes: number) => void,
  ): Promise<void> {
    const size = this.#size;
    return this.#batches.run(offsetBytes, lengthBytes, call, async (batch) => {
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
    });
  }

  /** Zeros a part of one sector; where that is absent, it is zeros already. */
  async #zero(offsetBytes: number, endBytes: number, call: Call): Promise<void> {
    const length = endBytes - offsetBytes;
    if (length <= 0 || this.#table.isAbsent(Math.floor(offsetBytes / this.#size))) return;
    await this.#writeParts(offsetBytes, length, call, (from, _at, bytes) =>
      this.#cipher.plaintext.fill(0, from, from + bytes),
    );
  }
}
