/**
 * The memory in which a verified device looks at the host's bytes: a hasher's
 * own, out of the host's reach, divided in slots.
 */
import type { BlockHasher } from "../crypto/block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { readsDirectly } from "../device/direct.ts";
import { DeviceError, StorageError, UsageError } from "../errors.ts";

/**
 * Fills `lengthBytes` of the hasher's memory at `slot` from a device. Our own
 * memory and file devices read there directly. Any other gets a buffer of its
 * own, and the bytes are taken out of it once its read has settled: a view of
 * the hasher's memory would hand it `buffer`, and with it all that lies there.
 *
 * The slot is the device's until the promise settles, aborted or not.
 */
export function load(
  device: BlockDevice,
  offsetBytes: number,
  hasher: BlockHasher,
  slot: number,
  lengthBytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!readsDirectly(device)) return loadByCopy(device, offsetBytes, hasher, slot, lengthBytes, signal);
  const view = hasher.input.subarray(slot, slot + lengthBytes);
  return signal === undefined ? device.read(offsetBytes, view) : device.read(offsetBytes, view, { signal });
}

async function loadByCopy(
  device: BlockDevice,
  offsetBytes: number,
  hasher: BlockHasher,
  slot: number,
  lengthBytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const own = new Uint8Array(lengthBytes);
  await device.read(offsetBytes, own, signal === undefined ? {} : { signal });
  if (own.length !== lengthBytes) {
    throw new DeviceError("short-read", `${device.name} took the buffer it was to fill away`, {
      at: { device: device.name, offsetBytes },
    });
  }
  hasher.input.set(own, slot);
}

/**
 * What a read of the host's device failed with, as this device's caller should
 * see it: the caller's own call was in bounds, so nothing of it is a `UsageError`.
 */
export function hostFailure(
  error: unknown,
  device: BlockDevice,
  offsetBytes: number,
  signal: AbortSignal | undefined,
): unknown {
  if (signal?.aborted) return signal.reason;
  const details = { at: { device: device.name, offsetBytes }, cause: error };
  if (error instanceof UsageError && error.code === "out-of-bounds") {
    return new DeviceError("size-changed", `${device.name} has shrunk since it was opened`, details);
  }
  if (error instanceof StorageError && !(error instanceof UsageError)) return error;
  return new DeviceError("device-failed", `reading ${device.name} failed`, details);
}

/** True where the host says that it cannot read; a hung device is not asked block by block. */
export function isUnreadable(failure: unknown): boolean {
  return (
    failure instanceof DeviceError && (failure.code === "device-failed" || failure.code === "short-read")
  );
}

/** Settles with `work`, or at once with `signal.reason` on abort; `work` itself goes on. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    const stay = () => signal.removeEventListener("abort", leave);
    work.then(
      (value) => {
        stay();
        resolve(value);
      },
      (error) => {
        stay();
        reject(error);
      },
    );
  });
}

/** Lets a promise fail unheard: someone else looks at it later, or nobody need. */
export function unheard(work: Promise<unknown>): void {
  work.catch(() => undefined);
}
