/**
 * A disk whose host does as a test says: by a script, or by chance from a seed.
 * What stands above it has to hold whatever this does.
 *
 * The same seed and the same calls give the same trace. Without a script and a
 * seed it is an honest device.
 */
import type { IoOptions, WritableBlockDevice } from "../device/block-device.ts";
import { CallsUnderWay } from "../device/calls-under-way.ts";
import { MemoryDevice } from "../device/memory-device.ts";
import { checkRange } from "../device/range-check.ts";
import { DeviceError } from "../errors.ts";
import {
  faultCalls,
  type HostAct,
  type HostCall,
  type HostEvent,
  type HostFault,
  type HostStep,
} from "./host-fault.ts";
import { HostStorage } from "./host-storage.ts";
import { drawFault, passingFaults } from "./random-host.ts";
import { SeededRandom } from "./seeded-random.ts";

/** How a `HostileDevice` behaves. */
export interface HostileDeviceOptions {
  /** Names the device in errors; `"hostile"` by default. */
  readonly name?: string;
  /** What older contents are kept of, and what chance swaps and misdirects: a sector. 512 by default. */
  readonly blockSizeBytes?: number;
  /** Faults of the calls to come; see `HostileDevice.plan` too. */
  readonly script?: readonly HostStep[];
  /** Faults by chance, for calls that the script leaves alone. */
  readonly random?: {
    readonly seed: number;
    /** One call in so many has a fault, on the average. */
    readonly oneIn: number;
    /** What to draw from; default: all that need no help of the test's, `passingFaults`. */
    readonly kinds?: readonly HostFault["kind"][];
  };
}

/** A step of the script, and the calls that it has seen. */
interface PlannedStep {
  readonly step: HostStep;
  seen: number;
}

/** Something that waits for further calls. */
interface Waiting {
  calls: number;
  go(): Promise<void>;
}

const scribble = 0x5c;

/** See the head of this file. */
export class HostileDevice implements WritableBlockDevice {
  readonly name: string;
  /** What was asked and done since the beginning, or since the test emptied it. */
  readonly trace: HostEvent[] = [];
  readonly #below: WritableBlockDevice;
  readonly #storage: HostStorage;
  readonly #blockSize: number;
  readonly #random: SeededRandom | undefined;
  readonly #oneIn: number;
  readonly #kinds: readonly HostFault["kind"][];
  readonly #calls = new CallsUnderWay();
  #sizeBytes: number;
  #script: PlannedStep[] = [];
  #waiting: Waiting[] = [];

  /** @param below what keeps the bytes, which it closes; or a size in bytes, for memory full of zeros. */
  constructor(below: WritableBlockDevice | number, options: HostileDeviceOptions = {}) {
    const { name = "hostile", blockSizeBytes = 512, script = [], random } = options;
    this.name = name;
    this.#below = typeof below === "number" ? new MemoryDevice(below) : below;
    this.#sizeBytes = this.#below.sizeBytes;
    this.#blockSize = blockSizeBytes;
    this.#storage = new HostStorage(this.#below, blockSizeBytes);
    this.#random = random && new SeededRandom(random.seed);
    this.#oneIn = random?.oneIn ?? 1;
    this.#kinds = random?.kinds ?? passingFaults;
    this.plan(...script);
  }

  /** What the host says; see the fault `resize`. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The seed of its chance, for whoever wants to have it again. */
  get seed(): number | undefined {
    return this.#random?.seed;
  }

  /** Calls and late writes that wait for further calls, or for `release`. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Adds to the script. Where two steps mean the same call, the first of them is done. */
  plan(...steps: readonly HostStep[]): void {
    for (const step of steps) this.#script.push({ step, seen: 0 });
  }

  /** Forgets what is left of the script. */
  relent(): void {
    this.#script = [];
  }

  /** Does something to what is stored; false where there was nothing to do it to. */
  async act(act: HostAct): Promise<boolean> {
    const done = await this.#storage.act(act);
    if (done) this.#note("act", 0, 0, act);
    return done;
  }

