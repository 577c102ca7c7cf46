/** What the tests of the sector ciphers share: how each is made, its parts, and what other people's code makes of a slot. */
import crypto from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { toHex } from "../../src/bytes/hex.ts";
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

export const suites: readonly SealingSuite[] = ["chacha20-poly1305", "aes-256-gcm"];
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

/** What `node:crypto` makes of a slot: ciphertext and tag. */
export function sealedByNode(
  cipher: SectorCipher,
  slot: number,
  { key, aadSizeBytes }: { key: Uint8Array; aadSizeBytes: number },
): [string, string] {
  const plaintext = sectorOf(cipher.plaintext, slot, cipher.sectorSizeBytes);
  const node = crypto.createCipheriv(cipher.suite as "aes-256-gcm", key, nonceOf(cipher, slot), {
    authTagLength: 16,
  });
  node.setAAD(aadOf(cipher, slot, aadSizeBytes), { plaintextLength: plaintext.length });
  const ciphertext = Buffer.concat([node.update(plaintext), node.final()]);
  return [toHex(ciphertext), toHex(node.getAuthTag())];
}

/** What noble makes of a slot's nonce and aad and of `plaintext`: ciphertext ‖ tag. */
export function sealedByNoble(
  cipher: SectorCipher,
  slot: number,
  plaintext: Uint8Array,
  { key, aadSizeBytes }: { key: Uint8Array; aadSizeBytes: number },
): string {
  const make = cipher.suite === "aes-256-gcm" ? gcm : chacha20poly1305;
  return toHex(make(key, nonceOf(cipher, slot), aadOf(cipher, slot, aadSizeBytes)).encrypt(plaintext));
}
