/**
 * Fixed-width integers in byte arrays, little- and big-endian. Offsets are in
 * bytes and must lie inside the array (callers check sizes first; a read past
 * the end is an `InvariantError`, never `undefined` turned into 0).
 */
import { InvariantError, invariant } from "../errors.ts";

const two32 = 0x1_0000_0000;

function checkAccess(bytes: Uint8Array, offset: number, size: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset + size <= bytes.length) return;
  throw new InvariantError(`codec access of ${size} bytes at ${offset} in ${bytes.length}`);
}

function view(bytes: Uint8Array, offset: number, size: number): DataView {
  checkAccess(bytes, offset, size);
  return new DataView(bytes.buffer, bytes.byteOffset + offset, size);
}

/** Reads 16 bits, unsigned, little-endian. */
export function readU16Le(bytes: Uint8Array, offset: number): number {
  checkAccess(bytes, offset, 2);
  return (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
}

/** Reads 32 bits, unsigned, little-endian. */
export function readU32Le(bytes: Uint8Array, offset: number): number {
  checkAccess(bytes, offset, 4);
  const low = (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
  const high = (bytes[offset + 2] as number) | ((bytes[offset + 3] as number) << 8);
  return (low | (high << 16)) >>> 0;
}

/** Reads 64 bits, unsigned, little-endian: a bigint, since the host may claim more than 2^53. */
export function readU64Le(bytes: Uint8Array, offset: number): bigint {
  return view(bytes, offset, 8).getBigUint64(0, true);
}

/** Reads 32 bits, unsigned, big-endian. */
export function readU32Be(bytes: Uint8Array, offset: number): number {
  return view(bytes, offset, 4).getUint32(0, false);
}

/** Reads 64 bits, unsigned, big-endian: a bigint, as `readU64Le`. */
export function readU64Be(bytes: Uint8Array, offset: number): bigint {
  return view(bytes, offset, 8).getBigUint64(0, false);
}

/** Writes the low 16 bits of `value`, little-endian. */
export function writeU16Le(bytes: Uint8Array, offset: number, value: number): void {
  checkAccess(bytes, offset, 2);
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
}

/** Writes the low 32 bits of `value`, little-endian. */
export function writeU32Le(bytes: Uint8Array, offset: number, value: number): void {
  checkAccess(bytes, offset, 4);
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}

/** Writes the low 32 bits of `value`, big-endian. */
export function writeU32Be(bytes: Uint8Array, offset: number, value: number): void {
  view(bytes, offset, 4).setUint32(0, value, false);
}

/** Writes a non-negative safe integer as 64 bits, big-endian. */
export function writeU64Be(bytes: Uint8Array, offset: number, value: number): void {
  invariant(Number.isSafeInteger(value) && value >= 0, `not a u64 from a safe integer: ${value}`);
  view(bytes, offset, 8).setBigUint64(0, BigInt(value), false);
}

/** Writes a non-negative safe integer as 64 bits, little-endian. */
export function writeU64Le(bytes: Uint8Array, offset: number, value: number): void {
  invariant(Number.isSafeInteger(value) && value >= 0, `not a u64 from a safe integer: ${value}`);
  const target = view(bytes, offset, 8);
  target.setUint32(0, value % two32, true);
  target.setUint32(4, Math.floor(value / two32), true);
}

/** True where every byte of `bytes` is zero. Not constant-time: for host-held bytes only. */
export function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
