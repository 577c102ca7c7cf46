/**
 * Sealing and opening by a cipher and a tag over what comes of it: how a suite
 * of the two goes through messages. Opening checks a message's tag, the whole
 * of it, before it decrypts anything.
 */
import { checkTag, descriptorBytes, tagAddress } from "./sector-descriptor";
import { copySmall } from "./small-copies";

/** Messages that are worked on together: not so many that they leave the nearer caches. */
export const batchMessages: i32 = 16;
const tags: usize = memory.data(16 * 32, 16);

/** Encrypts or decrypts messages; its parameters are those of `sealChaCha`. */
export type Crypt = (
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
) => void;

/** Puts the tags of up to `batchMessages` messages whose ciphertexts are at `data` to `tags`, one after the other. */
export type MakeTags = (
  descriptors: usize,
  count: i32,
  data: usize,
  stride: usize,
  size: i32,
  tags: usize,
) => void;

/** Seals messages; see `sealChaCha`. */
export function sealMessages(
  encrypt: Crypt,
  makeTags: MakeTags,
  tagBytes: i32,
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): void {
  for (let at: usize = 0; at < (count as usize); at += batchMessages) {
    const some = min(count - (at as i32), batchMessages);
    const batch = descriptors + at * descriptorBytes;
    const sealed = to + at * toStride;
    encrypt(batch, some, from + at * fromStride, fromStride, sealed, toStride, size);
    makeTags(batch, some, sealed, toStride, size, tags);
    for (let i: usize = 0; i < (some as usize); i++) {
      copySmall(tagAddress(batch + i * descriptorBytes), tags + i * (tagBytes as usize), tagBytes);
    }
  }
}

/** Opens messages; see `openChaCha`. */
export function openMessages(
  decrypt: Crypt,
  makeTags: MakeTags,
  tagBytes: i32,
  descriptors: usize,
  count: i32,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  size: i32,
): i32 {
  let refused = 0;
  for (let at: usize = 0; at < (count as usize); at += batchMessages) {
    const some = min(count - (at as i32), batchMessages);
    const batch = descriptors + at * descriptorBytes;
    const sealed = from + at * fromStride;
    const opened = to + at * toStride;
    makeTags(batch, some, sealed, fromStride, size, tags);
    let good: usize = 0;
    for (let i: usize = 0; i < (some as usize); i++) {
      if (checkTag(batch + i * descriptorBytes, tags + i * (tagBytes as usize), tagBytes)) continue;
      decrypt(
        batch + good * descriptorBytes,
        (i - good) as i32,
        sealed + good * fromStride,
        fromStride,
        opened + good * toStride,
        toStride,
        size,
      );
      memory.fill(opened + i * toStride, 0, size);
      good = i + 1;
      refused++;
    }
    decrypt(
      batch + good * descriptorBytes,
      some - (good as i32),
      sealed + good * fromStride,
      fromStride,
      opened + good * toStride,
      toStride,
      size,
    );
  }
  return refused;
}
