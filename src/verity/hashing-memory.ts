/**
 * The memory in which a verified device looks at the host's bytes: a hasher's
 * own, out of the host's reach, divided in slots.
 */
import type { BlockHasher } from "../crypto/block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { DeviceError, StorageError, UsageError } from "../errors.ts";
import { readPrivately } from "./private-read.ts";

/**
 * Fills `lengthBytes` of the hasher's memory at `slot` from a device, out of
 * the host's reach: see `readPrivately`.
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
  return readPrivately(device, offsetBytes, hasher.input.subarray(slot, slot + lengthBytes), signal);
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
