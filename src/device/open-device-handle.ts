/** Opening, in a worker, a device that another thread described. */
import { UsageError } from "../errors.ts";
import type { BlockDevice } from "./block-device.ts";
import { DeadlineDevice } from "./deadline-device.ts";
import type { DeviceHandle, FileDeviceHandle } from "./device-handle.ts";
import { HttpRangeDevice } from "./http-range-device.ts";
import { MemoryDevice } from "./memory-device.ts";
import { SliceDevice } from "./slice-device.ts";

/** What opens a file where there are files: `FileDevice.reopen`, on Node. */
export type FileDeviceOpener = (handle: FileDeviceHandle) => Promise<BlockDevice>;

/**
 * Opens, for reading, the device that `deviceHandle` described in another
 * thread. Closing it leaves the other thread's device open.
 *
 * @param openFile opens files; the core itself has no file system.
 * @throws {UsageError} `unsupported` for a file without an opener.
 * @throws {DeviceError} where the device is no longer to be had.
 */
export async function openDeviceHandle(
  handle: DeviceHandle,
  openFile?: FileDeviceOpener,
): Promise<BlockDevice> {
  switch (handle.kind) {
    case "memory":
      return new MemoryDevice(handle.bytes, { name: handle.name });
    case "file":
      if (openFile) return openFile(handle);
      throw new UsageError("unsupported", `${handle.name} is a file: pass FileDevice.reopen to open it`, {
        at: { device: handle.name },
      });
    case "http-range":
      return HttpRangeDevice.reopen(handle);
    case "slice": {
      const { offsetBytes, sizeBytes, name } = handle;
      const parent = await openDeviceHandle(handle.parent, openFile);
      return new SliceDevice(parent, offsetBytes, sizeBytes, { name, closesParent: true });
    }
    case "deadline": {
      const below = await openDeviceHandle(handle.below, openFile);
      return new DeadlineDevice(below, { deadlineMs: handle.deadlineMs });
    }
  }
}
