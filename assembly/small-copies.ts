/** Work on a few bytes; for so few, `memory.copy` and `memory.fill` are calls out of the module. */

/** Copies `size` bytes. */
export function copySmall(to: usize, from: usize, size: i32): void {
  for (; size >= 8; size -= 8) {
    store<u64>(to, load<u64>(from));
    to += 8;
    from += 8;
  }
  for (; size > 0; size--) store<u8>(to++, load<u8>(from++));
}

/** Writes `size` zeros. */
export function fillSmall(to: usize, size: i32): void {
  for (; size > 0; size--) store<u8>(to++, 0);
}

/** True where `size` bytes are the same, a multiple of 8; takes as long where they are not. */
export function equalTags(a: usize, b: usize, size: i32): bool {
  let difference: u64 = 0;
  for (let i: usize = 0; i < (size as usize); i += 8) difference |= load<u64>(a + i) ^ load<u64>(b + i);
  return difference == 0;
}