  /** Lets everything go that waits: calls that hang are answered, late writes take effect. */
  async release(): Promise<void> {
    for (const { go } of this.#waiting.splice(0)) await go();
  }

  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    await this.#call("read", offsetBytes, into.length, options, (fault) =>
      this.#answer(offsetBytes, into, fault),
    );
  }

  async write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    await this.#call("write", offsetBytes, from.length, options, (fault) =>
      this.#keep(offsetBytes, from, fault),
    );
  }

  async discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void> {
    await this.#call("discard", offsetBytes, lengthBytes, options, async (fault) => {
      if (fault?.kind !== "drop") await this.#storage.store(offsetBytes, new Uint8Array(lengthBytes));
      return true;
    });
  }

  async flush(options?: IoOptions): Promise<void> {
    await this.#call("flush", 0, 0, options, async (fault) => {
      if (fault?.kind !== "drop") await this.#storage.flush();
      return true;
    });
  }

  /** Releases what hangs, waits for the calls under way, and closes what is below. */
  close(): Promise<void> {
    const closing = this.#calls.close(() => this.#below.close());
    return this.release().then(() => closing);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #call(
    asked: HostCall,
    offsetBytes: number,
    lengthBytes: number,
    options: IoOptions | undefined,
    work: (fault: HostFault | undefined) => Promise<boolean>,
  ): Promise<void> {
    this.#calls.enter(this.name);
    try {
      checkRange(this, offsetBytes, lengthBytes);
      options?.signal?.throwIfAborted();
      // Before anything is awaited, so that the trace has the order of the calls.
      const fault = this.#nextFault(asked, lengthBytes);
      const event = this.#note(asked, offsetBytes, lengthBytes, fault ?? "honest");
      const passing = this.#passTime();
      // A call that hangs counts the calls from now on, its own work apart.
      const held =
        fault?.kind === "hang" ? this.#untilReleased(fault.calls ?? Number.POSITIVE_INFINITY) : undefined;
      await passing;
      if (fault?.kind === "fail" && fault.when === "before") throw this.#failure(asked, offsetBytes);
      if (fault?.kind === "resize") {
        this.#sizeBytes = Math.max(0, Math.floor(fault.sizeBytes));
        checkRange(this, offsetBytes, lengthBytes);
      }
      if (!(await work(fault))) event.done = "honest";
      if (fault?.kind === "fail") throw this.#failure(asked, offsetBytes);
      await held;
    } finally {
      this.#calls.leave();
    }
  }

  /** Answers a read; false where the fault made no difference. */
  async #answer(offsetBytes: number, into: Uint8Array, fault: HostFault | undefined): Promise<boolean> {
    const { length } = into;
    const bytes = await this.#storage.load(offsetBytes, length);
    switch (fault?.kind) {
      case "flip-answer": {
        const at = held(fault.byte, length);
        bytes[at] = (bytes[at] as number) ^ (1 << (fault.bit & 7));
        into.set(bytes);
        return true;
      }
      case "answer-from":
        into.set(await this.#storage.load(held(fault.offsetBytes, this.#below.sizeBytes), length));
        return fault.offsetBytes !== offsetBytes;
      case "answer-older": {
        const older = await this.#storage.loadOlder(offsetBytes, length, fault.versions);
        into.set(older ?? bytes);
        return older !== undefined;
      }
      case "answer-short":
        into.set(bytes.subarray(0, held(fault.lengthBytes, length)));
        return true;
      case "reject-short": {
        const short = held(fault.lengthBytes, length);
        into.set(bytes.subarray(0, short));
        throw new DeviceError("short-read", `${this.name} gave ${short} bytes of ${length}`, {
          at: { device: this.name, offsetBytes },
        });
      }
      case "answer-long": {
        const { buffer, byteOffset } = into;
        new Uint8Array(buffer).fill(scribble, 0, byteOffset);
        new Uint8Array(buffer).fill(scribble, byteOffset + length);
        into.set(bytes);
        return buffer.byteLength > length;
      }
      case "detach":
        return takeAway(into);
      case "change-later":
        into.set(bytes);
        this.#afterAnswer(() => scribbleOn(into));
        return true;
      default:
        into.set(bytes);
        return true;
    }
  }

  /** Stores a write; false where the fault made no difference. */
  async #keep(offsetBytes: number, from: Uint8Array, fault: HostFault | undefined): Promise<boolean> {
    switch (fault?.kind) {
      case "drop":
        return true;
      case "tear":
        await this.#storage.store(offsetBytes, from.subarray(0, held(fault.lengthBytes, from.length)));
        return true;
      case "misdirect":
        await this.#storage.store(held(fault.offsetBytes, this.#below.sizeBytes), from);
        return fault.offsetBytes !== offsetBytes;
      case "late":
        this.#storeLater(offsetBytes, from.slice(), fault.calls);
        return true;
      case "duplicate":
        this.#storeLater(offsetBytes, from.slice(), fault.calls);
        break;
      case "change-later":
        this.#afterAnswer(() => scribbleOn(from));
        break;
      case "detach-later":
        this.#afterAnswer(() => void takeAway(from));
        break;
    }
    await this.#storage.store(offsetBytes, from);
    return fault?.kind !== "detach" || takeAway(from);
  }

  /** The fault that the next call meets, by the script first, then by chance. */
  #nextFault(asked: HostCall, lengthBytes: number): HostFault | undefined {
    let met: HostFault | undefined;
    for (const planned of this.#script) {
      const { fault, call, at = 0, times = 1 } = planned.step;
      if ((call !== undefined && call !== asked) || !faultCalls[fault.kind].includes(asked)) continue;
      const index = planned.seen++;
      if (index >= at && index < at + times) met ??= fault;
    }
    this.#script = this.#script.filter(({ step: { at = 0, times = 1 }, seen }) => seen < at + times);
    if (met !== undefined || !this.#random?.oneIn(this.#oneIn)) return met;
    const shape = { sizeBytes: this.#below.sizeBytes, blockSizeBytes: this.#blockSize };
    return drawFault(this.#random, asked, lengthBytes, shape, this.#kinds);
  }

  /** Counts a call for all that wait for one, and lets those go whose time has come. */
  async #passTime(): Promise<void> {
    if (this.#waiting.length === 0) return;
    for (const waiting of this.#waiting) waiting.calls -= 1;
    const due = this.#waiting.filter(({ calls }) => calls <= 0);
    this.#waiting = this.#waiting.filter(({ calls }) => calls > 0);
    for (const { go } of due) await go();
  }

  #untilReleased(calls: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ calls, go: async () => resolve() });
    });
  }

  #storeLater(offsetBytes: number, bytes: Uint8Array, calls: number): void {
    const go = (): Promise<void> => {
      this.#note("late-write", offsetBytes, bytes.length, "honest");
      return this.#storage.store(offsetBytes, bytes);
    };
    this.#waiting.push({ calls: Math.max(1, calls), go });
  }

  /** Runs once whoever called has been answered, and at the next call at the latest. */
  #afterAnswer(then: () => void): void {
    let isDone = false;
    const once = (): void => {
      if (!isDone) then();
      isDone = true;
    };
    setTimeout(once);
    this.#waiting.push({ calls: 1, go: async () => once() });
  }

  #note(
    asked: HostEvent["asked"],
    offsetBytes: number,
    lengthBytes: number,
    done: HostEvent["done"],
  ): { done: HostEvent["done"] } {
    const event = { asked, offsetBytes, lengthBytes, done };
    this.trace.push(event);
    return event;
  }

  #failure(asked: HostCall, offsetBytes: number): DeviceError {
    return new DeviceError("device-failed", `${this.name} failed to ${asked}`, {
      at: { device: this.name, offsetBytes },
    });
  }
}

/** A number held to be from 0 to `end`, without `end` itself. */
function held(value: number, end: number): number {
  return Math.max(0, Math.min(Math.floor(value), end - 1));
}

/** Writes over what a buffer still has; a detached one cannot be filled. */
function scribbleOn(bytes: Uint8Array): void {
  if (bytes.length > 0) bytes.fill(scribble);
}

/** Detaches a buffer, as handing it to another thread does; false where it cannot be. */
function takeAway(bytes: Uint8Array): boolean {
  if (!(bytes.buffer instanceof ArrayBuffer)) return false;
  try {
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    return true;
  } catch {
    // The memory of a WASM instance stays where it is.
    return false;
  }
}
