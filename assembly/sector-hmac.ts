/**
 * HMAC-SHA-256 (RFC 2104) of many messages of one size, each
 *
 *     aad ‖ nonce (16 bytes) ‖ ciphertext ‖ u64 aad size ‖ u64 ciphertext size
 *
 * the sizes little endian: cut into a head, copied together, that ends with a
 * block of the hash; whole blocks where the ciphertext lies; and a tail. All
 * descriptors of a call have aad of one size.
 */
import { blockBytes, initialState, stateBytes } from "./sha256-constants";
import { compressLanes } from "./sha256-lanes";
import { compressStream } from "./sha256-stream";
import { aadAddress, aadSize, descriptorBytes, nonceAddress } from "./sector-descriptor";
import { copySmall, fillSmall } from "./small-copies";

/** Messages that are hashed together. */
const lanes: i32 = 4;
const nonceBytes: i32 = 16;
/** The two sizes, and what SHA-256 puts behind a message. */
const sizesBytes: i32 = 16;
const paddingBytes: i32 = 9;
/** 1024 bytes of aad, a nonce and what fills a block up. */
const headStride: usize = 1152;
/** 63 bytes of ciphertext, sizes and padding. */
const tailStride: usize = 128;

/** SHA-256 after the key's two blocks. */
const innerState: usize = memory.data(32, 16);
const outerState: usize = memory.data(32, 16);
const heads: usize = memory.data(4 * 1152, 16);
const tails: usize = memory.data(4 * 128, 16);
/** Word i of all lanes at i × 16. */
const laneStates: usize = memory.data(128, 16);
const streamState: usize = memory.data(32, 16);

let headBytes: i32 = 0;
/** Bytes of the ciphertext in the head, and in whole blocks. */
let takenBytes: i32 = 0;
let bodyBytes: i32 = 0;
let tailBytes: i32 = 0;

/** Takes the 32 bytes at `key`. */
export function setHmacKey(key: usize): void {
  keyState(innerState, key, 0x3636363636363636);
  keyState(outerState, key, 0x5c5c5c5c5c5c5c5c);
}

function keyState(state: usize, key: usize, pad: u64): void {
  for (let i: usize = 0; i < 32; i += 8) store<u64>(heads + i, load<u64>(key + i) ^ pad);
  for (let i: usize = 32; i < 64; i += 8) store<u64>(heads + i, pad);
  copySmall(state, initialState, stateBytes);
  compressStream(state, heads, 1);
  fillSmall(heads, blockBytes);
}

/** The tags of messages whose ciphertexts are at `data`, each 32 bytes, at `out`. */
export function macSectors(descriptors: usize, count: i32, data: usize, stride: usize, size: i32, out: usize): void {
  shape(aadSize(descriptors), size);
  for (; count > 0; count -= lanes) {
    macSome(descriptors, min(count, lanes), data, stride, size, out);
    descriptors += (lanes as usize) * descriptorBytes;
    data += (lanes as usize) * stride;
    out += 32 * (lanes as usize);
  }
}

function macSome(descriptors: usize, count: i32, data: usize, stride: usize, size: i32, out: usize): void {
  for (let i: usize = 0; i < (count as usize); i++) {
    fillLane(i, descriptors + i * descriptorBytes, data + i * stride, size);
  }
  if (ASC_FEATURE_SIMD && count >= 3) {
    macLanes(data, stride, count, out);
  } else {
    for (let i: usize = 0; i < (count as usize); i++) macOne(i, data + i * stride, out + 32 * i);
  }
}

function shape(aad: i32, size: i32): void {
  const prefix = aad + nonceBytes;
  takenBytes = min(size, -prefix & 63);
  headBytes = prefix + takenBytes;
  bodyBytes = (size - takenBytes) & ~63;
  // A ciphertext too short to fill the head's last block leaves that block to the tail.
  tailBytes = ((headBytes & 63) + size - takenBytes - bodyBytes + sizesBytes + paddingBytes + 63) & ~63;
}

function fillLane(lane: usize, descriptor: usize, data: usize, size: i32): void {
  const aad = aadSize(descriptor);
  const head = heads + lane * headStride;
  copySmall(head, aadAddress(descriptor), aad);
  copySmall(head + aad, nonceAddress(descriptor), nonceBytes);
  copySmall(head + aad + nonceBytes, data, takenBytes);
  const tail = tails + lane * tailStride;
  fillSmall(tail, tailBytes);
  const left = headBytes & 63;
  copySmall(tail, head + headBytes - left, left);
  const rest = size - takenBytes - bodyBytes;
  copySmall(tail + left, data + takenBytes + bodyBytes, rest);
  const end = tail + left + rest;
  store<u64>(end, aad as u64);
  store<u64>(end, size as u64, 8);
  store<u8>(end, 0x80, 16);
  const messageBytes = blockBytes + aad + nonceBytes + size + sizesBytes;
  store<u64>(tail + tailBytes - 8, bswap<u64>(8 * (messageBytes as u64)));
}

function macOne(lane: usize, data: usize, out: usize): void {
  copySmall(streamState, innerState, stateBytes);
  compressStream(streamState, heads + lane * headStride, headBytes >> 6);
  compressStream(streamState, data + takenBytes, bodyBytes >> 6);
  compressStream(streamState, tails + lane * tailStride, tailBytes >> 6);
  const tail = tails + lane * tailStride;
  for (let i: usize = 0; i < 32; i += 4) store<u32>(tail + i, bswap<u32>(load<u32>(streamState + i)));
  padDigest(tail);
  copySmall(streamState, outerState, stateBytes);
  compressStream(streamState, tail, 1);
  for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, bswap<u32>(load<u32>(streamState + i)));
}

/** What follows the inner digest in the outer hash. */
function padDigest(block: usize): void {
  fillSmall(block + 32, 32);
  store<u8>(block, 0x80, 32);
  store<u64>(block, bswap<u64>(8 * (blockBytes + stateBytes)), 56);
}

function macLanes(data: usize, stride: usize, count: i32, out: usize): void {
  const last = count - 1;
  startLanes(innerState);
  compressLanes(
    laneStates,
    heads,
    heads + headStride,
    heads + 2 * headStride,
    heads + last * headStride,
    headBytes >> 6,
  );
  const body = data + takenBytes;
  compressLanes(laneStates, body, body + stride, body + 2 * stride, body + last * stride, bodyBytes >> 6);
  const lastTail = tails + last * tailStride;
  compressLanes(laneStates, tails, tails + tailStride, tails + 2 * tailStride, lastTail, tailBytes >> 6);
  for (let lane: usize = 0; lane < (count as usize); lane++) {
    putLane(lane, tails + lane * tailStride);
    padDigest(tails + lane * tailStride);
  }
  startLanes(outerState);
  compressLanes(laneStates, tails, tails + tailStride, tails + 2 * tailStride, lastTail, 1);
  for (let lane: usize = 0; lane < (count as usize); lane++) putLane(lane, out + 32 * lane);
}

function startLanes(state: usize): void {
  for (let i: usize = 0; i < 8; i++) v128.store(laneStates + 16 * i, v128.load32_splat(state + 4 * i));
}

function putLane(lane: usize, to: usize): void {
  for (let i: usize = 0; i < 8; i++) {
    store<u32>(to + 4 * i, bswap<u32>(load<u32>(laneStates + 16 * i + 4 * lane)));
  }
}
