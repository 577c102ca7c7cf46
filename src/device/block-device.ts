/// <reference lib="esnext.disposable" preserve="true" />

/**
 * The two interfaces through which everything composes. A verified layer, a
 * sealed scratch disk, a file, a hostile device in a test: each is one of these.
 *
 * ## The contract (held by one test that every device runs)
 * - Any offset and length within `sizeBytes` is valid; there is no alignment.
 *   Anything else is a `UsageError` `out-of-bounds`, before any I/O.
 * - `read` fills `into` whole or rejects; on rejection `into` is untouched or
 *   zeroed: it never holds a byte that the host chose.
 * - `read` settles only once nothing will write to `into` any more, and what
 *   is in `into` by then is the caller's own: no later act of the host shows.
 * - `write` has taken its own copy of `from`, or is done with it, when it settles.
 * - Calls may overlap; each is on its own.
 * - An aborted call rejects with `signal.reason`; an aborted write may have
 *   happened or not.
 * - After `close`, calls reject with `StateError` `closed`; `close` waits for
 *   the calls under way, and closing twice is no error.
 */

/** What a read or write may be given. */
export interface IoOptions {
  readonly signal?: AbortSignal;
}

/** A device of bytes that can be read at any offset. */
export interface BlockDevice extends AsyncDisposable {
  /** Names the device in errors: a path, a URL, "memory". Never a secret. */
  readonly name: string;
  /** Fixed while the device is open. */
  readonly sizeBytes: number;
  /**
   * Fills `into` with the bytes at `offsetBytes`.
   *
   * @throws {UsageError} `out-of-bounds` when the range is not inside the device.
   * @throws {DeviceError} when the host's I/O fails or comes short.
   * @throws {IntegrityError} on a checked device, when the host's bytes are not the true ones.
   * @throws {StateError} `closed` after `close`.
   */
  read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void>;
  close(): Promise<void>;
}

/** A device that can be written too. */
export interface WritableBlockDevice extends BlockDevice {
  write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void>;
  /** The range reads as zeros afterwards, on every device. */
  discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void>;
  /** Settles when all writes that settled before are on stable storage. */
  flush(options?: IoOptions): Promise<void>;
}
