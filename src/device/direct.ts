/**
 * Which devices may be handed a view of WASM memory.
 *
 * A view hands over its whole `buffer`, and with it whatever else lies there.
 * So `into`, or `from`, may be such a view only for devices of this folder that keep
 * two promises beyond the contract: no code but theirs and the operating system's
 * sees it, and the call settles only when nothing will touch it any more.
 * Any other device gets a private buffer, and bytes are copied.
 */
import type { BlockDevice, WritableBlockDevice } from "./block-device.ts";
import type { DeviceHandle } from "./device-handle.ts";

/** Which calls keep the promises, and on what condition. */
interface DirectCalls {
  /**
   * The class's own `read`: where another stands in its place, in a subclass
   * or by a test's hand, that one is not trusted.
   */
  readonly read: BlockDevice["read"];
  /** The same of `write`; absent where that does not keep them. */
  readonly write?: WritableBlockDevice["write"];
  /** The device that the calls are passed on to, where there is one. */
  readonly below?: BlockDevice;
  /** Whether the bytes are there when `read` returns its promise. */
  readonly atOnce?: boolean;
}

/** The base of this folder's devices: by its private field, which nobody can forge, they are known. */
export abstract class DirectDevice {
  readonly #calls: DirectCalls;

  constructor(calls: DirectCalls) {
    this.#calls = calls;
  }

  /** Describes the device to another thread, where that can reach it: see `deviceHandle`. */
  abstract handle(): DeviceHandle | undefined;

  /** True where `device`'s `read` is one that keeps the promises. */
  static includes(device: BlockDevice): boolean {
    if (!(#calls in device) || device.#calls.read !== device.read) return false;
    const { below } = device.#calls;
    return below === undefined || DirectDevice.includes(below);
  }

  /** True where `device`'s `write` is one that keeps the promises. */
  static takesWrites(device: BlockDevice): boolean {
    if (!(#calls in device) || !("write" in device)) return false;
    const { write, below } = device.#calls;
    if (write === undefined || write !== device.write) return false;
    return below === undefined || DirectDevice.takesWrites(below);
  }

  /** True where `device`'s reads are over when they return. */
  static answersAtOnce(device: BlockDevice): boolean {
    if (!DirectDevice.includes(device) || !(#calls in device)) return false;
    const { below, atOnce = false } = device.#calls;
    return below === undefined ? atOnce : DirectDevice.answersAtOnce(below);
  }
}

/** True where `device` may be handed a view of memory that holds more than what is read. */
export function readsDirectly(device: BlockDevice): boolean {
  return DirectDevice.includes(device);
}

/** True where `device` may be given to write a view of memory that holds more than that. */
export function writesDirectly(device: WritableBlockDevice): boolean {
  return DirectDevice.takesWrites(device);
}

/**
 * True where the bytes of a read are there when `read` returns its promise:
 * reading ahead gains nothing then, and costs the processor's cache.
 */
export function readsAtOnce(device: BlockDevice): boolean {
  return DirectDevice.answersAtOnce(device);
}

/**
 * Describes `device` to another thread, which reads it by `openDeviceHandle`.
 *
 * @returns `undefined` where another thread cannot reach the device: memory that
 *   is not shared, an HTTP device with a `fetch` of its own, any device of
 *   another make, and whatever stands on one of these.
 */
export function deviceHandle(device: BlockDevice): DeviceHandle | undefined {
  if (!(device instanceof DirectDevice)) return undefined;
  // What was put in the place of a device's `read` would be left behind.
  return DirectDevice.includes(device) ? device.handle() : undefined;
}
