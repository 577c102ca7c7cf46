/** Times as PAX records write them, and Go's notion of no time at all. */
import { parseDecimal } from "./number.ts";
import type { TarTime } from "./tar-entry.ts";

/** Year 1 in UTC: `time.Time`'s zero value, which Go cannot tell from a time that was never set. */
const zeroTimeSeconds = -62_135_596_800n;

const nanosecondDigits = 9;
const dot = 0x2e;
const minus = 0x2d;

/** The time, or `undefined` where Go's `IsZero` would hold. Go: `time.Unix`. */
export function tarTime(seconds: bigint, nanoseconds = 0): TarTime | undefined {
  if (nanoseconds === 0 && seconds === zeroTimeSeconds) return undefined;
  return { seconds, nanoseconds };
}

/**
 * `[+-]seconds[.digits]`: nine digits count, the rest is cut. Go: `parsePAXTime`.
 *
 * @returns a time, or `undefined` for the zero time, or "malformed".
 */
export function parsePaxTime(text: Uint8Array): TarTime | undefined | "malformed" {
  const point = text.indexOf(dot);
  const seconds = parseDecimal(point === -1 ? text : text.subarray(0, point));
  if (seconds === undefined) return "malformed";
  let nanoseconds = 0;
  let digits = 0;
  for (let at = point + 1; point !== -1 && at < text.length; at++) {
    const digit = (text[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return "malformed";
    if (digits === nanosecondDigits) continue;
    nanoseconds = nanoseconds * 10 + digit;
    digits++;
  }
  nanoseconds *= 10 ** (nanosecondDigits - digits);
  if (text[0] !== minus || nanoseconds === 0) return tarTime(seconds, nanoseconds);
  // -1.25 s is 0.75 s after -2 s; below the smallest int64 Go's seconds wrap around.
  return tarTime(BigInt.asIntN(64, seconds - 1n), 1_000_000_000 - nanoseconds);
}
