/** AES on the core by itself: its S-boxes and counter mode, as no suite shows them. */
import { createCipheriv } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes/hex.ts";
import { Core } from "../../src/crypto/core.ts";
import aesXts from "../vectors/wycheproof/aes_xts.json" with { type: "json" };
import { coreKinds, pattern } from "./sha256-reference.ts";

/** The product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** FIPS 197, section 5.1.1: the inverse, and an affine map of its bits. */
function substitute(byte: number): number {
  let inverse = 0;
  for (let i = 1; i < 256; i++) if (multiply(byte, i) === 1) inverse = i;
  const turned = [0, 1, 2, 3, 4].map((n) => ((inverse << n) | (inverse >> (8 - n))) & 0xff);
  return turned.reduce((sum, bits) => sum ^ bits, 0x63);
}

/** Those with two keys of 256 bits and whole blocks: sectors need no ciphertext stealing, and there is none. */
const xtsVectors = aesXts.testGroups
  .filter(({ keySize }) => keySize === 512)
  .flatMap(({ tests }) => tests)
  .filter(({ msg, iv }) => msg.length > 0 && msg.length % 32 === 0 && iv.length <= 32);

const sectorSizes = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];
const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
const constant = 0x63;

describe.each(coreKinds)("AES-256 on the %s core", (kind) => {
  test("has the S-box of FIPS 197 for every byte, but for the constant, and its inverse", async () => {
    const core = await Core.create(1024, kind);
    const group = kind === "simd" ? 128 : 64;
    core.bytes.set(everyByte, core.base);
    core.bytes.set(
      everyByte.map((byte) => substitute(byte) ^ constant),
      core.base + 512,
    );
    for (let i = 0; i < 256; i += group) {
      core.exports.subGroup(core.base + i, core.base + 256 + i);
      core.exports.inverseSubGroup(core.base + 512 + i, core.base + 768 + i);
    }
    const boxed = core.bytes.slice(core.base + 256, core.base + 512);
    expect([...boxed].map((byte) => byte ^ constant)).toEqual([...everyByte].map(substitute));
    expect([...core.bytes.slice(core.base + 768, core.base + 1024)]).toEqual([...everyByte]);
  });

  test.each([1, 16, 63, 127, 128, 129, 255, 256, 257, 496, 511, 513, ...sectorSizes, 4097])(
    "makes the keystream of counter mode for %i bytes as node:crypto does",
    async (size) => {
      const core = await Core.create(2 ** 17 + 16, kind);
      const key = pattern(32);
      // The increment does not carry out of the last four bytes, which so many blocks do not reach.
      const block = pattern(16, 3).fill(0, 12, 13);
      core.bytes.set(key, core.exports.aesKeyAddress());
      core.exports.setGcmKey();
      core.bytes.set(block, core.base);
      const from = core.base + 16;
      core.bytes.set(pattern(size, 5), from);
      core.exports.applyCtr(core.base, from, from + 65_536, size);
      const expected = createCipheriv("aes-256-ctr", key, block).update(pattern(size, 5));
      expect(toHex(core.bytes.slice(from + 65_536, from + 65_536 + size))).toBe(toHex(expected));
    },
  );

  test("counts modulo 2^32, as SP 800-38D says, and leaves the other bytes of the counter alone", async () => {
    const core = await Core.create(1024, kind);
    const key = pattern(32);
    core.bytes.set(key, core.exports.aesKeyAddress());
    core.exports.setGcmKey();
    core.bytes.set(pattern(16).fill(0xff, 12), core.base);
    core.exports.applyCtr(core.base, core.base + 64, core.base + 512, 32);
    const wrapped = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    const blocks = [pattern(16).fill(0xff, 12), pattern(16).fill(0, 12)];
    expect(toHex(core.bytes.slice(core.base + 512, core.base + 544))).toBe(
      blocks.map((block) => toHex(wrapped.update(block))).join(""),
    );
  });

  test.each(xtsVectors)("Wycheproof XTS $tcId: $comment", async ({ key, iv, msg, ct, result }) => {
    const core = await Core.create(4096, kind);
    const size = msg.length / 2;
    core.bytes.set(fromHex(key), core.exports.aesKeyAddress());
    core.exports.setXtsKeys();
    const tweak = new Uint8Array(16);
    tweak.set(fromHex(iv));
    core.bytes.set(tweak, core.base);
    core.bytes.set(fromHex(msg), core.base + 64);
    core.exports.encryptXts(core.base, 1, core.base + 64, size, core.base + 1024, size, size);
    core.exports.decryptXts(core.base, 1, core.base + 1024, size, core.base + 2048, size, size);
    const valid = result === "valid";
    expect(toHex(core.bytes.slice(core.base + 1024, core.base + 1024 + size)) === ct).toBe(valid);
    expect(toHex(core.bytes.slice(core.base + 2048, core.base + 2048 + size))).toBe(msg);
  });

  test.each([16, 112, 128, 144, 256, 272, 496, 528, ...sectorSizes])(
    "encrypts sectors of %i bytes with XTS as node:crypto does, and decrypts them",
    async (size) => {
      // The tweaks of 32 sectors are encrypted together, of 16 without SIMD.
      for (const count of size <= 512 ? [1, 3, 8, 9, 17, 33] : [1, 3]) {
        const core = await Core.create(64 * 33 + 3 * count * size, kind);
        const key = pattern(64);
        core.bytes.set(key, core.exports.aesKeyAddress());
        core.exports.setXtsKeys();
        const plaintext = pattern(count * size, 7);
        const [from, to, back] = [0, 1, 2].map((i) => core.base + 64 * 33 + i * count * size) as [
          number,
          number,
          number,
        ];
        core.bytes.set(plaintext, from);
        for (let i = 0; i < count; i++) core.bytes.set(pattern(16, i + 1), core.base + 64 * i);
        core.exports.encryptXts(core.base, count, from, size, to, size, size);
        core.exports.decryptXts(core.base, count, to, size, back, size, size);
        for (let i = 0; i < count; i++) {
          const xts = createCipheriv("aes-256-xts", key, pattern(16, i + 1));
          const expected = toHex(xts.update(plaintext.subarray(i * size, (i + 1) * size)));
          expect(toHex(core.bytes.slice(to + i * size, to + (i + 1) * size))).toBe(expected);
        }
        expect(toHex(core.bytes.slice(back, back + count * size))).toBe(toHex(plaintext));
      }
    },
  );

  test("keeps no raw key once it has been expanded", async () => {
    const core = await Core.create(64, kind);
    const key = pattern(32);
    core.bytes.set(key, core.exports.aesKeyAddress());
    core.exports.setGcmKey();
    const memory = toHex(core.bytes);
    expect(memory).not.toContain(toHex(key.subarray(0, 16)));
    expect(memory).not.toContain(toHex(key.subarray(16)));
  });

  test("keeps none of the three raw keys of XTS and HMAC", async () => {
    const core = await Core.create(64, kind);
    const keys = pattern(96);
    core.bytes.set(keys, core.exports.aesKeyAddress());
    core.exports.setXtsHmacKeys();
    const memory = toHex(core.bytes);
    for (let at = 0; at < 96; at += 16) expect(memory).not.toContain(toHex(keys.subarray(at, at + 16)));
  });
});
