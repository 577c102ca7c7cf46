/** A window of another device. */
import type { BlockDevice, IoOptions, WritableBlockDevice } from "./block-device.ts";
import { CallsUnderWay } from "./calls-under-way.ts";
import type { SliceDeviceHandle } from "./device-handle.ts";
import { DirectDevice, deviceHandle } from "./direct.ts";
import { checkRange } from "./range-check.ts";

/** How to cut a slice. */
export interface SliceDeviceOptions {
  /** Closing the slice closes the device it is cut from too; by default that stays open. */
  readonly closesParent?: boolean;
  /** Names the slice in errors; by default the parent's name and the offset. */
  readonly name?: string;
}

/** A window of another device, for reading. */
export class SliceDevice extends DirectDevice implements BlockDevice {
  readonly name: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly #parent: BlockDevice;
  readonly #closesParent: boolean;
  readonly #calls: CallsUnderWay = new CallsUnderWay();

  /**
   * @param offsetBytes where in `parent` the slice begins.
   * @throws {UsageError} `out-of-bounds` where the slice is not inside `parent`.
   */
  constructor(
    parent: BlockDevice,
    offsetBytes: number,
    sizeBytes: number,
    { closesParent = false, name = `${parent.name} from ${offsetBytes}` }: SliceDeviceOptions = {},
  ) {
    super({ read: SliceDevice.prototype.read, write: WritableSliceDevice.prototype.write, below: parent });
    checkRange(parent, offsetBytes, sizeBytes);
    this.name = name;
    this.offsetBytes = offsetBytes;
    this.sizeBytes = sizeBytes;
    this.#parent = parent;
    this.#closesParent = closesParent;
  }

  read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    return this.run(offsetBytes, into.length, () =>
      this.#parent.read(this.offsetBytes + offsetBytes, into, options),
    );
  }

  close(): Promise<void> {
    return this.#calls.close(async () => {
      if (this.#closesParent) await this.#parent.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override handle(): SliceDeviceHandle | undefined {
    const parent = deviceHandle(this.#parent);
    const { name, offsetBytes, sizeBytes } = this;
    return parent && { kind: "slice", name, parent, offsetBytes, sizeBytes };
  }

  /** Passes a call on to the parent, once its range is known to be inside the slice. */
  protected async run(offsetBytes: number, lengthBytes: number, call: () => Promise<void>): Promise<void> {
    this.#calls.enter(this.name);
    try {
      checkRange(this, offsetBytes, lengthBytes);
      await call();
    } finally {
      this.#calls.leave();
    }
  }
}

/** A window of another device, for writing too. */
export class WritableSliceDevice extends SliceDevice implements WritableBlockDevice {
  readonly #parent: WritableBlockDevice;

  /** As `SliceDevice`'s. */
  constructor(
    parent: WritableBlockDevice,
    offsetBytes: number,
    sizeBytes: number,
    options?: SliceDeviceOptions,
  ) {
    super(parent, offsetBytes, sizeBytes, options);
    this.#parent = parent;
  }

  write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    return this.run(offsetBytes, from.length, () =>
      this.#parent.write(this.offsetBytes + offsetBytes, from, options),
    );
  }

  discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void> {
    return this.run(offsetBytes, lengthBytes, () =>
      this.#parent.discard(this.offsetBytes + offsetBytes, lengthBytes, options),
    );
  }

  /** Flushes the whole parent. */
  flush(options?: IoOptions): Promise<void> {
    return this.run(0, 0, () => this.#parent.flush(options));
  }
}
