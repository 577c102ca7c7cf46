/** Telling whether two device objects stand for one device. */
import type { BlockDevice } from "../device/block-device.ts";
import type { DeviceHandle } from "../device/device-handle.ts";
import { deviceHandle } from "../device/direct.ts";

/**
 * True where a write to one is known to be a write to the other: the same
 * object, or one file opened twice, under whatever names. Slices are not
 * looked through: who cuts a device up says where its areas lie.
 */
export function isSameDevice(a: BlockDevice, b: BlockDevice): boolean {
  if (a === b) return true;
  const [one, other] = [undelayed(deviceHandle(a)), undelayed(deviceHandle(b))];
  if (one?.kind !== "file" || other?.kind !== "file") return false;
  return one.dev === other.dev && one.ino === other.ino;
}

function undelayed(handle: DeviceHandle | undefined): DeviceHandle | undefined {
  return handle?.kind === "deadline" ? undelayed(handle.below) : handle;
}
