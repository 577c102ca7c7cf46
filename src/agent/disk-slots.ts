/** Disks that the host has attached, each at its controller and slot. */
import type { BlockDevice, IoOptions, WritableBlockDevice } from "../device/block-device.ts";
import { DeadlineDevice, WritableDeadlineDevice } from "../device/deadline-device.ts";
import { DeviceError, UsageError } from "../errors.ts";
import type { HostDisk } from "./agent-options.ts";

/** What the guest has of a disk. */
interface AttachedDisk {
  readonly plug: PluggedDevice;
  /** Over the plug: every call has a deadline, and memory of its own. */
  readonly device: DeadlineDevice;
}

/** A disk as long as it is plugged in. The host's device stays its owner's to close. */
class PluggedDevice implements WritableBlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  #below: HostDisk | undefined;

  constructor(address: string, below: HostDisk) {
    this.name = `disk ${address} (${below.name})`;
    this.sizeBytes = below.sizeBytes;
    this.#below = below;
  }

  unplug(): void {
    this.#below = undefined;
  }

  read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    return this.#disk().read(offsetBytes, into, options);
  }

  write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    return this.#writable().write(offsetBytes, from, options);
  }

  discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void> {
    return this.#writable().discard(offsetBytes, lengthBytes, options);
  }

  flush(options?: IoOptions): Promise<void> {
    return this.#writable().flush(options);
  }

  async close(): Promise<void> {
    this.unplug();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #disk(): HostDisk {
    if (this.#below !== undefined) return this.#below;
    throw new DeviceError("device-missing", `${this.name} has been unplugged`, { at: { device: this.name } });
  }

  #writable(): WritableBlockDevice {
    const disk = this.#disk();
    if (isWritable(disk)) return disk;
    throw notWritable(this.name);
  }
}

function isWritable(disk: HostDisk): disk is WritableBlockDevice {
  return "write" in disk;
}

function notWritable(name: string): DeviceError {
  return new DeviceError("device-failed", `${name} cannot be written: the host attached it for reading`, {
    at: { device: name },
  });
}

/** See the head of this file. */
export class DiskSlots {
  readonly #deadlineMs: number;
  readonly #disks: Map<string, AttachedDisk> = new Map();

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  /** Where disks are, in order. */
  addresses(): string[] {
    return [...this.#disks.keys()].sort();
  }

  /**
   * Plugs a disk in.
   *
   * @throws {UsageError} `invalid-argument` where one is.
   */
  attach(address: string, disk: HostDisk): void {
    if (this.#disks.has(address)) {
      throw new UsageError("invalid-argument", `there is a disk at ${address} already: detach it first`);
    }
    const plug = new PluggedDevice(address, disk);
    const options = { deadlineMs: this.#deadlineMs };
    const device = isWritable(disk)
      ? new WritableDeadlineDevice(plug, options)
      : new DeadlineDevice(plug, options);
    this.#disks.set(address, { plug, device });
  }

  /** Pulls a disk out: whoever uses it gets `device-missing`. False where there is none. */
  detach(address: string): boolean {
    this.#disks.get(address)?.plug.unplug();
    return this.#disks.delete(address);
  }

  /**
   * The disk at an address.
   *
   * @throws {DeviceError} `device-missing` where there is none.
   */
  at(address: string): BlockDevice {
    return this.#attached(address).device;
  }

  /**
   * The disk at an address, to be written.
   *
   * @throws {DeviceError} `device-missing` where there is none; `device-failed` where it is for reading only.
   */
  writableAt(address: string): WritableBlockDevice {
    const { device } = this.#attached(address);
    if (device instanceof WritableDeadlineDevice) return device;
    throw notWritable(device.name);
  }

  #attached(address: string): AttachedDisk {
    const disk = this.#disks.get(address);
    if (disk !== undefined) return disk;
    throw new DeviceError("device-missing", `there is no disk at ${address}: the host has not attached one`, {
      at: { device: address },
    });
  }
}
