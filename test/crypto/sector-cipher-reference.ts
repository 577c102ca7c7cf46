/** What the tests of the sector ciphers share: how each is made, its parts, and what other people's code makes of a slot. */
import crypto from "node:crypto";
import { ecb, gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fromHex, toHex } from "../../src/bytes/hex.ts";
import { createNativeSectorCipher } from "../../src/crypto/native-sector-cipher.node.ts";
import {
  type SealingSuite,
  type SectorCipher,
  type SectorCipherOptions,
  sectorWords,
  suiteSizes,
} from "../../src/crypto/sector-cipher.ts";
import { createWasmSectorCipher } from "../../src/crypto/wasm-sector-cipher.ts";
import { pattern } from "./sha256-reference.ts";

export const suites: readonly SealingSuite[] = [
  "chacha20-poly1305",
  "aes-256-gcm",
  "aes-256-xts-hmac-sha256",
];
export const backends = ["simd", "scalar", "native"] as const;
export type Backend = (typeof backends)[number];
export const contracts: readonly { suite: SealingSuite; backend: Backend }[] = suites.flatMap((suite) =>
  backends.map((backend) => ({ suite, backend })),
);

export const create = (options: SectorCipherOptions, backend: Backend): Promise<SectorCipher> =>
  backend === "native" ? createNativeSectorCipher(options) : createWasmSectorCipher(options, backend);

export const keyOf = (suite: SealingSuite): Uint8Array => pattern(suiteSizes(suite).keySizeBytes);

/** The bytes of a part of a slot's descriptor. */
export function part(cipher: SectorCipher, slot: number, word: number, sizeBytes: number): Uint8Array {
  const { buffer, byteOffset } = cipher.descriptors;
  return new Uint8Array(buffer, byteOffset + 4 * (slot * sectorWords.perSlot + word), sizeBytes);
}

export function aadOf(cipher: SectorCipher, slot: number, sizeBytes: number): Uint8Array {
  const stride = 4 * Math.ceil(sizeBytes / 4);
  return new Uint8Array(cipher.aad.buffer, cipher.aad.byteOffset + slot * stride, sizeBytes);
}

export function sectorOf(bytes: Uint8Array, slot: number, size: number): Uint8Array {
  return bytes.subarray(slot * size, (slot + 1) * size);
}

export const nonceOf = (cipher: SectorCipher, slot: number): Uint8Array =>
  part(cipher, slot, sectorWords.nonce, 12);

export const tagOf = (cipher: SectorCipher, slot: number): Uint8Array =>
  part(cipher, slot, sectorWords.tag, cipher.tagSizeBytes);

/** Fills every slot with a nonce, aad and content of its own. */
export function fill(
  cipher: SectorCipher,
  { capacitySectors, aadSizeBytes }: Pick<SectorCipherOptions, "capacitySectors" | "aadSizeBytes">,
): void {
  for (let slot = 0; slot < capacitySectors; slot++) {
    nonceOf(cipher, slot).set(pattern(12).map((byte) => byte ^ slot));
    aadOf(cipher, slot, aadSizeBytes).set(pattern(aadSizeBytes).map((byte) => byte + slot));
  }
  for (let i = 0; i < cipher.plaintext.length; i++) cipher.plaintext[i] = (i * 7 + (i >> 9)) & 0xff;
}

/** Nonce ‖ zeros, as XTS takes it. */
const tweakOf = (cipher: SectorCipher, slot: number): Uint8Array => {
  const tweak = new Uint8Array(16);
  tweak.set(nonceOf(cipher, slot));
  return tweak;
};

/** What the HMAC of a sector is over, beside its ciphertext in the middle. */
function macParts(cipher: SectorCipher, slot: number, aadSizeBytes: number): [Uint8Array, Uint8Array] {
  const sizes = Buffer.alloc(16);
  sizes.writeUInt32LE(aadSizeBytes, 0);
  sizes.writeUInt32LE(cipher.sectorSizeBytes, 8);
  return [Buffer.concat([aadOf(cipher, slot, aadSizeBytes), tweakOf(cipher, slot)]), sizes];
}

/** What `node:crypto` makes of a slot: ciphertext and tag. */
export function sealedByNode(
  cipher: SectorCipher,
  slot: number,
  { key, aadSizeBytes }: { key: Uint8Array; aadSizeBytes: number },
): [string, string] {
  const plaintext = sectorOf(cipher.plaintext, slot, cipher.sectorSizeBytes);
  if (cipher.suite === "aes-256-xts-hmac-sha256") {
    const xts = crypto.createCipheriv("aes-256-xts", key.subarray(0, 64), tweakOf(cipher, slot));
    const encrypted = Buffer.concat([xts.update(plaintext), xts.final()]);
    const [before, after] = macParts(cipher, slot, aadSizeBytes);
    const mac = crypto.createHmac("sha256", key.subarray(64)).update(before).update(encrypted).update(after);
    return [toHex(encrypted), mac.digest("hex")];
  }
  const node = crypto.createCipheriv(cipher.suite as "aes-256-gcm", key, nonceOf(cipher, slot), {
    authTagLength: 16,
  });
  node.setAAD(aadOf(cipher, slot, aadSizeBytes), { plaintextLength: plaintext.length });
  const ciphertext = Buffer.concat([node.update(plaintext), node.final()]);
  return [toHex(ciphertext), toHex(node.getAuthTag())];
}

/** XTS of noble's block cipher, as IEEE 1619 writes it down, and noble's HMAC. */
function xtsHmacByNoble(
  cipher: SectorCipher,
  slot: number,
  plaintext: Uint8Array,
  key: Uint8Array,
  aadSizeBytes: number,
): string {
  const encrypt = (which: number, block: Uint8Array): Uint8Array =>
    ecb(key.subarray(32 * which, 32 * which + 32), { disablePadding: true }).encrypt(block);
  let tweak = BigInt(`0x${toHex(encrypt(1, tweakOf(cipher, slot)).reverse())}`);
  const ciphertext = new Uint8Array(plaintext.length);
  for (let at = 0; at < plaintext.length; at += 16) {
    const mask = fromHex(tweak.toString(16).padStart(32, "0")).reverse();
    const whitened = plaintext.slice(at, at + 16).map((byte, i) => byte ^ (mask[i] as number));
    ciphertext.set(
      encrypt(0, whitened).map((byte, i) => byte ^ (mask[i] as number)),
      at,
    );
    tweak = ((tweak << 1n) & ((1n << 128n) - 1n)) ^ (tweak >> 127n ? 0x87n : 0n);
  }
  const [before, after] = macParts(cipher, slot, aadSizeBytes);
  const mac = hmac.create(sha256, key.subarray(64)).update(before).update(ciphertext).update(after).digest();
  return toHex(ciphertext) + toHex(mac);
}

/** What noble makes of a slot's nonce and aad and of `plaintext`: ciphertext ‖ tag. */
export function sealedByNoble(
  cipher: SectorCipher,
  slot: number,
  plaintext: Uint8Array,
  { key, aadSizeBytes }: { key: Uint8Array; aadSizeBytes: number },
): string {
  if (cipher.suite === "aes-256-xts-hmac-sha256")
    return xtsHmacByNoble(cipher, slot, plaintext, key, aadSizeBytes);
  const make = cipher.suite === "aes-256-gcm" ? gcm : chacha20poly1305;
  return toHex(make(key, nonceOf(cipher, slot), aadOf(cipher, slot, aadSizeBytes)).encrypt(plaintext));
}
