/** The line between guest and host: what crosses it, as it was at that moment. */
import { equalBytes, toHex } from "../../src/bytes/index.ts";
import { transferOffsetBytes } from "../../src/bytes/transfer-buffer.ts";
import { createSectorCipher, type SectorCipherFactory } from "../../src/crypto/create-sector-cipher.ts";
import { type SectorCipher, sectorWords } from "../../src/crypto/sector-cipher.ts";
import type { IoOptions, WritableBlockDevice } from "../../src/device/index.ts";
import type { HostileDevice } from "../../src/testing/index.ts";
import type { DiskArea } from "./larger-table.ts";

/** The invariants of the threat model. */
export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8";

/** An invariant does not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** @throws {Violation} where the condition is not true. */
export function hold(invariant: Invariant, condition: boolean, what: string): void {
  if (!condition) throw new Violation(`${invariant}: ${what}`);
}

/** What every plaintext of these tests is full of. */
export const canary: Uint8Array = new TextEncoder().encode("CANARY");

/** A call of the sealed device on its host, and how it ended. */
export interface Crossing {
  readonly asked: "read" | "write" | "flush";
  /** 0 for data, above it leaves. */
  readonly level: number;
  readonly sector: number;
  readonly sectors: number;
  failed: boolean;
}

interface Sealed {
  readonly instance: number;
  readonly level: number;
  readonly sector: number;
  readonly buffer: ArrayBufferLike;
}

/** What `seal` was called with, seen by standing in its place. */
export class SealWatch {
  /** The last call's sectors, and the memory that keys lie in. */
  last: Sealed[] = [];
  readonly instances: Set<number> = new Set();
  #newest = -1n;
  #stop: () => void = () => {};

  /** From now on every number must be above the last one. */
  static async start(createCipher: SectorCipherFactory = createSectorCipher): Promise<SealWatch> {
    const options = { capacitySectors: 1, sectorSizeBytes: 16, aadSizeBytes: 16 } as const;
    const cipher = await createCipher({ suite: "chacha20-poly1305", ...options });
    const watch = new SealWatch();
    const prototype = Object.getPrototypeOf(cipher) as typeof cipher;
    const { seal } = prototype;
    cipher.close();
    prototype.seal = function (this: typeof cipher, slot, count) {
      watch.#see(this, slot, count);
      seal.call(this, slot, count);
    };
    watch.#stop = () => {
      prototype.seal = seal;
    };
    return watch;
  }

  stop(): void {
    this.#stop();
  }

  /** The number that was used last. */
  get newest(): bigint {
    return this.#newest;
  }

  /** Another sequence begins, behind a number. */
  anew(newest = -1n): void {
    this.#newest = newest;
  }

  #see(cipher: SectorCipher, slot: number, count: number): void {
    this.last = [];
    for (let i = slot; i < slot + count; i++) {
      const at = i * sectorWords.perSlot + sectorWords.nonce;
      const [domain, low, high] = cipher.descriptors.subarray(at, at + 3) as unknown as [
        number,
        number,
        number,
      ];
      const number = (BigInt(high) << 32n) | BigInt(low);
      hold("I4", number > this.#newest, `the number ${number} came after ${this.#newest}`);
      hold("I4", number > 1n, `${number} is no number of a write`);
      this.#newest = number;
      const [instance, level, sectorLow, sectorHigh] = cipher.aad.subarray(
        i * 4,
        i * 4 + 4,
      ) as unknown as number[];
      hold("I4", domain === level, "a number is for another level than the sector that it is used for");
      const sector = (sectorLow as number) + (sectorHigh as number) * 2 ** 32;
      this.instances.add(instance as number);
      const { buffer } = cipher.plaintext;
      this.last.push({ instance: instance as number, level: level as number, sector, buffer });
    }
  }
}

/** Stands between the sealed device and its host, and looks. */
export class Boundary implements WritableBlockDevice {
  readonly name = "boundary";
  readonly sizeBytes: number;
  /** The host: a test may put another in its place. */
  host: HostileDevice;
  crossings: Crossing[] = [];
  /** Sectors whose answer in this operation was not what was last sent, and those whose leaf's was not. */
  readonly lies: Set<number> = new Set();
  /**
   * Sectors whose answer in this operation the host changes once it is given, as are those of a leaf. Where
   * calls overlap, the next one sets it off, perhaps before whoever asked could take the answer.
   */
  readonly changed: Set<number> = new Set();
  /** Runs when a write reaches the host. */
  onWrite: () => void = () => {};
  readonly #areas: readonly DiskArea[];
  readonly #watch: SealWatch;
  /** What was last sent to an offset. */
  readonly #sent: Map<number, Uint8Array> = new Map();
  #ciphertexts: Set<string> = new Set();

