/**
 * AES-256-XTS, then HMAC-SHA-256 over what came of it, with keys of their own:
 * see `aes-xts.ts` and `sector-hmac.ts`.
 */
import { aesKeyAddress } from "./aes-secrets";
import { decryptXts, encryptXts, setXtsKeys } from "./aes-xts";
import { openMessages, sealMessages } from "./encrypt-then-mac";
import { macSectors, setHmacKey } from "./sector-hmac";
import { fillSmall } from "./small-copies";

const tagBytes: i32 = 32;

/** Takes the three keys at `aesKeyAddress`: for data, tweaks and tags. */
export function setXtsHmacKeys(): void {
  setXtsKeys();
  const key = aesKeyAddress() + 64;
  setHmacKey(key);
  fillSmall(key, 32);
}

/** Seals messages; see `sealChaCha`. Descriptors have a tweak of 16 bytes and take tags of 32. */
export function sealXtsHmac(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): void {
  sealMessages(encryptXts, macSectors, tagBytes, descriptors, count, from, fromStride, to, toStride, size);
}

/** Opens messages; see `openChaCha`. */
export function openXtsHmac(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): i32 {
  return openMessages(decryptXts, macSectors, tagBytes, descriptors, count, from, fromStride, to, toStride, size);
}
