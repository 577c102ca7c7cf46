/**
 * AES-256-XTS (IEEE 1619) of many messages of one size, a multiple of 16 bytes
 * that is not 0, so there is no ciphertext stealing: with two keys and a tweak
 * of 16 bytes, that a descriptor has as its nonce, block j is
 *
 *     AES₁(P ⊕ T) ⊕ T        T = AES₂(tweak) · x^j    in GF(2^128)
 *
 * It hides, and authenticates nothing: `aes-xts-hmac.ts` does.
 */
import { decryptStrip, encryptStrip, noMask, scheduleBytes, stripBlocks, stripBytes } from "./aes-rounds";
import { dataSchedule, takeKey } from "./aes-secrets";
import { descriptorBytes, nonceAddress } from "./sector-descriptor";
import { copySmall } from "./small-copies";

const tweakSchedule: usize = memory.data(scheduleBytes, 16);
/** AES₂(tweak) of as many messages as a strip has blocks; of the one that is under way, T of its next strip. */
const messageTweaks: usize = memory.data(512, 16);
/** T of a strip's blocks. */
const tweaks: usize = memory.data(512, 16);
/** A message's last strip. */
const rest: usize = memory.data(512, 16);

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
  applyXts(false, descriptors, count, from, fromStride, to, toStride, size);
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
  applyXts(true, descriptors, count, from, fromStride, to, toStride, size);
}

function applyXts(
  decrypting: bool,
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): void {
  for (let i = 0; i < count; i++) {
    const inStrip = i % stripBlocks;
    if (inStrip == 0) makeTweaks(descriptors, min(stripBlocks, count - i));
    applyToMessage(decrypting, messageTweaks + 16 * (inStrip as usize), from, to, size);
    descriptors += descriptorBytes;
    from += fromStride;
    to += toStride;
  }
}

function makeTweaks(descriptors: usize, count: i32): void {
  for (let i: usize = 0; i < (count as usize); i++) {
    copySmall(messageTweaks + 16 * i, nonceAddress(descriptors + i * descriptorBytes), 16);
  }
  encryptStrip(tweakSchedule, messageTweaks, noMask, messageTweaks, noMask, 16 * count);
}

function applyToMessage(decrypting: bool, tweak: usize, from: usize, to: usize, size: i32): void {
  for (; size >= stripBytes; size -= stripBytes) {
    setTweaks(tweak);
    applyToStrip(decrypting, from, to, stripBytes);
    from += stripBytes;
    to += stripBytes;
  }
  if (size == 0) return;
  setTweaks(tweak);
  copySmall(rest, from, size);
  applyToStrip(decrypting, rest, rest, size);
  copySmall(to, rest, size);
}

@inline
function applyToStrip(decrypting: bool, from: usize, to: usize, size: i32): void {
  if (decrypting) decryptStrip(dataSchedule, from, tweaks, to, tweaks, size);
  else encryptStrip(dataSchedule, from, tweaks, to, tweaks, size);
}

/** Sets T of a strip's blocks, and the one at `next` to that of the block after it. */
function setTweaks(next: usize): void {
  if (ASC_FEATURE_SIMD) {
    let tweak = v128.load(next);
    for (let i: usize = 0; i < (stripBytes as usize); i += 16) {
      v128.store(tweaks + i, tweak);
      // The highest bit of all goes round as 0x87, that of the low half to the high one.
      const carries = i32x4.shr_s(v128.shuffle<i32>(tweak, tweak, 3, 3, 1, 1), 31);
      tweak = v128.xor(i64x2.shl(tweak, 1), v128.and(carries, i64x2(0x87, 1)));
    }
    v128.store(next, tweak);
  } else {
    let low = load<u64>(next);
    let high = load<u64>(next, 8);
    for (let i: usize = 0; i < (stripBytes as usize); i += 16) {
      store<u64>(tweaks + i, low);
      store<u64>(tweaks + i, high, 8);
      const carry = (0 - (high >> 63)) & 0x87;
      high = (high << 1) | (low >> 63);
      low = (low << 1) ^ carry;
    }
    store<u64>(next, low);
    store<u64>(next, high, 8);
  }
}
