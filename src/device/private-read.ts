/** Reading so that the bytes are out of the host's reach once they have been read. */

import { DeviceError } from "../errors.ts";
import type { BlockDevice } from "./block-device.ts";
import { readsDirectly } from "./direct.ts";

/**
 * Fills private memory from a device. Our own memory and file devices read
 * there directly. Any other gets a buffer of its own, and the bytes are taken
 * out of it once its read has settled: a view of `into` would hand it `buffer`
 * with all that lies there, and what it keeps it can write to later.
 *
 * `into` is the device's until the promise settles, aborted or not.
 */
export function readPrivately(
  device: BlockDevice,
  offsetBytes: number,
  into: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!readsDirectly(device)) return readByCopy(device, offsetBytes, into, signal);
  return signal === undefined ? device.read(offsetBytes, into) : device.read(offsetBytes, into, { signal });
}

async function readByCopy(
  device: BlockDevice,
  offsetBytes: number,
  into: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const own = new Uint8Array(into.length);
  await device.read(offsetBytes, own, signal === undefined ? {} : { signal });
  // Whoever was aborted may have stopped waiting and have put `into` to another use.
  signal?.throwIfAborted();
  if (own.length !== into.length) {
    throw new DeviceError("short-read", `${device.name} took the buffer it was to fill away`, {
      at: { device: device.name, offsetBytes },
    });
  }
  into.set(own);
}
