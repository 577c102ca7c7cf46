/** Times as Node takes them, and finer. */
import { UsageError } from "../errors.ts";
import type { Timestamp } from "./attributes.ts";

/**
 * A `Date`; seconds since 1970 as a number or its digits, now where negative, kept to the
 * microsecond as Node does; or, beyond Node, nanoseconds since 1970 as a `bigint`.
 */
export type FileTime = Date | number | string | bigint;

const nsPerSecond = 1_000_000_000n;

/**
 * A time as a tree keeps it.
 *
 * @throws {UsageError} `invalid-argument` for what is no time.
 */
export function timestampOf(time: FileTime): Timestamp {
  if (typeof time === "bigint") return fromNs(time);
  const seconds = time instanceof Date ? time.getTime() / 1000 : Number(time === "" ? Number.NaN : time);
  if (!Number.isFinite(seconds)) {
    throw new UsageError(
      "invalid-argument",
      `${String(time)} is no time: a Date, seconds or nanoseconds are`,
    );
  }
  const now = !(time instanceof Date) && typeof time === "number" && seconds < 0;
  return fromSeconds(now ? Date.now() / 1000 : seconds);
}

/** libuv's `uv__fs_to_timespec`, its cut to microseconds included. */
function fromSeconds(time: number): Timestamp {
  const whole = Math.trunc(time);
  const ns = Math.trunc((time - whole) * 1e9);
  const cut = ns - (ns % 1000);
  return cut < 0
    ? { seconds: BigInt(whole - 1), nanoseconds: cut + 1_000_000_000 }
    : { seconds: BigInt(whole), nanoseconds: cut };
}

function fromNs(ns: bigint): Timestamp {
  const nanoseconds = ((ns % nsPerSecond) + nsPerSecond) % nsPerSecond;
  return { seconds: (ns - nanoseconds) / nsPerSecond, nanoseconds: Number(nanoseconds) };
}
