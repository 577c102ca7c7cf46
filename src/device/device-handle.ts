/**
 * What describes a device to another thread: data that `postMessage` carries,
 * by which a worker reopens the device and reads it by itself.
 */

/** A `MemoryDevice` in shared memory. */
export interface MemoryDeviceHandle {
  readonly kind: "memory";
  readonly name: string;
  /** A view of a `SharedArrayBuffer`: both threads see the same bytes. */
  readonly bytes: Uint8Array;
}

/** A `FileDevice`, for threads of the same process. */
export interface FileDeviceHandle {
  readonly kind: "file";
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Descriptor by which the file can be had where its path no longer leads to it. */
  readonly fd: number;
  /** Which file it is: what `path` or `fd` leads to must be that file still. */
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: number;
}

/** An `HttpRangeDevice`. Its headers travel along, credentials and all. */
export interface HttpRangeDeviceHandle {
  readonly kind: "http-range";
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly sizeBytes: number;
  /** The validators of the first answer, which every later one must repeat. */
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** A `SliceDevice`. */
export interface SliceDeviceHandle {
  readonly kind: "slice";
  readonly name: string;
  readonly parent: DeviceHandle;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** A `DeadlineDevice`. */
export interface DeadlineDeviceHandle {
  readonly kind: "deadline";
  readonly below: DeviceHandle;
  readonly deadlineMs: number;
}

/** Describes a device to another thread of the same process; good while the device stays open. */
export type DeviceHandle =
  | MemoryDeviceHandle
  | FileDeviceHandle
  | HttpRangeDeviceHandle
  | SliceDeviceHandle
  | DeadlineDeviceHandle;
