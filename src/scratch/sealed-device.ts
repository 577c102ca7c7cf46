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
import { createSectorCipher, type SectorCipherFactory } from "../crypto/create-sector-cipher.ts";
import type { SealingSuite, SectorCipher } from "../crypto/sector-cipher.ts";
import { untilAborted } from "../device/abortable.ts";
import type { IoOptions, WritableBlockDevice } from "../device/block-device.ts";
import { CallsUnderWay } from "../device/calls-under-way.ts";
import { hostFailure } from "../device/host-failure.ts";
import { checkRange } from "../device/range-check.ts";
import { SlotPool } from "../device/slot-pool.ts";
import { UsageError } from "../errors.ts";
import { SectorOrder } from "./sector-order.ts";
import { SectorStore, sectorAadSizeBytes } from "./sector-store.ts";
import { SectorTable } from "./sector-table.ts";
import { nextInstance, processSequence, type WriteSequence } from "./write-sequence.ts";

/** What makes a sealed device. All of it is the guest's choice; the host's bytes select nothing. */
export interface SealedDeviceOptions {
  /** How sectors are sealed; default ChaCha20-Poly1305. */
  readonly suite?: SealingSuite;
  /** What seals; default the WASM core. For Node there is `createNativeSectorCipher`. */
  readonly createCipher?: SectorCipherFactory;
  /** A power of two from 512 to 65,536; default 4096. */
  readonly sectorSizeBytes?: number;
  /** Whether `close` closes the device below too; default: it stays the caller's to close. */
  readonly closeDevice?: boolean;
}

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

const leastSectorSize = 512;
const mostSectorSize = 65_536;
const defaultSectorSize = 4096;
/** A batch: large enough for the cipher's peak, small enough for the processor's cache. */
const batchBytes = 256 * 1024;
const batchSlots = 4;
const mostSectors = 2 ** 32;
/** Short calls have slots of their own, so that a long one does not hold them up. */
const shortSectors = 2;
const shortSlots = 16;

