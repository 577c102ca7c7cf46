/**
 * A time in an inode: 32 bits of seconds, and an extra word of two epoch bits
 * below 30 bits of nanoseconds (`Documentation/filesystems/ext4/inodes.rst`,
 * "Inode Timestamps").
 *
 * The compact writer puts the two words together as one number,
 * `seconds | nanoseconds << 34`, where the kernel adds the epoch to a *signed*
 * word of seconds. So the two mean different times before 1970 and from 2038
 * to 2106: a layer's root hash needs the writer's way, a reader the kernel's.
 */
import type { Timestamp } from "../tree/attributes.ts";

/** The two words of a time. */
export interface TimeWords {
  /** The field without `Extra`, unsigned. */
  readonly low: number;
  /** The field with `Extra`, unsigned. */
  readonly extra: number;
}

const two32 = 0x1_0000_0000;
const minSeconds = -0x8000_0000;
/** Two epoch bits over a signed word (`EXT4_EXTRA_TIMESTAMP_MAX`). */
const maxSeconds = 0x3_7fff_ffff;
/** Go's zero time, 1 January of year 1: taken as "absent". */
const goZeroSeconds = -62_135_596_800n;

/**
 * A time as the compact writer stores it (hcsshim `compact.go`, `timeToFsTime`):
 * out of range is clamped and loses its nanoseconds; negative seconds set every
 * upper bit, nanoseconds included.
 */
export function encodeCompactTime(time: Timestamp | undefined): TimeWords {
  if (time === undefined || (time.seconds === goZeroSeconds && time.nanoseconds === 0)) {
    return { low: 0, extra: 0 };
  }
  if (time.seconds < minSeconds) return { low: 0x8000_0000, extra: 0 };
  if (time.seconds > maxSeconds) return { low: 0x7fff_ffff, extra: 3 };
  const seconds = Number(time.seconds);
  if (seconds < 0) return { low: seconds >>> 0, extra: 0xffff_ffff };
  return {
    low: seconds % two32,
    extra: (Math.floor(seconds / two32) | (time.nanoseconds << 2)) >>> 0,
  };
}

/**
 * A stored time as the compact writer reads it back for an implied parent or an
 * opaque marker (`fsTimeToTime`); undefined where both words are 0.
 */
export function decodeCompactTime({ low, extra }: TimeWords): Timestamp | undefined {
  if (low === 0 && extra === 0) return undefined;
  const epoch = extra & 3;
  const seconds = epoch === 0 ? low | 0 : low + epoch * two32;
  const nanoseconds = extra >>> 2;
  // All upper bits of a negative time make more nanoseconds than a second has.
  const carry = nanoseconds >= 1_000_000_000;
  return {
    seconds: BigInt(seconds) + (carry ? 1n : 0n),
    nanoseconds: carry ? nanoseconds - 1_000_000_000 : nanoseconds,
  };
}

/**
 * A stored time as the kernel reads it (`ext4_decode_extra_time`): signed
 * seconds plus the epoch. Nanoseconds are as stored and may be a second or more.
 */
export function decodeKernelTime({ low, extra }: TimeWords): Timestamp {
  return { seconds: BigInt(low | 0) + (BigInt(extra & 3) << 32n), nanoseconds: extra >>> 2 };
}

/**
 * A time as the kernel stores it (`timestamp_truncate`, `ext4_encode_extra_time`): out of range is clamped
 * and loses its nanoseconds.
 *
 * @param hasExtra whether the second word has a place; without it there are 32 bits of whole seconds.
 */
export function encodeKernelTime({ seconds, nanoseconds }: Timestamp, hasExtra: boolean): TimeWords {
  const most = hasExtra ? maxSeconds : 0x7fff_ffff;
  // A number that is no integer any more is out of range by far.
  const wanted = Number(seconds);
  if (wanted < minSeconds) return { low: 0x8000_0000, extra: 0 };
  const clamped = Math.min(wanted, most);
  const low = clamped | 0;
  const epoch = ((clamped - low) / two32) & 3;
  const extra = (epoch | ((wanted >= most ? 0 : nanoseconds) << 2)) >>> 0;
  return { low: low >>> 0, extra: hasExtra ? extra : 0 };
}
