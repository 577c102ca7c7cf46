/** A sealed device, its model and its host: every step is done to all of them and checked. */
import { equalBytes } from "../../src/bytes/index.ts";
import { suiteSizes } from "../../src/crypto/sector-cipher.ts";
import { DeviceError, IntegrityError, StateError } from "../../src/errors.ts";
import type { SealedDevice } from "../../src/scratch/sealed-device.ts";
import type { SealedDeviceOptions } from "../../src/scratch/sealed-options.ts";
import type { WriteSequence } from "../../src/scratch/write-sequence.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import { markedBytes, untouched } from "../device/contract.ts";
import { Boundary, canary, hold, type SealWatch } from "./boundary.ts";
import { DiskModel } from "./disk-model.ts";
import { inMemory, type LargerTable, largerDisk } from "./larger-table.ts";

/** The code under test: the real one, or a mutant of it. */
export interface Subject {
  readonly SealedDevice: typeof SealedDevice;
  readonly WriteSequence: typeof WriteSequence;
  readonly processSequence: WriteSequence;
  /** How it seals, where that is not as usual. */
  readonly sealing?: Pick<SealedDeviceOptions, "suite" | "createCipher">;
}

/** Something to do to a sealed device. */
export type Operation =
  | { readonly kind: "read" | "write" | "discard"; readonly offset: number; readonly length: number }
  | { readonly kind: "flush" };

/** How an operation ended. */
export type Outcome = "done" | "integrity" | "device" | "poisoned" | "used up";

/** See the head of this file. */
export class CheckedDisk {
  readonly device: SealedDevice;
  readonly boundary: Boundary;
  model: DiskModel;
  readonly #table: LargerTable;
  readonly #tableMemoryBytes: number;
  readonly #watch: SealWatch;
  #writes = 0;

  private constructor(
    device: SealedDevice,
    boundary: Boundary,
    model: DiskModel,
    table: LargerTable,
    tableMemoryBytes: number,
    watch: SealWatch,
  ) {
    this.device = device;
    this.boundary = boundary;
    this.model = model;
    this.#table = table;
    this.#tableMemoryBytes = tableMemoryBytes;
    this.#watch = watch;
  }

  static async make(
    { SealedDevice, processSequence, sealing }: Subject,
    watch: SealWatch,
    sectors: number,
    sectorSize = 512,
    sequence: WriteSequence = processSequence,
    table: LargerTable = inMemory,
  ): Promise<CheckedDisk> {
    const { tagSizeBytes } = suiteSizes(sealing?.suite ?? "chacha20-poly1305");
    const { sizeBytes, leaf, areas, ...disk } = largerDisk(sectors, sectorSize, table, 8 + tagSizeBytes);
    const options = { ...disk.options, ...sealing };
    const host = new HostileDevice(sizeBytes, { blockSizeBytes: sectorSize });
    const boundary = new Boundary(host, areas, watch);
    const device = await SealedDevice.createWithSequence(boundary, options, sequence, leaf);
    hold("I7", device.sizeBytes === sectors * sectorSize, `the device has ${device.sizeBytes} bytes`);
    const model = new DiskModel(sectors, sectorSize);
    return new CheckedDisk(device, boundary, model, table, options.tableMemoryBytes ?? 0, watch);
  }

  get host(): HostileDevice {
    return this.boundary.host;
  }

  /** An empty disk again, with a host that has no plans and no past. */
  async anew(): Promise<void> {
    const { sectorSize, states } = this.model;
    this.boundary.host = new HostileDevice(this.boundary.sizeBytes, { blockSizeBytes: sectorSize });
    await this.device.discard(0, this.device.sizeBytes);
    this.model = new DiskModel(states.length, sectorSize);
    this.#checkTable();
  }

  /** Bytes full of canaries, and different for every write. */
  content(length: number): Uint8Array {
    this.#writes += 1;
    const content = template(length);
    for (let at = canary.length; at < length; at += 64) {
      content[at] = this.#writes;
      content[at + 1] = this.#writes >>> 8;
    }
    return content;
  }

