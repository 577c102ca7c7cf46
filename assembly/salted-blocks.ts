/**
 * Salted digests of many blocks: H(salt ‖ block) or H(block ‖ salt), read
 * where the blocks lie. A message is cut into
 *
 *     head   the salt's last part (salt mod 64 bytes) and the block's first bytes
 *     body   whole 64-byte blocks, compressed in place
 *     tail   what is left, the salt if it comes last, and the padding
 *
 * and only head and tail are copied. Whole 64-byte blocks of a leading salt
 * are compressed once, into `saltedState`; whatever else is the same for all
 * blocks of a size is written once, by `shape`.
 */
import { blockBytes, initialState, stateBytes } from "./sha256-constants";
import { compressLanes } from "./sha256-lanes";
import { compressStream } from "./sha256-stream";
import { copySmall } from "./small-copies";

const lanes: i32 = 4;
const maxSaltBytes: i32 = 256;
/** 63 bytes of a body's rest or of a short message, 256 of salt, 9 of padding, rounded up. */
const tailStride: usize = 384;

const salt: usize = memory.data(256, 16);
const saltedState: usize = memory.data(32, 16);
const heads: usize = memory.data(4 * 64, 16);
const tails: usize = memory.data(4 * 384, 16);
/** Word i of all lanes at i × 16. */
const laneStates: usize = memory.data(128, 16);
const streamState: usize = memory.data(32, 16);

let saltBytes: i32 = 0;
let saltFirst: bool = true;

/** The size of block that heads and tails are shaped for. */
let shapedBytes: i32 = -1;
/** Bytes of a block that its head takes; 0 where there is no head. */
let headBytes: i32 = 0;
let bodyBytes: i32 = 0;
/** Bytes of a block in its tail, and where in the tail they stand. */
let restBytes: i32 = 0;
let restOffset: i32 = 0;
let tailBytes: i32 = 0;

/** Where the caller writes the salt before `setSalt`. */
export function saltAddress(): usize {
  return salt;
}

/** The first byte after what the module itself uses: everything from there is the owner's. */
export function memoryBase(): usize {
  return __heap_base;
}

/** Takes the `size` bytes at `saltAddress` as the salt of the digests to come. */
export function setSalt(size: i32, first: bool): void {
  assert(size >= 0 && size <= maxSaltBytes);
  saltBytes = size;
  saltFirst = first;
  shapedBytes = -1;
  copySmall(saltedState, initialState, stateBytes);
  if (!first) return;
  const whole = size & ~63;
  compressStream(saltedState, salt, whole / blockBytes);
  for (let lane = 0; lane < lanes; lane++) copySmall(heads + lane * blockBytes, salt + whole, size & 63);
}

/**
 * Digests of `count` blocks of `size` bytes, the first at `data`, each
 * `stride` bytes after the one before; 32 bytes each at `out`.
 */
export function digestBlocks(data: usize, size: i32, stride: i32, count: i32, out: usize): void {
  assert(size >= 0);
  if (size != shapedBytes) shape(size);
  if (ASC_FEATURE_SIMD) {
    // Three blocks in four lanes still beat three in a row; the fourth lane repeats the third.
    for (; count >= 3; count -= lanes) {
      const last = min(count, lanes) - 1;
      digestLanes(data, data + stride, data + 2 * stride, data + last * stride);
      storeLanes(out, last + 1);
      data += lanes * stride;
      out += lanes * stateBytes;
    }
  }
  for (; count > 0; count--) {
    digestOne(data);
    for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, bswap<u32>(load<u32>(streamState + i)));
    data += stride;
    out += stateBytes;
  }
}

/** Cuts messages with blocks of `size` bytes, and writes what all their tails share. */
function shape(size: i32): void {
  shapedBytes = size;
  const saltRest = saltFirst ? saltBytes & 63 : 0;
  const hasHead = saltRest > 0 && saltRest + size >= blockBytes;
  headBytes = hasHead ? blockBytes - saltRest : 0;
  bodyBytes = (size - headBytes) & ~63;
  restBytes = size - headBytes - bodyBytes;
  restOffset = hasHead ? 0 : saltRest;
  const saltLast = saltFirst ? 0 : saltBytes;
  const end = restOffset + restBytes + saltLast;
  tailBytes = (end + 1 + 8 + 63) & ~63;
  const bits = bswap<u64>((<u64>saltBytes + <u64>size) << 3);
  for (let lane = 0; lane < lanes; lane++) {
    const tail = tails + (lane as usize) * tailStride;
    memory.fill(tail, 0, tailStride);
    copySmall(tail, salt + (saltBytes & ~63), restOffset);
    copySmall(tail + restOffset + restBytes, salt, saltLast);
    store<u8>(tail + end, 0x80);
    store<u64>(tail + tailBytes - 8, bits);
  }
}

function digestOne(p: usize): void {
  copySmall(streamState, saltedState, stateBytes);
  if (headBytes > 0) {
    fillHead(0, p);
    compressStream(streamState, heads, 1);
  }
  compressStream(streamState, p + headBytes, bodyBytes / blockBytes);
  fillTail(0, p);
  compressStream(streamState, tails, tailBytes / blockBytes);
}

function digestLanes(p0: usize, p1: usize, p2: usize, p3: usize): void {
  for (let i: usize = 0; i < 8; i++) v128.store(laneStates + 16 * i, v128.load32_splat(saltedState + 4 * i));
  if (headBytes > 0) {
    fillHead(0, p0);
    fillHead(1, p1);
    fillHead(2, p2);
    fillHead(3, p3);
    compressLanes(laneStates, heads, heads + 64, heads + 128, heads + 192, 1);
  }
  const taken = headBytes;
  compressLanes(laneStates, p0 + taken, p1 + taken, p2 + taken, p3 + taken, bodyBytes / blockBytes);
  fillTail(0, p0);
  fillTail(1, p1);
  fillTail(2, p2);
  fillTail(3, p3);
  const t1 = tails + tailStride;
  const t2 = t1 + tailStride;
  compressLanes(laneStates, tails, t1, t2, t2 + tailStride, tailBytes / blockBytes);
}

function fillHead(lane: usize, p: usize): void {
  copySmall(heads + (lane + 1) * blockBytes - headBytes, p, headBytes);
}

function fillTail(lane: usize, p: usize): void {
  copySmall(tails + lane * tailStride + restOffset, p + headBytes + bodyBytes, restBytes);
}

function storeLanes(out: usize, count: usize): void {
  for (let lane: usize = 0; lane < count; lane++) {
    for (let i: usize = 0; i < 8; i++) {
      store<u32>(out + 32 * lane + 4 * i, bswap<u32>(load<u32>(laneStates + 16 * i + 4 * lane)));
    }
  }
}
