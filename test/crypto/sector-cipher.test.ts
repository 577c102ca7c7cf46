import crypto from "node:crypto";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes/hex.ts";
import { type SectorCipher, type SectorCipherOptions, sectorWords } from "../../src/crypto/sector-cipher.ts";
import { createWasmSectorCipher } from "../../src/crypto/wasm-sector-cipher.ts";
import { StateError, UsageError } from "../../src/errors.ts";
import wycheproof from "../vectors/wycheproof/chacha20_poly1305.json" with { type: "json" };
import { coreKinds, pattern } from "./sha256-reference.ts";

const options = {
  suite: "chacha20-poly1305",
  sectorSizeBytes: 4096,
  capacitySectors: 9,
  aadSizeBytes: 20,
  key: pattern(32),
} as const satisfies SectorCipherOptions;

/** The bytes of a part of a slot's descriptor. */
function part(cipher: SectorCipher, slot: number, word: number, sizeBytes: number): Uint8Array {
  const { buffer, byteOffset } = cipher.descriptors;
  return new Uint8Array(buffer, byteOffset + 4 * (slot * sectorWords.perSlot + word), sizeBytes);
}

function aadOf(cipher: SectorCipher, slot: number, sizeBytes: number): Uint8Array {
  const stride = 4 * Math.ceil(sizeBytes / 4);
  return new Uint8Array(cipher.aad.buffer, cipher.aad.byteOffset + slot * stride, sizeBytes);
}

function sectorOf(bytes: Uint8Array, slot: number, size: number): Uint8Array {
  return bytes.subarray(slot * size, (slot + 1) * size);
}

/** Fills every slot with a nonce, aad and content of its own. */
function fill(cipher: SectorCipher, { capacitySectors, aadSizeBytes }: SectorCipherOptions): void {
  for (let slot = 0; slot < capacitySectors; slot++) {
    part(cipher, slot, sectorWords.nonce, 12).set(pattern(12).map((byte) => byte ^ slot));
    aadOf(cipher, slot, aadSizeBytes).set(pattern(aadSizeBytes).map((byte) => byte + slot));
  }
  for (let i = 0; i < cipher.plaintext.length; i++) cipher.plaintext[i] = (i * 7 + (i >> 9)) & 0xff;
}

/** What `node:crypto` makes of a slot: ciphertext and tag. */
function sealedByNode(cipher: SectorCipher, slot: number, made: SectorCipherOptions): [string, string] {
  const node = crypto.createCipheriv(
    "chacha20-poly1305",
    made.key as Uint8Array,
    part(cipher, slot, sectorWords.nonce, 12),
    { authTagLength: 16 },
  );
  const plaintext = sectorOf(cipher.plaintext, slot, made.sectorSizeBytes);
  node.setAAD(aadOf(cipher, slot, made.aadSizeBytes), { plaintextLength: plaintext.length });
  const ciphertext = Buffer.concat([node.update(plaintext), node.final()]);
  return [toHex(ciphertext), toHex(node.getAuthTag())];
}

const tagOf = (cipher: SectorCipher, slot: number): Uint8Array => part(cipher, slot, sectorWords.tag, 16);