/** Settles whoever asked, while the work that was begun goes on to its end. */
interface Call {
  readonly signal: AbortSignal | undefined;
  /** The caller has been answered: `into` and `from` are not ours any more. */
  answered: boolean;
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
  readonly #order = new SectorOrder();
  readonly #short: SlotPool;
  readonly #batches: SlotPool;
  readonly #closeDevice: boolean;
  readonly #calls = new CallsUnderWay();

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
    this.#short = new SlotPool(0, shortSectors * size, shortSlots);
    this.#batches = new SlotPool(
      shortSlots * shortSectors * size,
      layout.sectorsPerBatch * size,
      layout.batches,
    );
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
      sectorSizeBytes = defaultSectorSize,
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
    const lengthBytes = into.length;
    const work = (call: Call) =>
      this.#inBatches(offsetBytes, lengthBytes, call, async (slot, firstSector, count, skip, at, length) => {
        await this.#store.fetch(slot / this.#size, firstSector, count, call.signal);
        if (call.answered) return;
        into.set(this.#cipher.plaintext.subarray(slot + skip, slot + skip + length), at);
      });
    return this.#run(offsetBytes, lengthBytes, false, options, work, () => into.fill(0));
  }

  /**
   * Writes `from`, sealed, under numbers that were never used. Sectors that are written in part are
   * read first. See `WritableBlockDevice.write`.
   *
   * @throws {DeviceError} when the host's write fails: its sectors are poisoned then, until they are
   *   written whole or discarded.
   * @throws {StateError} `poisoned` for a part of a poisoned sector, or when the sequence is used up.
   * @throws {IntegrityError} as `read`, for a sector written in part.
   */
  write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    return this.#run(offsetBytes, from.length, true, options, (call) =>
      this.#writeParts(offsetBytes, from.length, call, (slot, at, length) =>
        this.#cipher.plaintext.set(from.subarray(at, at + length), slot),
      ),
    );
  }

  /**
   * Makes the range zeros. Whole sectors are forgotten, which the host does not hear of; parts of
   * sectors at the edges are read, zeroed and written.
   *
   * @throws as `write`, for the edges.
   */
  discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void> {
    return this.#run(offsetBytes, lengthBytes, true, options, async (call) => {
      const size = this.#size;
      const end = offsetBytes + lengthBytes;
      const firstWhole = Math.ceil(offsetBytes / size);
      const endWhole = Math.floor(end / size);
      const headEnd = Math.min(firstWhole * size, end);
      await this.#zero(offsetBytes, headEnd, call);
      if (endWhole >= firstWhole) await this.#zero(Math.max(headEnd, endWhole * size), end, call);
      for (let sector = firstWhole; sector < endWhole; sector++) this.#table.drop(sector);
    });
  }

  /** Has the host flush. The records stay where they are: without them its bytes are worth nothing. */
  async flush(options?: IoOptions): Promise<void> {
    this.#calls.enter(this.name);
    const signal = options?.signal;
    let working = Promise.resolve();
    try {
      signal?.throwIfAborted();
      working = this.#below.flush(options);
      await untilAborted(working, signal);
    } catch (error) {
      throw hostFailure(error, this.#below, 0, signal, "flushing");
    } finally {
      const leave = (): void => this.#calls.leave();
      working.then(leave, leave);
    }
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

  /**
   * Runs a call when it is its sectors' turn. An abort answers the caller at once; the work ends
   * where it can, and until then its sectors, slots and the device are not let go.
   *
   * @param undo what makes good for the caller a call that had begun and failed.
   */
  async #run(
    offsetBytes: number,
    lengthBytes: number,
    writes: boolean,
    options: IoOptions | undefined,
    work: (call: Call) => Promise<void>,
    undo?: () => void,
  ): Promise<void> {
    this.#calls.enter(this.name);
    const call: Call = { signal: options?.signal, answered: false };
    let working: Promise<void> | undefined;
    let isOver = false;
    try {
      checkRange(this, offsetBytes, lengthBytes);
      call.signal?.throwIfAborted();
      if (lengthBytes === 0) return;
      working = this.#inTurn(offsetBytes, lengthBytes, writes, call, work).finally(() => {
        isOver = true;
      });
      await untilAborted(working, call.signal);
    } catch (error) {
      if (working !== undefined) undo?.();
      throw error;
    } finally {
      call.answered = true;
      const leave = (): void => this.#calls.leave();
      if (working === undefined || isOver) leave();
      else working.then(leave, leave);
    }
  }

  async #inTurn(
    offsetBytes: number,
    lengthBytes: number,
    writes: boolean,
    call: Call,
    work: (call: Call) => Promise<void>,
  ): Promise<void> {
    const firstSector = Math.floor(offsetBytes / this.#size);
    const endSector = Math.ceil((offsetBytes + lengthBytes) / this.#size);
    const { turn, ready } = this.#order.enter(firstSector, endSector, writes);
    try {
      await untilAborted(ready, call.signal);
      await work(call);
    } finally {
      turn.end();
    }
  }

  /** Gives `step` batch after batch of a range: its slot, sectors, and where its bytes stand in slot and caller's array. */
  async #inBatches(
    offsetBytes: number,
    lengthBytes: number,
    call: Call,
    step: (
      slot: number,
      firstSector: number,
      count: number,
      skipBytes: number,
      atBytes: number,
      lengthBytes: number,
    ) => Promise<void>,
  ): Promise<void> {
    const size = this.#size;
    for (let done = 0; done < lengthBytes; ) {
      const offset = offsetBytes + done;
      const firstSector = Math.floor(offset / size);
      const skip = offset - firstSector * size;
      const left = Math.ceil((skip + lengthBytes - done) / size);
      const pool = left <= shortSectors ? this.#short : this.#batches;
      const count = Math.min(left, pool.slotSizeBytes / size);
      const length = Math.min(count * size - skip, lengthBytes - done);
      const slot = await pool.take(call.signal);
      try {
        call.signal?.throwIfAborted();
        await step(slot, firstSector, count, skip, done, length);
      } finally {
        pool.giveBack(slot);
      }
      done += length;
    }
  }

  /** Writes a range whose bytes `fill` puts into the plaintext, batch by batch. */
  #writeParts(
    offsetBytes: number,
    lengthBytes: number,
    call: Call,
    fill: (plaintextOffset: number, atBytes: number, lengthBytes: number) => void,
  ): Promise<void> {
    const size = this.#size;
    return this.#inBatches(
      offsetBytes,
      lengthBytes,
      call,
      async (slot, firstSector, count, skip, at, length) => {
        const index = slot / size;
        const endsInside = skip + length < count * size;
        if (skip > 0 || (count === 1 && endsInside))
          await this.#store.fetch(index, firstSector, 1, call.signal);
        if (endsInside && count > 1) {
          await this.#store.fetch(index + count - 1, firstSector + count - 1, 1, call.signal);
        }
        call.signal?.throwIfAborted();
        fill(slot + skip, at, length);
        await this.#store.put(index, firstSector, count);
      },
    );
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

interface SlotLayout {
  readonly sectorsPerBatch: number;
  readonly batches: number;
  readonly capacitySectors: number;
}

function slotLayout(sectorSizeBytes: number, sectors: number): SlotLayout {
  const sectorsPerBatch = Math.min(Math.max(batchBytes / sectorSizeBytes, shortSectors), sectors);
  const batches = sectors > shortSectors ? batchSlots : 0;
  return { sectorsPerBatch, batches, capacitySectors: shortSlots * shortSectors + batches * sectorsPerBatch };
}

function checkSectors(below: WritableBlockDevice, sectors: number, sectorSizeBytes: number): void {
  if (sectors >= 1 && sectors <= mostSectors) return;
  const message = `${below.name} has ${below.sizeBytes} bytes, not 1 to ${mostSectors} sectors of ${sectorSizeBytes}`;
  throw new UsageError("invalid-argument", message, { at: { device: below.name } });
}

function checkSectorSize(sectorSizeBytes: number): void {
  const isPower = Number.isInteger(Math.log2(sectorSizeBytes));
  if (isPower && sectorSizeBytes >= leastSectorSize && sectorSizeBytes <= mostSectorSize) return;
  throw new UsageError(
    "invalid-argument",
    `a sector has a power of two from ${leastSectorSize} to ${mostSectorSize} bytes, not ${sectorSizeBytes}`,
    { at: { field: "sectorSizeBytes" } },
  );
}
