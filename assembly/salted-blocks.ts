/**
 * Salted digests of many blocks: H(salt ‖ block) or H(block ‖ salt), read
 * where the blocks lie. A message is cut into
 *
 *     head   the salt's last part (salt mod 64 bytes) and the block's first bytes
 *     body   whole 64-byte blocks, compressed in place
 *     tail   what is left, the salt if it comes last, and the padding
 *
 * and only head and tail are copied. Whole 64-byte blocks of a leading salt
 * are compressed once, into `saltedState`.
 */
import { blockBytes, initialState, stateBytes } from "./sha256-constants";
import { compressLanes } from "./sha256-lanes";
import { compressStream } from "./sha256-stream";

const maxSaltBytes: i32 = 256;
/** 63 bytes of a body's rest or of a short message, 256 of salt, 9 of padding, rounded up. */
const tailBytes: i32 = 384;

const salt: usize = memory.data(256, 16);
const saltedState: usize = memory.data(32, 16);
const heads: usize = memory.data(4 * 64, 16);
const tails: usize = memory.data(4 * 384, 16);
/** Word i of all lanes at i × 16. */
const laneStates: usize = memory.data(128, 16);
const streamState: usize = memory.data(32, 16);

let saltBytes: i32 = 0;
let saltFirst: bool = true;

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
  memory.copy(saltedState, initialState, stateBytes);
  if (!first) return;
  const whole = size & ~63;
  compressStream(saltedState, salt, whole / blockBytes);
  for (let lane = 0; lane < 4; lane++) memory.copy(heads + lane * 64, salt + whole, size - whole);
}

/**
 * Digests of `count` blocks of `size` bytes, the first at `data`, each
 * `stride` bytes after the one before; 32 bytes each at `out`.
 */
export function digestBlocks(data: usize, size: i32, stride: i32, count: i32, out: usize): void {
  if (ASC_FEATURE_SIMD) {
    // Three blocks in four lanes still beat three in a row; the fourth lane repeats the third.
    for (; count >= 3; count -= 4) {
      const last = count >= 4 ? 3 : 2;
      digestLanes(data, data + stride, data + 2 * stride, data + last * stride, size);
      storeLanes(out, last + 1);
      data += 4 * stride;
      out += 4 * stateBytes;
    }
  }
  for (; count > 0; count--) {
    digestOne(data, size);
    storeDigest(out);
    data += stride;
    out += stateBytes;
  }
}

function digestOne(p: usize, size: i32): void {
  memory.copy(streamState, saltedState, stateBytes);
  const taken = fillHead(heads, p, size);
  if (taken > 0) compressStream(streamState, heads, 1);
  const body = (size - taken) & ~63;
  compressStream(streamState, p + taken, body / blockBytes);
  const length = fillTail(tails, p, size, taken, body);
  compressStream(streamState, tails, length / blockBytes);
}

function digestLanes(p0: usize, p1: usize, p2: usize, p3: usize, size: i32): void {
  for (let i: usize = 0; i < 8; i++) v128.store(laneStates + 16 * i, v128.load32_splat(saltedState + 4 * i));
  const taken = fillHead(heads, p0, size);
  if (taken > 0) {
    fillHead(heads + 64, p1, size);
    fillHead(heads + 128, p2, size);
    fillHead(heads + 192, p3, size);
    compressLanes(laneStates, heads, heads + 64, heads + 128, heads + 192, 1);
  }
  const body = (size - taken) & ~63;
  compressLanes(laneStates, p0 + taken, p1 + taken, p2 + taken, p3 + taken, body / blockBytes);
  const t1 = tails + tailBytes;
  const t2 = t1 + tailBytes;
  const t3 = t2 + tailBytes;
  const length = fillTail(tails, p0, size, taken, body);
  fillTail(t1, p1, size, taken, body);
  fillTail(t2, p2, size, taken, body);
  fillTail(t3, p3, size, taken, body);
  compressLanes(laneStates, tails, t1, t2, t3, length / blockBytes);
}

/** Bytes of a leading salt that stand before the block in its head. */
@inline
function saltRest(): i32 {
  return saltFirst ? saltBytes & 63 : 0;
}

/** Fills the head behind its salt; returns how many of the block's bytes it took, 0 for no head. */
function fillHead(head: usize, p: usize, size: i32): i32 {
  const rest = saltRest();
  if (rest == 0 || size < 64 - rest) return 0;
  copy(head + rest, p, 64 - rest);
  return 64 - rest;
}

/** Writes all that follows the body; returns its size, a multiple of 64. */
function fillTail(tail: usize, p: usize, size: i32, taken: i32, body: i32): i32 {
  let end = tail;
  const rest = saltRest();
  if (taken == 0 && rest > 0) {
    memory.copy(end, salt + (saltBytes & ~63), rest);
    end += rest;
  }
  const left = size - taken - body;
  copy(end, p + taken + body, left);
  end += left;
  if (!saltFirst) {
    memory.copy(end, salt, saltBytes);
    end += saltBytes;
  }
  store<u8>(end, 0x80);
  end++;
  const length = (<i32>(end - tail) + 8 + 63) & ~63;
  memory.fill(end, 0, tail + length - 8 - end);
  const bits = <u64>(saltBytes + size) << 3;
  store<u64>(tail + length - 8, bswap<u64>(bits));
  return length;
}

/** Copies a few bytes; for so few, `memory.copy` is a call out of the module. */
function copy(to: usize, from: usize, size: i32): void {
  for (; size >= 8; size -= 8) {
    store<u64>(to, load<u64>(from));
    to += 8;
    from += 8;
  }
  for (; size > 0; size--) store<u8>(to++, load<u8>(from++));
}

function storeDigest(out: usize): void {
  for (let i: usize = 0; i < 32; i += 4) store<u32>(out + i, bswap<u32>(load<u32>(streamState + i)));
}

function storeLanes(out: usize, lanes: i32): void {
  for (let lane: usize = 0; lane < <usize>lanes; lane++) {
    for (let i: usize = 0; i < 8; i++) {
      store<u32>(out + 32 * lane + 4 * i, bswap<u32>(load<u32>(laneStates + 16 * i + 4 * lane)));
    }
  }
}