describe.each(coreKinds)("ChaCha20-Poly1305 on the %s core", (kind) => {
  test.each(wycheproof.testGroups.filter(({ ivSize }) => ivSize === 96).flatMap(({ tests }) => tests))(
    "Wycheproof $tcId: $result $comment",
    async ({ key, iv, aad, msg, ct, tag, result }) => {
      const made = {
        suite: "chacha20-poly1305",
        sectorSizeBytes: msg.length / 2,
        capacitySectors: 1,
        aadSizeBytes: aad.length / 2,
        key: fromHex(key),
      } as const;
      const cipher = await createWasmSectorCipher(made, kind);
      part(cipher, 0, sectorWords.nonce, 12).set(fromHex(iv));
      aadOf(cipher, 0, made.aadSizeBytes).set(fromHex(aad));
      cipher.ciphertext.set(fromHex(ct));
      tagOf(cipher, 0).set(fromHex(tag));
      const valid = result === "valid";
      expect(cipher.open(0, 1)).toBe(valid ? 0 : 1);
      expect(cipher.descriptors[sectorWords.status]).toBe(valid ? 1 : 0);
      expect(toHex(cipher.plaintext)).toBe(valid ? msg : "00".repeat(made.sectorSizeBytes));
      if (valid) {
        cipher.ciphertext.fill(0);
        tagOf(cipher, 0).fill(0);
        cipher.seal(0, 1);
        expect(toHex(cipher.ciphertext) + toHex(tagOf(cipher, 0))).toBe(ct + tag);
      }
      cipher.close();
    },
  );

  test.each([1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 512, 1000, 4096, 65_536])(
    "seals sectors of %i bytes as node:crypto and noble do, and opens them again",
    async (sectorSizeBytes) => {
      for (const aadSizeBytes of [0, 1, 16, 20, 33]) {
        const made = { ...options, sectorSizeBytes, aadSizeBytes };
        const cipher = await createWasmSectorCipher(made, kind);
        fill(cipher, made);
        const plaintext = cipher.plaintext.slice();
        const expected = Array.from({ length: made.capacitySectors }, (_, i) =>
          sealedByNode(cipher, i, made),
        );
        cipher.seal(0, made.capacitySectors);
        const sealed = expected.map((_, slot) => [
          toHex(sectorOf(cipher.ciphertext, slot, sectorSizeBytes)),
          toHex(tagOf(cipher, slot)),
        ]);
        expect(sealed).toEqual(expected);
        const noble = chacha20poly1305(
          made.key,
          part(cipher, 0, sectorWords.nonce, 12),
          aadOf(cipher, 0, aadSizeBytes),
        );
        expect(toHex(noble.encrypt(sectorOf(plaintext, 0, sectorSizeBytes)))).toBe(expected[0]?.join(""));
        cipher.plaintext.fill(9);
        expect(cipher.open(0, made.capacitySectors)).toBe(0);
        expect(toHex(cipher.plaintext)).toBe(toHex(plaintext));
        cipher.close();
      }
    },
  );

  test("works on any run of slots and leaves the others alone", async () => {
    const cipher = await createWasmSectorCipher(options, kind);
    const runs = fc.tuple(fc.nat(9), fc.nat(9)).filter(([first, count]) => first + count <= 9);
    fc.assert(
      fc.property(runs, ([first, count]) => {
        fill(cipher, options);
        cipher.ciphertext.fill(0xee);
        cipher.seal(first, count);
        for (let slot = 0; slot < 9; slot++) {
          const sealed = toHex(sectorOf(cipher.ciphertext, slot, 4096));
          if (slot < first || slot >= first + count) expect(sealed).toBe("ee".repeat(4096));
          else expect([sealed, toHex(tagOf(cipher, slot))]).toEqual(sealedByNode(cipher, slot, options));
        }
      }),
      { numRuns: 30 },
    );
    cipher.close();
  });

  test("refuses any flipped bit of ciphertext, tag, nonce and aad, gives zeros for it, and opens the others", async () => {
    const made = { ...options, sectorSizeBytes: 272, capacitySectors: 3 };
    const cipher = await createWasmSectorCipher(made, kind);
    fill(cipher, made);
    const plaintext = cipher.plaintext.slice();
    cipher.seal(0, 3);
    const parts = [
      sectorOf(cipher.ciphertext, 1, 272),
      tagOf(cipher, 1),
      part(cipher, 1, sectorWords.nonce, 12),
      aadOf(cipher, 1, 20),
    ];
    for (const bytes of parts) {
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(cipher.open(0, 3)).toBe(1);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(sectorOf(cipher.plaintext, 1, 272).every((byte) => byte === 0)).toBe(true);
        expect(toHex(sectorOf(cipher.plaintext, 2, 272))).toBe(toHex(sectorOf(plaintext, 2, 272)));
        expect([0, 1, 2].map((slot) => cipher.descriptors[slot * 16 + sectorWords.status])).toEqual([
          1, 0, 1,
        ]);
      }
    }
    cipher.close();
  });

  test("has a key of its own unless one is given, and wipes everything on close", async () => {
    const { key: _, ...keyless } = options;
    const [a, b] = await Promise.all([
      createWasmSectorCipher(keyless, kind),
      createWasmSectorCipher(keyless, kind),
    ]);
    for (const cipher of [a, b]) {
      fill(cipher, options);
      cipher.seal(0, 9);
    }
    expect(toHex(a.ciphertext)).not.toBe(toHex(b.ciphertext));
    const memory = new Uint8Array(a.plaintext.buffer);
    a.close();
    a.close();
    expect(memory.every((byte) => byte === 0)).toBe(true);
    expect(() => a.seal(0, 1)).toThrow(StateError);
    expect(() => a.open(0, 1)).toThrow(StateError);
    b.close();
  });
});

test("slots that are not there and options that cannot be are refused", async () => {
  const cipher = await createWasmSectorCipher(options);
  for (const [first, count] of [
    [-1, 1],
    [9, 1],
    [0, 10],
    [0.5, 1],
    [0, Number.NaN],
  ] as const) {
    expect(() => cipher.seal(first, count)).toThrow(UsageError);
    expect(() => cipher.open(first, count)).toThrow(UsageError);
  }
  for (const wrong of [
    { sectorSizeBytes: 65_537 },
    { sectorSizeBytes: -1 },
    { capacitySectors: 0 },
    { aadSizeBytes: 1025 },
    { key: pattern(31) },
  ]) {
    await expect(createWasmSectorCipher({ ...options, ...wrong })).rejects.toMatchObject({
      code: "invalid-argument",
      at: { field: Object.keys(wrong)[0] },
    });
  }
});
