/** Times as they are kept in a layer, and as a person reads them. */
import { encodeCompactTime } from "../../ext4/timestamp.ts";
import type { Timestamp } from "../../tree/attributes.ts";

/** What `Date` reaches, in seconds. */
const dateLimitSeconds = 8_640_000_000_000n;

/** A time as `2024-02-29T12:00:00.000000001Z`; beyond the years of dates as `@seconds.nanoseconds`. */
export function timeText({ seconds, nanoseconds }: Timestamp): string {
  const fraction = nanoseconds === 0 ? "" : `.${String(nanoseconds).padStart(9, "0")}`;
  if (seconds < -dateLimitSeconds || seconds > dateLimitSeconds) return `@${seconds}${fraction}`;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -5)}${fraction}Z`;
}

/** A key that is equal for times which a layer keeps alike, such as none and 1970. */
export function keptTime(time: Timestamp | undefined): string {
  const { low, extra } = encodeCompactTime(time);
  return `${low} ${extra}`;
}
