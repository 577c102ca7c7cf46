/// <reference lib="esnext.disposable" preserve="true" />

/**
 * The two interfaces through which everything composes. A verified layer, a
 * sealed scratch disk, a file, a hostile device in a test: each is one of these.
 *
 * ## The contract
 * One test holds every device of sealstone to it; devices of embedders keep it too.
 *
 * - **Ranges.** Any offset and length within `sizeBytes` is valid, none at all
 *   included; there is no alignment. Anything else is a `UsageError`
 *   `out-of-bounds`, before any I/O.
 * - **Whole or nothing.** `read` fills `into` whole, or rejects and leaves it
 *   untouched or zeroed: after a rejection it never holds a byte that the host chose.
 * - **Private memory.** `read` settles only once nothing will write to `into` any
 *   more, and what it holds by then is the caller's own: no later act of the host
 *   shows there. While the call is under way, `into` is the device's: what is seen
 *   in it means nothing yet.
 * - **Writes.** `from` may not change until `write` settles; afterwards the device
 *   keeps nothing of it. A write that was rejected may have happened in part.
 * - **Overlap.** Calls may overlap, and each is on its own. Between overlapping
 *   writes to the same bytes there is no order: a caller who wants one awaits.
 * - **Abort.** A call rejects with `signal.reason`, at the latest once its I/O has
 *   ended; an abort before the call means no I/O at all. A call that was done
 *   already when the abort came may still fulfil.
 * - **Close.** After `close`, calls reject with `StateError` `closed`, which goes
 *   before every other check; `close` waits for the calls under way, and closing
 *   twice is no error.
 * - **Time.** No device but `DeadlineDevice` bounds it: a host that never answers
 *   is waited for.
 */

/** What every call may be given. */
export interface IoOptions {
  /** Aborts this call alone. */
  readonly signal?: AbortSignal;
}

/** A device of bytes that can be read at any offset. */
export interface BlockDevice extends AsyncDisposable {
  /** Names the device in errors: a path, a URL, "memory". Chosen by the embedder; never a secret. */
  readonly name: string;
  /** Fixed from the opening on, whatever the host does; a non-negative safe integer. */
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
  /** Waits for the calls under way and lets go of what the device holds. */
  close(): Promise<void>;
}

/** A device that can be written too. */
export interface WritableBlockDevice extends BlockDevice {
  /**
   * Writes `from` whole at `offsetBytes`.
   *
   * @throws as `read` does; `UsageError` `unsupported` on a device that is open for reading only.
   */
  write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void>;
  /** The range reads as zeros afterwards, on every device. */
  discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void>;
  /** Settles when all writes that settled before are on stable storage. */
  flush(options?: IoOptions): Promise<void>;
}
