/** A device in memory that fails at a chosen operation, and leaves behind what a sealed device leaves. */
import type { IoOptions, WritableBlockDevice } from "../../src/device/block-device.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { DeviceError, StateError } from "../../src/errors.ts";

const sectorBytes = 4096;

/** A write that fails leaves rubbish: its sectors cannot be read until they are written whole. */
export class FailingDevice implements WritableBlockDevice {
  readonly name = "failing";
  readonly sizeBytes: number;
  /** Reads, writes, discards and flushes so far. */
  operations: number = 0;
  /** The operation that fails; and with `failsOn` all after it. */
  failsAt: number = Number.POSITIVE_INFINITY;
  failsOn: boolean = false;
  readonly #memory: MemoryDevice;
  readonly #bytes: Uint8Array;
  readonly #poisoned: Set<number> = new Set();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#memory = new MemoryDevice(bytes);
    this.sizeBytes = bytes.length;
  }

  /** The device works again. */
  repair(): void {
    this.failsAt = Number.POSITIVE_INFINITY;
  }

  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    this.#count("read");
    for (const sector of sectors(offsetBytes, into.length)) this.#refuse(sector);
    await this.#memory.read(offsetBytes, into, options);
  }

  async write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    const touched = sectors(offsetBytes, from.length);
    try {
      this.#count("write");
    } catch (error) {
      for (const sector of touched) {
        this.#poisoned.add(sector);
        this.#bytes.fill(0xbd, sector * sectorBytes, (sector + 1) * sectorBytes);
      }
      throw error;
    }
    for (const sector of touched) {
      const isWhole =
        offsetBytes <= sector * sectorBytes && offsetBytes + from.length >= (sector + 1) * sectorBytes;
      if (isWhole) this.#poisoned.delete(sector);
      else this.#refuse(sector);
    }
    await this.#memory.write(offsetBytes, from, options);
  }

  async discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void> {
    this.#count("discard");
    await this.#memory.discard(offsetBytes, lengthBytes, options);
  }

  async flush(options?: IoOptions): Promise<void> {
    this.#count("flush");
    await this.#memory.flush(options);
  }

  close(): Promise<void> {
    return this.#memory.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #count(what: string): void {
    this.operations += 1;
    const fails = this.failsOn ? this.operations >= this.failsAt : this.operations === this.failsAt;
    if (fails) throw new DeviceError("device-failed", `${what} fails, being operation ${this.operations}`);
  }

  #refuse(sector: number): void {
    if (this.#poisoned.has(sector)) throw new StateError("poisoned", `sector ${sector} is poisoned`);
  }
}

function sectors(offsetBytes: number, lengthBytes: number): number[] {
  const first = Math.floor(offsetBytes / sectorBytes);
  const end = Math.ceil((offsetBytes + lengthBytes) / sectorBytes);
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
}
