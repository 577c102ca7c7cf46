/** Writing so that the device sees what is written, and nothing that lies beside it. */
import type { WritableBlockDevice } from "./block-device.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { writesDirectly } from "./direct.ts";

/**
 * Writes bytes of private memory to a device. Our own memory and file devices
 * take them from there. Any other gets them in a buffer of its own: a view of `from` would
 * hand it `buffer` with all that lies there.
 *
 * `from` is the device's until the promise settles.
 *
 * @param buffers for devices of other makes: what they were lent comes back once they are done with it.
 */
export function writePrivately(
  device: WritableBlockDevice,
  offsetBytes: number,
  from: Uint8Array,
  buffers: BufferPool,
): Promise<void> {
  return writesDirectly(device)
    ? device.write(offsetBytes, from)
    : writeByCopy(device, offsetBytes, from, buffers);
}

async function writeByCopy(
  device: WritableBlockDevice,
  offsetBytes: number,
  from: Uint8Array,
  buffers: BufferPool,
): Promise<void> {
  const own = buffers.take(from.length);
  own.set(from);
  try {
    await device.write(offsetBytes, own);
  } finally {
    buffers.give(own);
  }
}
