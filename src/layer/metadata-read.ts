/** Fetching metadata from the host: once, into memory that it cannot reach, to be judged there. */

import { untilAborted } from "../device/abortable.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { hostFailure } from "../device/host-failure.ts";
import { readPrivately } from "../device/private-read.ts";

/**
 * The bytes of a range, in memory of their own.
 *
 * @param lengthBytes a constant of the format, never what the host claims.
 * @throws {DeviceError} when the device's read fails, comes short, or the device has shrunk.
 * @throws the signal's reason after an abort, whether or not the device heeds it.
 */
export async function readMetadata(
  device: BlockDevice,
  offsetBytes: number,
  lengthBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(lengthBytes);
  try {
    await untilAborted(readPrivately(device, offsetBytes, bytes, signal), signal);
  } catch (error) {
    throw hostFailure(error, device, offsetBytes, signal);
  }
  return bytes;
}
