/** What a call on the host's device failed with, as its caller's own caller should see it. */
import { DeviceError, StorageError, UsageError } from "../errors.ts";
import type { BlockDevice } from "./block-device.ts";

/**
 * The error of a failed call that was in bounds by our own reckoning: nothing
 * of it is a `UsageError`. What is no `StorageError` becomes a `DeviceError`.
 *
 * @param action what failed, as in "reading": for the message.
 */
export function hostFailure(
  error: unknown,
  device: BlockDevice,
  offsetBytes: number,
  signal: AbortSignal | undefined,
  action = "reading",
): unknown {
  if (signal?.aborted) return signal.reason;
  const details = { at: { device: device.name, offsetBytes }, cause: error };
  if (error instanceof UsageError && error.code === "out-of-bounds") {
    return new DeviceError("size-changed", `${device.name} has shrunk since it was opened`, details);
  }
  if (error instanceof StorageError && !(error instanceof UsageError)) return error;
  return new DeviceError("device-failed", `${action} ${device.name} failed`, details);
}
