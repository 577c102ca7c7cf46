/**
 * What goes with one message through the sector ciphers, 64 bytes, little endian:
 *
 *     0 nonce (12 bytes, or a tweak of 16)   16 tag (16 or 32 bytes)
 *     48 u32 address of the aad   52 u32 its size   56 u32 status: 1 where it was opened
 */
import { equalTags } from "./small-copies";

export const descriptorBytes: usize = 64;

@inline
export function nonceAddress(descriptor: usize): usize {
  return descriptor;
}

@inline
export function tagAddress(descriptor: usize): usize {
  return descriptor + 16;
}

@inline
export function aadAddress(descriptor: usize): usize {
  return load<u32>(descriptor, 48) as usize;
}

@inline
export function aadSize(descriptor: usize): i32 {
  return load<i32>(descriptor, 52);
}

/** Is the descriptor's tag the one at `tag`? Sets the status to the answer. */
export function checkTag(descriptor: usize, tag: usize, tagBytes: i32): bool {
  const good = equalTags(tag, tagAddress(descriptor), tagBytes);
  store<u32>(descriptor, good as u32, 56);
  return good;
}
