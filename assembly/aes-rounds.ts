/**
 * AES-256 (FIPS 197) of many blocks at once, bitsliced: see `aes-slices.ts`.
 *
 * A strip of blocks is taken through a round before the next round begins, and
 * its groups depend on nothing of each other's: so the processor, which looks
 * ahead by about a group's round, has something to do where one chain of gates
 * is waiting for itself. A group goes from round to round through memory, as 16
 * registers do not hold it and the S-box's sums.
 */
import { inverseSubBytes, subBytes, unmixed } from "./aes-boxes";
import { groupBlocks, groupBytes, packBlocks, unpackBlocks } from "./aes-slices";

/** A schedule of 15 round keys, each in slices. */
export const scheduleBytes: i32 = 15 * groupBytes;
/** More groups gain nothing more, and four are a sector of 512 bytes. */
const stripGroups: i32 = 4;
/** The most blocks that one call takes. */
export const stripBlocks: i32 = stripGroups * groupBlocks;
export const stripBytes: i32 = stripGroups * groupBytes;

const stride: usize = groupBytes as usize;
const state: usize = memory.data(512, 16);
/** A strip of zeros, to mask nothing with. */
export const noMask: usize = memory.data(512, 16);

/**
 * Encrypts a strip under the schedule at `keys`: `to` = AES(`from` ⊕ `before`) ⊕ `after`. All of them
 * have room for whole groups, and all groups that `size` bytes reach into are worked on.
 */
export function encryptStrip(keys: usize, from: usize, before: usize, to: usize, after: usize, size: i32): void {
  if (ASC_FEATURE_SIMD) encrypt<v128>(keys, from, before, to, after, size as usize);
  else encrypt<u64>(keys, from, before, to, after, size as usize);
}

/** As `encryptStrip`, with the inverse of AES. */
export function decryptStrip(keys: usize, from: usize, before: usize, to: usize, after: usize, size: i32): void {
  if (ASC_FEATURE_SIMD) decrypt<v128>(keys, from, before, to, after, size as usize);
  else decrypt<u64>(keys, from, before, to, after, size as usize);
}

/** The S-box on every byte of a group, with its constant left out. */
export function subGroup(from: usize, to: usize): void {
  sliceGroup(from, state);
  if (ASC_FEATURE_SIMD) subBytes<v128>(state, state, unmixed);
  else subBytes<u64>(state, state, unmixed);
  unsliceGroup(state, to);
}

/** The inverse of `subGroup`. */
export function inverseSubGroup(from: usize, to: usize): void {
  sliceGroup(from, state);
  if (ASC_FEATURE_SIMD) inverseSubBytes<v128>(state, state, unmixed);
  else inverseSubBytes<u64>(state, state, unmixed);
  unsliceGroup(state, to);
}

/** Slices a group of blocks. */
export function sliceGroup(from: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) packBlocks<v128>(from, noMask, to, noMask, false);
  else packBlocks<u64>(from, noMask, to, noMask, false);
}

function unsliceGroup(from: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) unpackBlocks<v128>(from, noMask, to, noMask, false);
  else unpackBlocks<u64>(from, noMask, to, noMask, false);
}

@inline
function roundKey(keys: usize, round: usize): usize {
  return keys + round * stride;
}

function encrypt<T>(keys: usize, from: usize, before: usize, to: usize, after: usize, size: usize): void {
  for (let at: usize = 0; at < size; at += stride) packBlocks<T>(from + at, before + at, state + at, keys, false);
  for (let r = 0; r < 3; r++) {
    forward<T>(roundKey(keys, 1), 1, size);
    forward<T>(roundKey(keys, 2), 2, size);
    forward<T>(roundKey(keys, 3), 3, size);
    keys = roundKey(keys, 4);
    forward<T>(keys, 0, size);
  }
  forward<T>(roundKey(keys, 1), 1, size);
  forward<T>(keys, unmixed, size);
  const last = roundKey(keys, 2);
  for (let at: usize = 0; at < size; at += stride) unpackBlocks<T>(state + at, last, to + at, after + at, true);
}

function decrypt<T>(keys: usize, from: usize, before: usize, to: usize, after: usize, size: usize): void {
  const last = roundKey(keys, 14);
  for (let at: usize = 0; at < size; at += stride) packBlocks<T>(from + at, before + at, state + at, last, true);
  keys = roundKey(keys, 12);
  backward<T>(roundKey(keys, 1), 1, size);
  for (let r = 0; r < 3; r++) {
    backward<T>(keys, 0, size);
    keys -= 4 * stride;
    backward<T>(roundKey(keys, 3), 3, size);
    backward<T>(roundKey(keys, 2), 2, size);
    backward<T>(roundKey(keys, 1), 1, size);
  }
  backward<T>(keys, unmixed, size);
  for (let at: usize = 0; at < size; at += stride) unpackBlocks<T>(state + at, keys, to + at, after + at, false);
}

/** A round of the strip. */
@inline
function forward<T>(key: usize, phase: i32, size: usize): void {
  for (let q = state; q < state + size; q += stride) subBytes<T>(q, key, phase);
}

/** The inverse of a round, but that the S-box of the round before it is undone first. */
@inline
function backward<T>(key: usize, phase: i32, size: usize): void {
  for (let q = state; q < state + size; q += stride) inverseSubBytes<T>(q, key, phase);
}
