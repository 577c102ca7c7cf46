/** A device that answers in time, or says that it does not. */
import { DeviceError, UsageError } from "../errors.ts";
import type { BlockDevice, IoOptions, WritableBlockDevice } from "./block-device.ts";
import { BufferPool } from "./buffer-pool.ts";
import { CallsUnderWay } from "./calls-under-way.ts";
import type { DeadlineDeviceHandle } from "./device-handle.ts";
import { DirectDevice, deviceHandle, readsDirectly } from "./direct.ts";
import { checkRange } from "./range-check.ts";

/** How long to wait. */
export interface DeadlineDeviceOptions {
  /** For each call, in milliseconds: more than 0, at most 2147483647. 30 seconds by default. */
  readonly deadlineMs?: number;
}

/** What timers can count. */
const maxDeadlineMs = 0x7fff_ffff;
/** What calls that were given up may hold, in private buffers of a device that hangs. */
const maxAbandonedBytes = 64 * 1024 * 1024;
const maxAbandonedCalls = 1024;
/** What buffers may lie ready for the next calls. */
const maxKeptBytes = 8 * 1024 * 1024;

/** A call to the device below. */
interface PrivateCall {
  /** How large a private buffer it needs. */
  readonly bufferBytes: number;
  start(buffer: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Runs when the call was done in time, while nothing else does. */
  finish?(buffer: Uint8Array): void;
}

/**
 * Gives every call of a device a deadline. One that is not met, or an abort,
 * settles the call at once; the I/O below is aborted too but may run on, so it
 * only ever sees a private buffer, and its late end changes nothing for the
 * caller. A write that was given up may have happened, or may yet happen.
 *
 * A device that hangs holds the buffers of what was given up. Once they are too
 * many, further calls fail at once with `device-timeout`, until some end.
 *
 * `close` waits for no call longer than its deadline, nor longer than that for
 * the device below to close: it then rejects with `device-timeout`.
 */
export class DeadlineDevice extends DirectDevice implements BlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly deadlineMs: number;
  readonly #below: BlockDevice;
  readonly #calls: CallsUnderWay = new CallsUnderWay();
  readonly #buffers: BufferPool = new BufferPool(maxKeptBytes);
  #abandonedCalls = 0;
  #abandonedBytes = 0;

  /**
   * @param below owned from now on: it is closed with this device.
   * @throws {UsageError} `invalid-argument` for a deadline that no timer can hold.
   */
  constructor(below: BlockDevice, { deadlineMs = 30_000 }: DeadlineDeviceOptions = {}) {
    super({ read: DeadlineDevice.prototype.read });
    if (!(deadlineMs > 0 && deadlineMs <= maxDeadlineMs)) {
      throw new UsageError(
        "invalid-argument",
        `deadlineMs is ${deadlineMs}: it must be more than 0 and at most ${maxDeadlineMs}`,
        { at: { device: below.name, field: "deadlineMs" } },
      );
    }
    this.name = below.name;
    this.sizeBytes = below.sizeBytes;
    this.deadlineMs = deadlineMs;
    this.#below = below;
  }

  read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    const bufferBytes = into.length;
    return this.run(offsetBytes, bufferBytes, options, {
      bufferBytes,
      start: (buffer, signal) => this.#below.read(offsetBytes, buffer, { signal }),
      finish: (buffer) => into.set(buffer),
    });
  }

  close(): Promise<void> {
    return this.#calls.close(async () => {
      this.#buffers.clear();
      await this.#withDeadline(undefined, { bufferBytes: 0, start: () => this.#below.close() });
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override handle(): DeadlineDeviceHandle | undefined {
    const below = deviceHandle(this.#below);
    return below && { kind: "deadline", below, deadlineMs: this.deadlineMs };
  }

  /** Passes a call on to the device below, under the deadline. */
  protected async run(
    offsetBytes: number,
    lengthBytes: number,
    options: IoOptions | undefined,
    call: PrivateCall,
  ): Promise<void> {
    this.#calls.enter(this.name);
    try {
      checkRange(this, offsetBytes, lengthBytes);
      options?.signal?.throwIfAborted();
      if (this.#abandonedBytes > maxAbandonedBytes || this.#abandonedCalls > maxAbandonedCalls) {
        throw this.#timeout(`${this.#abandonedCalls} calls that were given up still hang`);
      }
      await this.#withDeadline(options?.signal, call);
    } finally {
      this.#calls.leave();
    }
  }

  #withDeadline(signal: AbortSignal | undefined, call: PrivateCall): Promise<void> {
    return new Promise((resolve, reject) => {
      const buffer = this.#buffers.take(call.bufferBytes);
      const below = new AbortController();
      let givenUp = false;
      const giveUp = (reason: unknown): void => {
        givenUp = true;
        this.#abandonedCalls += 1;
        this.#abandonedBytes += buffer.length;
        stopWaiting();
        reject(reason);
        below.abort(reason);
      };
      const onAbort = (): void => giveUp(signal?.reason);
      const onDeadline = (): void => giveUp(this.#timeout(`no answer within ${this.deadlineMs} ms`));
      const timer = setTimeout(onDeadline, this.deadlineMs);
      signal?.addEventListener("abort", onAbort);
      const stopWaiting = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const end = (answer: () => void): void => {
        if (givenUp) {
          this.#abandonedCalls -= 1;
          this.#abandonedBytes -= buffer.length;
        } else {
          stopWaiting();
          answer();
        }
        // A stranger might write to the buffer yet, and so into a later call.
        if (readsDirectly(this.#below)) this.#buffers.give(buffer);
      };
      const done = (): void => {
        try {
          call.finish?.(buffer);
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      const started = async (): Promise<void> => call.start(buffer, below.signal);
      started().then(
        () => end(done),
        (error: unknown) => end(() => reject(error)),
      );
    });
  }

  #timeout(what: string): DeviceError {
    return new DeviceError("device-timeout", `${this.name}: ${what}; the host may be slow, or stalling`, {
      at: { device: this.name },
    });
  }
}

/** Gives every call of a writable device a deadline. */
export class WritableDeadlineDevice extends DeadlineDevice implements WritableBlockDevice {
  readonly #below: WritableBlockDevice;

  /** As `DeadlineDevice`'s. */
  constructor(below: WritableBlockDevice, options?: DeadlineDeviceOptions) {
    super(below, options);
    this.#below = below;
  }

  write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    return this.run(offsetBytes, from.length, options, {
      bufferBytes: from.length,
      start: (buffer, signal) => {
        buffer.set(from);
        return this.#below.write(offsetBytes, buffer, { signal });
      },
    });
  }

  discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void> {
    return this.run(offsetBytes, lengthBytes, options, {
      bufferBytes: 0,
      start: (_, signal) => this.#below.discard(offsetBytes, lengthBytes, { signal }),
    });
  }

  flush(options?: IoOptions): Promise<void> {
    return this.run(0, 0, options, { bufferBytes: 0, start: (_, signal) => this.#below.flush({ signal }) });
  }
}