  /**
   * Does an operation and checks everything that must be.
   *
   * @throws {Violation} where it is not.
   */
  async step(operation: Operation): Promise<Outcome> {
    this.boundary.begin();
    if (operation.kind === "flush") return this.#settle(this.device.flush(), []);
    const { kind, offset, length } = operation;
    const sectors = this.model.sectorsOf(offset, length);
    if (kind === "read") return this.#read(offset, length, sectors);
    const content = kind === "write" ? this.content(length) : new Uint8Array(length);
    this.boundary.onWrite = () => {
      const sent = new Set(this.#written().keys());
      const known = this.model.states.filter((state, i) => state !== "absent" || sent.has(i)).length;
      const { touchedSectors } = this.device.stats();
      const isInOrder = kind === "write" ? touchedSectors === known : touchedSectors <= known;
      hold("I1", isInOrder, "a record is made before the host hears of it");
    };
    const work = kind === "write" ? this.device.write(offset, content) : this.device.discard(offset, length);
    const asked = sectors.filter((sector) => !this.model.covers(offset, length, sector));
    const outcome = await this.#settle(work, asked);
    const written = this.#written();
    for (const sector of sectors) {
      const isWhole = this.model.covers(offset, length, sector);
      const failed = written.get(sector);
      if (failed !== undefined) {
        if (failed) this.model.poison(sector);
        else this.model.put(sector, offset, content);
      } else if (outcome === "done") {
        const isDropped = kind === "discard" && (isWhole || this.model.states[sector] === "absent");
        hold("I1", isDropped, `sector ${sector} was done without a write`);
        this.model.drop(sector);
      }
    }
    if (kind === "discard" && outcome !== "done") {
      this.#dropHead(sectors.filter((sector) => this.model.covers(offset, length, sector)));
    }
    hold(
      "I6",
      [...written.keys()].every((sector) => sectors.includes(sector)),
      "no other sector is written",
    );
    this.#checkTable();
    return outcome;
  }

  /** Reads every sector by itself, then writes it whole and reads that. */
  async sweep(): Promise<void> {
    const { sectorSize: length, states } = this.model;
    for (let sector = 0; sector < states.length; sector++) {
      await this.step({ kind: "read", offset: sector * length, length });
    }
    await this.heal();
    if (this.host.sizeBytes < this.boundary.sizeBytes) return;
    let outcome = await this.#doAll("read");
    // A leaf may have been lost that the writes found no need of.
    if (outcome === "integrity" && this.#table.levels > 0) {
      await this.#startOver();
      outcome = await this.#doAll("read");
    }
    hold("I1", outcome === "done", `a read of everything ends as ${outcome} at an honest host`);
  }

  /** Makes the host honest, as far as it has the room, and writes everything: where a leaf is lost, behind a discard. */
  async heal(): Promise<void> {
    this.host.relent();
    await this.host.release();
    if (this.host.sizeBytes < this.boundary.sizeBytes) return;
    const outcome = await this.#doAll("write");
    if (outcome === "integrity" && this.#table.levels > 0) await this.#startOver();
    else hold("I1", outcome === "done", `a write of everything ends as ${outcome} at an honest host`);
  }

  /** Discards everything, and what was lost with it, and writes it anew. */
  async #startOver(): Promise<void> {
    for (const kind of ["discard", "write"] as const) {
      const outcome = await this.#doAll(kind);
      hold("I1", outcome === "done", `a ${kind} of everything ends as ${outcome} at an honest host`);
    }
  }

  #doAll(kind: "read" | "write" | "discard"): Promise<Outcome> {
    return this.step({ kind, offset: 0, length: this.device.sizeBytes });
  }

  /** A discard that failed may have forgotten what is in its first leaf, before it came to its last one. */
  #dropHead(whole: readonly number[]): void {
    if (this.device.stats().touchedSectors === this.model.touched) return;
    const leafOf = (sector: number | undefined): number =>
      Math.floor((sector ?? 0) / this.#table.recordsPerLeaf);
    for (const sector of whole) if (leafOf(sector) === leafOf(whole[0])) this.model.drop(sector);
  }

