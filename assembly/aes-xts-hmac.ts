/**
 * AES-256-XTS, then HMAC-SHA-256 over what came of it, with keys of their own:
 * see `aes-xts.ts` and `sector-hmac.ts`. Opening checks a message's tag, all
 * 32 bytes of it, before it decrypts anything.
 */
import { aesKeyAddress } from "./aes-secrets";
import { decryptXts, encryptXts, setXtsKeys } from "./aes-xts";
import { descriptorBytes, isOpened, setStatus, tagAddress } from "./sector-descriptor";
import { hmacLanes, macSectors, setHmacKey } from "./sector-hmac";
import { copySmall, equalTags, fillSmall } from "./small-copies";

const tagBytes: i32 = 32;
const tags: usize = memory.data(4 * 32, 16);

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
  encryptXts(descriptors, count, from, fromStride, to, toStride, size);
  for (; count > 0; count -= hmacLanes) {
    const some = min(count, hmacLanes);
    macSectors(descriptors, some, to, toStride, size, tags);
    for (let i: usize = 0; i < (some as usize); i++) {
      copySmall(tagAddress(descriptors + i * descriptorBytes), tags + 32 * i, tagBytes);
    }
    descriptors += hmacLanes * descriptorBytes;
    to += hmacLanes * toStride;
  }
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
  let refused = 0;
  for (let at: usize = 0; at < (count as usize); at += hmacLanes) {
    const some = min(count - (at as i32), hmacLanes);
    macSectors(descriptors + at * descriptorBytes, some, from + at * fromStride, fromStride, size, tags);
    for (let i: usize = 0; i < (some as usize); i++) {
      const descriptor = descriptors + (at + i) * descriptorBytes;
      const good = equalTags(tags + 32 * i, tagAddress(descriptor), tagBytes);
      setStatus(descriptor, good);
      if (!good) refused++;
    }
  }
  openGood(descriptors, count, from, fromStride, to, toStride, size);
  return refused;
}

/** Decrypts runs of messages that were found true, and puts zeros for the others. */
function openGood(
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): void {
  for (let i = 0; i < count; ) {
    const start = i as usize;
    while (i < count && isOpened(descriptors + (i as usize) * descriptorBytes)) i++;
    const run = i - (start as i32);
    decryptXts(
      descriptors + start * descriptorBytes,
      run,
      from + start * fromStride,
      fromStride,
      to + start * toStride,
      toStride,
      size,
    );
    if (i == count) break;
    memory.fill(to + (i as usize) * toStride, 0, size);
    i++;
  }
}
