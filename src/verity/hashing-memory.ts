/**
 * The memory in which a verified device looks at the host's bytes: a hasher's
 * own, out of the host's reach, divided in slots.
 */
import type { BlockHasher } from "../crypto/block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { readPrivately } from "../device/private-read.ts";
import { DeviceError } from "../errors.ts";

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

/** True where the host says that it cannot read; a hung device is not asked block by block. */
export function isUnreadable(failure: unknown): boolean {
  return (
    failure instanceof DeviceError && (failure.code === "device-failed" || failure.code === "short-read")
  );
}