  async #read(offset: number, length: number, sectors: readonly number[]): Promise<Outcome> {
    const into = markedBytes(length);
    const outcome = await this.#settle(this.device.read(offset, into), sectors);
    if (outcome === "done") {
      const expected = this.model.bytes.subarray(offset, offset + length);
      hold("I1", equalBytes(into, expected), `${length} bytes at ${offset} are not those written last`);
    } else {
      const isClean = into.every((byte) => byte === 0) || into.every((byte) => byte === untouched);
      hold("I2", isClean, "a failed read leaves bytes in the buffer");
    }
    for (const { level, sector, sectors: count } of this.boundary.crossings) {
      if (level > 0) continue;
      for (let i = sector; i < sector + count; i++) {
        hold(
          "I1",
          this.model.states[i] === "known",
          `sector ${i} has no content, and the host was asked for it`,
        );
      }
    }
    this.#checkTable();
    return outcome;
  }

  /** Waits for an operation and holds its outcome against what the host did. `needed` are the sectors it had to read. */
  async #settle(work: Promise<void>, needed: readonly number[]): Promise<Outcome> {
    const error = await this.#awaitWork(work);
    const { crossings, lies } = this.boundary;
    const failed = crossings.some((crossing) => crossing.failed);
    const poisoned = needed.some((sector) => this.model.states[sector] === "poisoned");
    this.#checkBounds();
    if (error === undefined) {
      hold("I1", !failed && lies.size === 0 && !poisoned, "all is said to be well, and it is not");
      const read = this.#fetched();
      const unread = needed.find((sector) => this.model.states[sector] === "known" && !read.has(sector));
      hold("I1", unread === undefined, `sector ${unread} was not asked for`);
      return "done";
    }
    if (error instanceof IntegrityError) {
      const sector = error.at.sector ?? -1;
      const isLie = lies.has(sector) || (crossings.length > 1 && this.boundary.changed.has(sector));
      hold("I1", isLie, `no lie about sector ${sector}: ${error.message}`);
      return "integrity";
    }
    if (error instanceof StateError && error.code === "exhausted") {
      const left = 2n ** 64n - 1n - this.#watch.newest;
      hold("I4", left < this.model.states.length, `${left} numbers are left`);
      return "used up";
    }
    if (error instanceof StateError) {
      hold("I6", poisoned && error.code === "poisoned", `nothing is poisoned: ${error.message}`);
      hold("I6", this.model.states[error.at.sector ?? -1] === "poisoned", "another sector is poisoned");
      return "poisoned";
    }
    hold("I1", error instanceof DeviceError, `an error of no kind: ${error}`);
    hold("I1", failed, `the host did not fail: ${error}`);
    return "device";
  }

  /** Lets the host go on where it keeps a call waiting. */
  async #awaitWork(work: Promise<void>): Promise<unknown> {
    let isOver = false;
    let failure: unknown;
    const end = work.then(
      () => {
        isOver = true;
      },
      (error: unknown) => {
        isOver = true;
        failure = error;
      },
    );
    for (let turn = 0; turn < 200 && !isOver; turn++) await undefined;
    for (let turn = 0; turn < 100 && !isOver; turn++) {
      await this.host.release();
      for (let i = 0; i < 200; i++) await undefined;
    }
    hold("I7", isOver, "an operation never ends, though the host answers everything");
    await end;
    return failure;
  }

  /** The sectors that were sent to the host, and whether that failed. */
  #written(): Map<number, boolean> {
    const written = new Map<number, boolean>();
    for (const { asked, level, sector, sectors, failed } of this.boundary.crossings) {
      if (asked !== "write" || level > 0) continue;
      for (let i = sector; i < sector + sectors; i++) written.set(i, failed);
    }
    return written;
  }

  #fetched(): Set<number> {
    const fetched = new Set<number>();
    for (const { asked, level, sector, sectors } of this.boundary.crossings) {
      if (asked !== "read" || level > 0) continue;
      for (let i = sector; i < sector + sectors; i++) {
        hold("I5", !fetched.has(i), `sector ${i} was fetched twice for one decision`);
        fetched.add(i);
      }
    }
    return fetched;
  }

  #checkBounds(): void {
    this.#fetched();
    const { crossings } = this.boundary;
    // Whoever needs a leaf writes one back and reads one, and each of these needs a leaf above it.
    const forLeaf = 2 ** (this.#table.levels + 1) - 2;
    const most = 3 + this.model.states.length + (this.model.states.length + 4) * forLeaf;
    hold("I7", crossings.length <= most, `one operation made ${crossings.length} calls on the host`);
  }

  #checkTable(): void {
    const { touchedSectors, tableMemoryBytes } = this.device.stats();
    hold("I6", touchedSectors === this.model.touched, `${touchedSectors} sectors have records`);
    hold("I7", tableMemoryBytes <= this.#tableMemoryBytes, `records take ${tableMemoryBytes} bytes`);
  }
}

let canaries: Uint8Array = new Uint8Array();

/** Canaries at every eighth byte, with room between them. */
function template(length: number): Uint8Array {
  if (canaries.length < length) {
    canaries = new Uint8Array(length);
    for (let at = 0; at + canary.length <= length; at += 8) canaries.set(canary, at);
  }
  return canaries.slice(0, length);
}
