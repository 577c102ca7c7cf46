/** The keys of AES and its modes, raw only until they have been expanded. */
import { expandKey } from "./aes-key";
import { scheduleBytes } from "./aes-rounds";
import { fillSmall } from "./small-copies";

const keyBytes: usize = 32;
const rawKeys: usize = memory.data(96, 16);
/** Of the key that encrypts sectors. */
export const dataSchedule: usize = memory.data(scheduleBytes, 16);

/** Where the caller writes its keys, 32 bytes each, before it sets them. */
export function aesKeyAddress(): usize {
  return rawKeys;
}

/** Expands raw key `index` to `schedule` and wipes it. */
export function takeKey(index: i32, schedule: usize): void {
  const raw = rawKeys + keyBytes * (index as usize);
  expandKey(raw, schedule);
  fillSmall(raw, keyBytes as i32);
}
