/**
 * ChaCha20-Poly1305 (RFC 8439, section 2.8) of many messages of one size under
 * one key, each with a descriptor of its own. The tag is that of
 *
 *     aad ‖ zeros to 16 ‖ ciphertext ‖ zeros to 16 ‖ u64 aad size ‖ u64 size
 *
 * under the first 32 bytes of keystream; the message takes what comes from the
 * second block on. Keystream is made 256 bytes at a time (64 without SIMD), and
 * between its rounds the ciphertext of that stretch, or of the one before it
 * when sealing, is taken into the tag.
 *
 * Everything in this module's memory is secret but the descriptors. Nothing
 * branches on it or uses it as an address; WASM promises no more.
 */
import { mixBlocks } from "./chacha20-rounds";
import { polyAbsorb, polyFinish, polyStart, polyStateBytes } from "./poly1305";
import { aadAddress, aadSize, checkTag, descriptorBytes, nonceAddress, tagAddress } from "./sector-descriptor";
import { copySmall, fillSmall } from "./small-copies";

/** Keystream of one call of `mixBlocks`. */
const stretchBytes: i32 = ASC_FEATURE_SIMD ? 256 : 64;
/** Messages whose one-time keys are made in one call. */
const lanes: i32 = ASC_FEATURE_SIMD ? 4 : 1;
const tagBytes: i32 = 16;
const polyKeyBytes: usize = 32;

const key: usize = memory.data(32, 16);
/** The block function's input; with SIMD every word four times over. */
const initial: usize = memory.data(256, 16);
const words: usize = memory.data(256, 16);
const polyKeys: usize = memory.data(4 * 32, 16);
const poly: usize = memory.data(polyStateBytes as i32, 16);
/** A message's last stretch, or a block of aad, and zeros behind it. */
const rest: usize = memory.data(256, 16);
const tag: usize = memory.data(16, 16);

/** Where the caller writes the key of 32 bytes before `setChaChaKey`. */
export function chaChaKeyAddress(): usize {
  return key;
}

/** Takes the key at `chaChaKeyAddress` for the messages to come. */
export function setChaChaKey(): void {
  // "expand 32-byte k"
  setWord(0, 0x61707865);
  setWord(1, 0x3320646e);
  setWord(2, 0x79622d32);
  setWord(3, 0x6b206574);
  for (let i = 0; i < 8; i++) setWord(4 + i, load<u32>(key + 4 * (i as usize)));
}

/**
 * Seals `count` messages of `size` bytes: the first at `from`, each `fromStride` after the one
 * before, to `to` with `toStride`. Descriptors give nonces and aad and receive the tags.
 */
export function sealChaCha(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): void {
  for (let i = 0; i < count; i++) {
    const descriptor = descriptors + (i as usize) * descriptorBytes;
    if (i % lanes == 0) makePolyKeys(descriptor, min(lanes, count - i));
    begin(descriptor, i % lanes);
    sealMessage(from, to, size);
    finish(descriptor, size, tagAddress(descriptor));
    from += fromStride;
    to += toStride;
  }
}

/**
 * Opens messages, as `sealChaCha` seals them. Where the tag is not the descriptor's, zeros stand
 * for the plaintext and the descriptor's status is 0; else it is 1.
 *
 * @returns how many were refused
 */
export function openChaCha(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): i32 {
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const descriptor = descriptors + (i as usize) * descriptorBytes;
    if (i % lanes == 0) makePolyKeys(descriptor, min(lanes, count - i));
    begin(descriptor, i % lanes);
    openMessage(from, to, size);
    finish(descriptor, size, tag);
    if (!checkTag(descriptor, tag, tagBytes)) {
      memory.fill(to, 0, size);
      refused++;
    }
    from += fromStride;
    to += toStride;
  }
  return refused;
}

/** Sets word i of the block function's input, for every lane. */
function setWord(i: i32, value: u32): void {
  const at = i as usize;
  if (ASC_FEATURE_SIMD) v128.store(initial + 16 * at, i32x4.splat(value));
  else store<u32>(initial + 4 * at, value);
}

/** The one-time keys of up to four messages: lane by lane, the first block of each one's keystream. */
function makePolyKeys(descriptor: usize, count: i32): void {
  setWord(12, 0);
  for (let lane = 0; lane < count; lane++) {
    const nonce = nonceAddress(descriptor + (lane as usize) * descriptorBytes);
    for (let i: usize = 0; i < 3; i++) {
      store<u32>(initial + (lanes as usize) * 4 * (13 + i) + 4 * (lane as usize), load<u32>(nonce + 4 * i));
    }
  }
  mix(0, false);
  for (let lane: usize = 0; lane < (count as usize); lane++) {
    for (let i: usize = 0; i < 8; i++) {
      store<u32>(polyKeys + lane * polyKeyBytes + 4 * i, load<u32>(words + (lanes as usize) * 4 * i + 4 * lane));
    }
  }
}

