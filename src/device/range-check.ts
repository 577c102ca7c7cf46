/** The one bounds check of every device. */
import { UsageError } from "../errors.ts";
import type { BlockDevice } from "./block-device.ts";

/**
 * Refuses a range that is not wholly inside the device, whatever was passed as a number.
 *
 * @throws {UsageError} `out-of-bounds`.
 */
export function checkRange(
  device: Pick<BlockDevice, "name" | "sizeBytes">,
  offsetBytes: number,
  lengthBytes: number,
): void {
  if (
    Number.isSafeInteger(offsetBytes) &&
    Number.isSafeInteger(lengthBytes) &&
    offsetBytes >= 0 &&
    lengthBytes >= 0 &&
    lengthBytes <= device.sizeBytes - offsetBytes
  ) {
    return;
  }
  throw new UsageError(
    "out-of-bounds",
    `${lengthBytes} bytes at offset ${offsetBytes} are not inside ${device.name}, which has ${device.sizeBytes} bytes`,
    { at: { device: device.name, offsetBytes } },
  );
}
