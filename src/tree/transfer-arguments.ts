/** The forms in which Node takes what to read into and what to write. */
import { UsageError } from "../errors.ts";
import type { TreeOptions } from "./file-tree.ts";

/** What a transfer's range is, as Node's options name it. */
export interface TransferRange extends TreeOptions {
  /** Where in the buffer to begin; 0 unless set. */
  readonly offset?: number | null;
  /** Bytes; all behind `offset` unless set. */
  readonly length?: number | null;
  /** Where in the file; where the last call without one ended where `null`, negative or not set. */
  readonly position?: number | bigint | null;
}

/** Bytes to transfer, and where in the file. */
export interface Transfer {
  readonly bytes: Uint8Array;
  /** `null` for where the last call without one ended. */
  readonly position: number | null;
  readonly options: TreeOptions;
}

/** The bytes that a view shows. */
export function bytesOfView(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/**
 * A range of a buffer.
 *
 * @param range Node's options, or `offset` with the two arguments behind it.
 * @throws {UsageError} `invalid-argument` for what is no buffer, `out-of-bounds` for a range that is not in it.
 */
export function transferOf(
  view: ArrayBufferView,
  range: TransferRange | number | null = {},
  length?: number | null,
  position?: number | bigint | null,
): Transfer {
  if (!ArrayBuffer.isView(view)) {
    throw new UsageError("invalid-argument", `a buffer is a view of bytes, not ${typeof view}`);
  }
  const given = typeof range === "object" && range !== null ? range : { offset: range, length, position };
  const bytes = bytesOfView(view);
  const start = given.offset ?? 0;
  const count = given.length ?? bytes.length - start;
  const valid = Number.isSafeInteger(start) && Number.isSafeInteger(count) && start >= 0 && count >= 0;
  if (!valid || start + count > bytes.length) {
    throw new UsageError(
      "out-of-bounds",
      `${count} bytes at ${start} do not lie in a buffer of ${bytes.length}`,
    );
  }
  return {
    bytes: count === bytes.length ? bytes : bytes.subarray(start, start + count),
    position: positionOf(given.position),
    options: "signal" in given && given.signal ? { signal: given.signal } : {},
  };
}

/**
 * A position as Node takes it: what is negative or no number is none.
 *
 * @throws {UsageError} `invalid-argument` past 2^53 - 1, and for fractions.
 */
export function positionOf(position: number | bigint | null | undefined): number | null {
  if (position === null || position === undefined) return null;
  const value = Number(position);
  if (value < 0) return null;
  if (Number.isSafeInteger(value)) return value;
  throw new UsageError("invalid-argument", `position ${position} is no whole number of bytes`);
}
