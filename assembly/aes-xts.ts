/**
 * AES-256-XTS (IEEE 1619) of many messages of one size, a multiple of 16 bytes
 * that is not 0, so there is no ciphertext stealing: with two keys and a tweak
 * of 16 bytes, that a descriptor has as its nonce, block j is
 *
 *     AES₁(P ⊕ T) ⊕ T        T = AES₂(tweak) · x^j    in GF(2^128)
 *
 * It hides, and authenticates nothing: `aes-xts-hmac.ts` does.
 */
import { decryptGroup, encryptGroup, groupBlocks, groupBytes, scheduleBytes } from "./aes-rounds";
import { dataSchedule, takeKey } from "./aes-secrets";
import { descriptorBytes, nonceAddress } from "./sector-descriptor";
import { copySmall } from "./small-copies";

const tweakSchedule: usize = memory.data(scheduleBytes, 16);
/** AES₂(tweak) of a group of messages. */
const firstTweaks: usize = memory.data(128, 16);
/** T of the blocks in `group`. */
const tweaks: usize = memory.data(128, 16);
const group: usize = memory.data(128, 16);

/** Takes the first key at `aesKeyAddress` for the data and the second one for tweaks. */
export function setXtsKeys(): void {
  takeKey(0, dataSchedule);
  takeKey(1, tweakSchedule);
}

/** Encrypts messages; see `sealChaCha`. Tags and aad are left alone. */
export function encryptXts(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): void {
  for (let i = 0; i < count; i++) {
    if (i % groupBlocks == 0) makeTweaks(descriptors, min(groupBlocks, count - i));
    encryptMessage(firstTweak(i), from, to, size);
    descriptors += descriptorBytes;
    from += fromStride;
    to += toStride;
  }
}

/** Decrypts messages. */
export function decryptXts(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): void {
  for (let i = 0; i < count; i++) {
    if (i % groupBlocks == 0) makeTweaks(descriptors, min(groupBlocks, count - i));
    decryptMessage(firstTweak(i), from, to, size);
    descriptors += descriptorBytes;
    from += fromStride;
    to += toStride;
  }
}

function makeTweaks(descriptors: usize, count: i32): void {
  for (let i: usize = 0; i < (count as usize); i++) {
    copySmall(firstTweaks + 16 * i, nonceAddress(descriptors + i * descriptorBytes), 16);
  }
  encryptGroup(tweakSchedule, firstTweaks, firstTweaks);
}

@inline
function firstTweak(i: i32): usize {
  return firstTweaks + 16 * ((i % groupBlocks) as usize);
}

function encryptMessage(tweak: usize, from: usize, to: usize, size: i32): void {
  for (; size > 0; size -= groupBytes) {
    const some = min(size, groupBytes);
    whiten(tweak, from, some);
    encryptGroup(dataSchedule, group, group);
    xorTweaks(group, to, some);
    from += groupBytes;
    to += groupBytes;
  }
}

function decryptMessage(tweak: usize, from: usize, to: usize, size: i32): void {
  for (; size > 0; size -= groupBytes) {
    const some = min(size, groupBytes);
    whiten(tweak, from, some);
    decryptGroup(dataSchedule, group, group);
    xorTweaks(group, to, some);
    from += groupBytes;
    to += groupBytes;
  }
}

/** Makes the tweaks of the next group of blocks, from the one at `next` on, and XORs the blocks with them. */
function whiten(next: usize, from: usize, size: i32): void {
  let low = load<u64>(next);
  let high = load<u64>(next, 8);
  for (let i: usize = 0; i < (size as usize); i += 16) {
    store<u64>(tweaks + i, low);
    store<u64>(tweaks + i, high, 8);
    store<u64>(group + i, load<u64>(from + i) ^ low);
    store<u64>(group + i, load<u64>(from + i, 8) ^ high, 8);
    const carry = (0 - (high >> 63)) & 0x87;
    high = (high << 1) | (low >> 63);
    low = (low << 1) ^ carry;
  }
  store<u64>(next, low);
  store<u64>(next, high, 8);
}

function xorTweaks(from: usize, to: usize, size: i32): void {
  for (let i: usize = 0; i < (size as usize); i += 8) {
    store<u64>(to + i, load<u64>(from + i) ^ load<u64>(tweaks + i));
  }
}
