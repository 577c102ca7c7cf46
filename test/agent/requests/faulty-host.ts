/** Disks that fail together: at the n-th operation of all that they are asked for from some moment on. */
import type { IoOptions, WritableBlockDevice } from "../../../src/device/block-device.ts";
import { DeviceError } from "../../../src/errors.ts";

/**
 * How an operation fails: not done, done but not said so, or the host answers a read with a bit that is another; or
 * the request is given up when it is begun.
 */
export type DiskFault = "before" | "after" | "flip" | "abort";

/** When. */
export interface FaultPlan {
  readonly fault: DiskFault;
  /** How many operations go well before. */
  readonly at: number;
  /** Whether all that follow fail as well. */
  readonly lasts: boolean;
}

/** See the head of this file. */
export class FaultyHost {
  #plan: FaultPlan | undefined;
  #count = 0;
  #abort: AbortController = new AbortController();

  /** From now on. */
  arm(plan: FaultPlan): void {
    this.#plan = plan;
    this.#count = 0;
    this.#abort = new AbortController();
  }

  /** Nothing fails any more. @returns whether anything has. */
  disarm(): boolean {
    const hasFailed = this.#plan !== undefined && this.#count > this.#plan.at;
    this.#plan = undefined;
    return hasFailed;
  }

  /** Aborts where the plan is so. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** A disk of this host. */
  wrap(disk: WritableBlockDevice): WritableBlockDevice {
    const run = (act: () => Promise<void>, into?: Uint8Array): Promise<void> =>
      this.#run(disk.name, act, into);
    return {
      name: disk.name,
      sizeBytes: disk.sizeBytes,
      read: (offset: number, into: Uint8Array, options?: IoOptions) =>
        run(() => disk.read(offset, into, options), into),
      write: (offset: number, from: Uint8Array, options?: IoOptions) =>
        run(() => disk.write(offset, from, options)),
      discard: (offset: number, length: number, options?: IoOptions) =>
        run(() => disk.discard(offset, length, options)),
      flush: (options?: IoOptions) => run(() => disk.flush(options)),
      close: () => disk.close(),
      [Symbol.asyncDispose]: () => disk.close(),
    };
  }

  async #run(name: string, act: () => Promise<void>, into: Uint8Array | undefined): Promise<void> {
    const fault = this.#fault();
    if (fault === "abort") this.#abort.abort(new DeviceError("device-timeout", "the host has given up"));
    if (fault === "before") throw failure(name);
    await act();
    if (fault === "flip" && into !== undefined) into[into.length >> 1] = (into[into.length >> 1] ?? 0) ^ 0x10;
    if (fault !== "after") return;
    into?.fill(0);
    throw failure(name);
  }

  #fault(): DiskFault | undefined {
    if (this.#plan === undefined) return undefined;
    const { at, lasts, fault } = this.#plan;
    const number = this.#count;
    this.#count += 1;
    return number === at || (lasts && number > at) ? fault : undefined;
  }
}

function failure(name: string): DeviceError {
  return new DeviceError("device-failed", `${name} fails, as planned`, { at: { device: name } });
}
