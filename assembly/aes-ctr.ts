/**
 * Counter mode (SP 800-38A, section 6.5) with the increment of GCM: the last
 * four bytes of the block count, big endian and modulo 2^32.
 */
import { dataSchedule } from "./aes-secrets";
import { encryptStrip, noMask, stripBlocks, stripBytes } from "./aes-rounds";
import { copySmall } from "./small-copies";

const counters: usize = memory.data(512, 16);
/** A message's last strip. */
const rest: usize = memory.data(512, 16);

/** XORs `size` bytes with the keystream from the counter block of 16 bytes at `block` on. */
export function applyCtr(block: usize, from: usize, to: usize, size: i32): void {
  for (let i: usize = 0; i < (stripBlocks as usize); i++) copySmall(counters + 16 * i, block, 16);
  let counter = bswap<u32>(load<u32>(block, 12));
  for (; size >= stripBytes; size -= stripBytes) {
    setCounters(counter);
    encryptStrip(dataSchedule, counters, noMask, to, from, stripBytes);
    counter += stripBlocks;
    from += stripBytes;
    to += stripBytes;
  }
  if (size == 0) return;
  setCounters(counter);
  copySmall(rest, from, size);
  encryptStrip(dataSchedule, counters, noMask, rest, rest, size);
  copySmall(to, rest, size);
}

function setCounters(first: u32): void {
  for (let i: usize = 0; i < (stripBlocks as usize); i++) {
    store<u32>(counters + 16 * i, bswap<u32>(first + (i as u32)), 12);
  }
}