  constructor(host: HostileDevice, areas: readonly DiskArea[], watch: SealWatch) {
    this.host = host;
    this.sizeBytes = host.sizeBytes;
    this.#areas = areas;
    this.#watch = watch;
  }

  /** Forgets what has crossed: an operation begins. */
  begin(): void {
    this.crossings = [];
    this.onWrite = () => {};
    this.lies.clear();
    this.changed.clear();
  }

  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    const { length } = into;
    const crossing = this.#cross("read", offsetBytes, length);
    const beside = into.buffer.byteLength - length;
    hold("I3", beside <= transferOffsetBytes, "the host is given memory that holds more than the answer");
    try {
      await this.host.read(offsetBytes, into, options);
    } catch (error) {
      crossing.failed = true;
      throw error;
    }
    if (into.length !== length) crossing.failed = true;
    const { sectorSizeBytes: size, dataSectors } = this.#areas[crossing.level] as DiskArea;
    const event = this.host.trace.findLast(
      (asked) => asked.asked === "read" && asked.offsetBytes === offsetBytes,
    );
    const changes = typeof event?.done === "object" && event.done.kind === "change-later";
    for (let i = 0; i < crossing.sectors; i++) {
      const answer = into.subarray(i * size, (i + 1) * size);
      const sent = this.#sent.get(offsetBytes + i * size);
      hold("I1", sent !== undefined, "the host is asked for what it was never given");
      const isTrue = sent !== undefined && equalBytes(answer, sent);
      if (isTrue && !changes) continue;
      const first = (crossing.sector + i) * dataSectors;
      const wrong = isTrue ? this.changed : this.lies;
      for (let sector = first; sector < first + dataSectors; sector++) wrong.add(sector);
    }
  }

  async write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    const crossing = this.#cross("write", offsetBytes, from.length);
    this.#look(crossing, offsetBytes, from);
    this.onWrite();
    try {
      await this.host.write(offsetBytes, from, options);
    } catch (error) {
      crossing.failed = true;
      throw error;
    }
  }

  async discard(): Promise<void> {
    hold("I3", false, "the host is told which sectors have no content any more");
  }

  async flush(options?: IoOptions): Promise<void> {
    const crossing = this.#cross("flush", 0, 0);
    try {
      await this.host.flush(options);
    } catch (error) {
      crossing.failed = true;
      throw error;
    }
  }

  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #cross(asked: Crossing["asked"], offsetBytes: number, lengthBytes: number): Crossing {
    const level = this.#areas.findLastIndex(({ startBytes }) => startBytes <= offsetBytes);
    const { startBytes, sectorSizeBytes: size } = this.#areas[level] as DiskArea;
    const [sector, sectors] = [(offsetBytes - startBytes) / size, lengthBytes / size];
    hold("I1", Number.isInteger(sector) && Number.isInteger(sectors), "the host sees whole sectors");
    const crossing: Crossing = { asked, level, sector, sectors, failed: false };
    this.crossings.push(crossing);
    return crossing;
  }

  #look({ level, sector, sectors }: Crossing, offsetBytes: number, from: Uint8Array): void {
    const { sectorSizeBytes: size } = this.#areas[level] as DiskArea;
    const { last } = this.#watch;
    hold("I1", last.length === sectors, "what is written was sealed just now");
    hold("I3", !includes(from, canary), "a canary is in what the host sees");
    for (let i = 0; i < sectors; i++) {
      const bound = last[i] as Sealed;
      hold("I3", bound.buffer !== from.buffer, "the host is given the memory of the keys");
      hold("I4", bound.level === level, `what was sealed for level ${bound.level} is written to ${level}`);
      hold("I4", bound.sector === sector + i, `sector ${sector + i} was sealed as ${bound.sector}`);
      const sent = from.slice(i * size, (i + 1) * size);
      const start = toHex(sent.subarray(0, 16));
      hold("I3", !this.#ciphertexts.has(start), "the same bytes were sent twice");
      if (this.#ciphertexts.size > 20_000) this.#ciphertexts = new Set();
      this.#ciphertexts.add(start);
      this.#sent.set(offsetBytes + i * size, sent);
    }
  }
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = bytes.indexOf(part[0] as number); at !== -1; at = bytes.indexOf(part[0] as number, at + 1)) {
    let length = 1;
    while (length < part.length && bytes[at + length] === part[length]) length++;
    if (length === part.length) return true;
  }
  return false;
}
