/**
 * AES-256-GCM (SP 800-38D) of many messages of one size under one key, with
 * nonces of 12 bytes and aad of one size. The message is encrypted from the
 * counter block nonce ‖ 2 on, and the tag is
 *
 *     GHASH(aad ‖ zeros to 16 ‖ ciphertext ‖ zeros to 16 ‖ bits of aad ‖ bits) ⊕ AES(nonce ‖ 1)
 */
import { applyCtr } from "./aes-ctr";
import { encryptStrip, noMask } from "./aes-rounds";
import { dataSchedule, takeKey } from "./aes-secrets";
import { batchMessages, openMessages, sealMessages } from "./encrypt-then-mac";
import { ghashAbsorb } from "./ghash";
import { ghashLanes, ghashLanesAbsorb, ghashLanesFinish, ghashLanesStart, setGhashTables } from "./ghash-lanes";
import { aadAddress, aadSize, descriptorBytes, nonceAddress } from "./sector-descriptor";
import { copySmall, fillSmall } from "./small-copies";

/** From here on sixteen lanes with idle ones among them take less time than one message after the other. */
const fewestLanes: i32 = 4;
const tagBytes: i32 = 16;

const hashKey: usize = memory.data(16, 16);
/** GHASH of a batch's messages. */
const hashes: usize = memory.data(16 * batchMessages, 16);
/** A padded block of each lane. */
const padded: usize = memory.data(16 * 16, 16);
/** u32 addresses of the lanes' bytes. */
const pointers: usize = memory.data(16 * 4, 16);
const counterBlock: usize = memory.data(16, 16);

/** Takes the first key at `aesKeyAddress` for the messages to come. */
export function setGcmKey(): void {
  takeKey(0, dataSchedule);
  // A strip puts a whole group out, for which there is room among the hashes.
  encryptStrip(dataSchedule, noMask, noMask, hashes, noMask, 16);
  copySmall(hashKey, hashes, 16);
  if (ASC_FEATURE_SIMD) setGhashTables(hashKey);
}

/** Seals messages; see `sealChaCha`. */
export function sealGcm(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): void {
  sealMessages(applyToMessages, makeTags, tagBytes, descriptors, count, from, fromStride, to, toStride, size);
}

/** Opens messages; see `openChaCha`. */
export function openGcm(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): i32 {
  return openMessages(applyToMessages, makeTags, tagBytes, descriptors, count, from, fromStride, to, toStride, size);
}

function applyToMessages(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): void {
  for (; count > 0; count--) {
    setCounterBlock(counterBlock, descriptors, 2);
    applyCtr(counterBlock, from, to, size);
    descriptors += descriptorBytes;
    from += fromStride;
    to += toStride;
  }
}

function setCounterBlock(to: usize, descriptor: usize, counter: u32): void {
  copySmall(to, nonceAddress(descriptor), 12);
  store<u32>(to, bswap<u32>(counter), 12);
}

/** The tags of up to `batchMessages` messages whose ciphertexts are at `data`, at `tags`. */
function makeTags(descriptors: usize, count: i32, data: usize, stride: usize, size: i32, tags: usize): void {
  if (ASC_FEATURE_SIMD && count >= fewestLanes) {
    hashLanes(descriptors, count, data, stride, size);
    ghashLanesFinish(hashes);
  } else {
    for (let i: usize = 0; i < (count as usize); i++) {
      hashOne(hashes + 16 * i, descriptors + i * descriptorBytes, data + i * stride, size);
    }
  }
  for (let i: usize = 0; i < (count as usize); i++) {
    setCounterBlock(tags + 16 * i, descriptors + i * descriptorBytes, 1);
  }
  encryptStrip(dataSchedule, tags, noMask, tags, hashes, 16 * count);
}

function hashOne(sum: usize, descriptor: usize, data: usize, size: i32): void {
  fillSmall(sum, 16);
  hashPadded(sum, aadAddress(descriptor), aadSize(descriptor));
  hashPadded(sum, data, size);
  setSizes(padded, aadSize(descriptor), size);
  ghashAbsorb(sum, hashKey, padded, 1);
}

function hashPadded(sum: usize, from: usize, size: i32): void {
  ghashAbsorb(sum, hashKey, from, size >> 4);
  if ((size & 15) == 0) return;
  setPadded(padded, from + (size & ~15), size & 15);
  ghashAbsorb(sum, hashKey, padded, 1);
}

function setPadded(to: usize, from: usize, size: i32): void {
  fillSmall(to, 16);
  copySmall(to, from, size);
}

function setSizes(to: usize, aad: i32, size: i32): void {
  store<u64>(to, bswap<u64>(8 * (aad as u64)));
  store<u64>(to, bswap<u64>(8 * (size as u64)), 8);
}

/** As `hashOne`, of all messages together; lanes that are left over repeat the last one. */
function hashLanes(descriptors: usize, count: i32, data: usize, stride: usize, size: i32): void {
  const aad = aadSize(descriptors);
  ghashLanesStart();
  for (let i = 0; i < ghashLanes; i++) {
    const descriptor = descriptors + (min(i, count - 1) as usize) * descriptorBytes;
    store<u32>(pointers + 4 * (i as usize), aadAddress(descriptor) as u32);
  }
  hashPaddedLanes(aad);
  for (let i = 0; i < ghashLanes; i++) {
    store<u32>(pointers + 4 * (i as usize), (data + (min(i, count - 1) as usize) * stride) as u32);
  }
  hashPaddedLanes(size);
  setSizes(padded, aad, size);
  for (let i: usize = 0; i < (ghashLanes as usize); i++) store<u32>(pointers + 4 * i, padded as u32);
  ghashLanesAbsorb(pointers, 1);
}

function hashPaddedLanes(size: i32): void {
  ghashLanesAbsorb(pointers, size >> 4);
  if ((size & 15) == 0) return;
  for (let i: usize = 0; i < (ghashLanes as usize); i++) {
    const from = load<u32>(pointers + 4 * i) as usize;
    setPadded(padded + 16 * i, from + (size & ~15), size & 15);
    store<u32>(pointers + 4 * i, (padded + 16 * i) as u32);
  }
  ghashLanesAbsorb(pointers, 1);
}
