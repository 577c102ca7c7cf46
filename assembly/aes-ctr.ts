/**
 * Counter mode (SP 800-38A, section 6.5) with the increment of GCM: the last
 * four bytes of the block count, big endian and modulo 2^32.
 */
import { dataSchedule } from "./aes-secrets";
import { encryptGroup, groupBlocks, groupBytes } from "./aes-rounds";
import { copySmall } from "./small-copies";

const counters: usize = memory.data(128, 16);
const keystream: usize = memory.data(128, 16);

/** XORs `size` bytes with the keystream from the counter block of 16 bytes at `block` on. */
export function applyCtr(block: usize, from: usize, to: usize, size: i32): void {
  for (let i: usize = 0; i < (groupBlocks as usize); i++) copySmall(counters + 16 * i, block, 16);
  let counter = bswap<u32>(load<u32>(block, 12));
  for (; size >= groupBytes; size -= groupBytes) {
    counter = makeKeystream(counter);
    for (let i: usize = 0; i < (groupBytes as usize); i += 8) {
      store<u64>(to + i, load<u64>(from + i) ^ load<u64>(keystream + i));
    }
    from += groupBytes;
    to += groupBytes;
  }
  if (size == 0) return;
  makeKeystream(counter);
  for (let i: usize = 0; i < (size as usize); i++) store<u8>(to + i, load<u8>(from + i) ^ load<u8>(keystream + i));
}

/** @returns the counter after it. */
function makeKeystream(counter: u32): u32 {
  for (let i: usize = 0; i < (groupBlocks as usize); i++) {
    store<u32>(counters + 16 * i, bswap<u32>(counter + (i as u32)), 12);
  }
  encryptGroup(dataSchedule, counters, keystream);
  return counter + groupBlocks;
}