/** Starts a message: its nonce, the counter of its first block, its one-time key and its aad. */
function begin(descriptor: usize, lane: i32): void {
  const nonce = nonceAddress(descriptor);
  if (ASC_FEATURE_SIMD) v128.store(initial + 16 * 12, i32x4(1, 2, 3, 4));
  else store<u32>(initial + 4 * 12, 1);
  for (let i = 0; i < 3; i++) setWord(13 + i, load<u32>(nonce + 4 * (i as usize)));
  polyStart(poly, polyKeys + (lane as usize) * polyKeyBytes);
  const aad = aadAddress(descriptor);
  const size = aadSize(descriptor);
  polyAbsorb(poly, aad, size >> 4);
  absorbRest(aad + (size & ~15), size & 15);
}

function sealMessage(from: usize, to: usize, size: i32): void {
  let left = size;
  let absorbing = false;
  for (; left >= stretchBytes; left -= stretchBytes) {
    mix(to - stretchBytes, absorbing);
    absorbing = true;
    xorStretch(from, to);
    countOn();
    from += stretchBytes;
    to += stretchBytes;
  }
  if (absorbing) polyAbsorb(poly, to - stretchBytes, stretchBytes / 16);
  if (left == 0) return;
  copySmall(rest, from, left);
  mix(0, false);
  xorStretch(rest, rest);
  copySmall(to, rest, left);
  absorbRest(rest, left);
}

function openMessage(from: usize, to: usize, size: i32): void {
  let left = size;
  for (; left >= stretchBytes; left -= stretchBytes) {
    mix(from, true);
    xorStretch(from, to);
    countOn();
    from += stretchBytes;
    to += stretchBytes;
  }
  if (left == 0) return;
  absorbRest(from, left);
  copySmall(rest, from, left);
  mix(0, false);
  xorStretch(rest, rest);
  copySmall(to, rest, left);
}

/** Takes `size` bytes in, with zeros up to a whole block. */
function absorbRest(from: usize, size: i32): void {
  const blocks = (size + 15) >> 4;
  if (from != rest) copySmall(rest, from, size);
  fillSmall(rest + size, 16 * blocks - size);
  polyAbsorb(poly, rest, blocks);
}

/** The block with the two sizes, and the tag. */
function finish(descriptor: usize, size: i32, to: usize): void {
  store<u64>(rest, aadSize(descriptor) as u64);
  store<u64>(rest, size as u64, 8);
  polyAbsorb(poly, rest, 1);
  polyFinish(poly, to);
}

/** The next stretch of keystream; and, if it is `absorbing`, the stretch at `message` into the tag. */
@inline
function mix(message: usize, absorbing: bool): void {
  if (ASC_FEATURE_SIMD) mixBlocks<v128>(initial, words, poly, message, absorbing);
  else mixBlocks<i32>(initial, words, poly, message, absorbing);
}

function countOn(): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(initial + 16 * 12, i32x4.add(v128.load(initial + 16 * 12), i32x4.splat(4)));
  } else {
    store<u32>(initial + 4 * 12, load<u32>(initial + 4 * 12) + 1);
  }
}

/** XORs a stretch with the keystream in `words`. */
function xorStretch(from: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) {
    for (let i: usize = 0; i < 4; i++) xorWords(words + 64 * i, from + 16 * i, to + 16 * i);
  } else {
    for (let i: usize = 0; i < 64; i += 8) store<u64>(to + i, load<u64>(from + i) ^ load<u64>(words + i));
  }
}

/** Transposes four words of four blocks, and XORs 16 bytes of each block with them. */
@inline
function xorWords(at: usize, from: usize, to: usize): void {
  const a = v128.load(at);
  const b = v128.load(at, 16);
  const c = v128.load(at, 32);
  const d = v128.load(at, 48);
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.xor(v128.load(from), v128.shuffle<i64>(ab0, cd0, 0, 2)));
  v128.store(to, v128.xor(v128.load(from, 64), v128.shuffle<i64>(ab0, cd0, 1, 3)), 64);
  v128.store(to, v128.xor(v128.load(from, 128), v128.shuffle<i64>(ab1, cd1, 0, 2)), 128);
  v128.store(to, v128.xor(v128.load(from, 192), v128.shuffle<i64>(ab1, cd1, 1, 3)), 192);
}
