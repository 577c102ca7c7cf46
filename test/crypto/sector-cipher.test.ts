import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes/hex.ts";
import { createSectorCipher } from "../../src/crypto/create-sector-cipher.ts";
import { type SealingSuite, sectorWords, suiteSizes } from "../../src/crypto/sector-cipher.ts";
import { StateError, UsageError } from "../../src/errors.ts";
import aesGcm from "../vectors/wycheproof/aes_gcm.json" with { type: "json" };
import chaCha from "../vectors/wycheproof/chacha20_poly1305.json" with { type: "json" };
import {
  aadOf,
  backends,
  contracts,
  create,
  fill,
  keyOf,
  nonceOf,
  sealedByNoble,
  sealedByNode,
  sectorOf,
  tagOf,
} from "./sector-cipher-reference.ts";
import { pattern } from "./sha256-reference.ts";

const sizes = { sectorSizeBytes: 4096, capacitySectors: 9, aadSizeBytes: 20 };
const lengths = [
  1, 15, 16, 17, 32, 48, 63, 64, 65, 80, 127, 128, 129, 255, 256, 257, 496, 512, 528, 1000, 4096,
];

const random = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size));

/** A suite's Wycheproof vectors with keys and nonces of its sizes. */
const vectors = (
  [
    ["chacha20-poly1305", chaCha],
    ["aes-256-gcm", aesGcm],
  ] as const
).flatMap(([suite, { testGroups }]) =>
  testGroups
    .filter(({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128)
    .flatMap(({ tests }) => tests.map((vector) => ({ suite, ...vector }))),
);

describe.each(backends)("Wycheproof by %s", (backend) => {
  test.each(vectors)(
    "$suite $tcId: $result $comment",
    async ({ suite, key, iv, aad, msg, ct, tag, result }) => {
      const aadSizeBytes = aad.length / 2;
      const made = {
        suite,
        sectorSizeBytes: msg.length / 2,
        capacitySectors: 1,
        aadSizeBytes,
        key: fromHex(key),
      };
      const cipher = await create(made, backend);
      nonceOf(cipher, 0).set(fromHex(iv));
      aadOf(cipher, 0, aadSizeBytes).set(fromHex(aad));
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
});

describe.each(contracts)("$suite by $backend", ({ suite, backend }) => {
  const options = { suite, ...sizes, key: keyOf(suite) };

  test.each([1024, 2048, 8192, 16_384, 32_768, 65_536])(
    "seals sectors of %i bytes as node:crypto does under any key, nonce and aad, and opens them again",
    async (sectorSizeBytes) => {
      const key = random(suiteSizes(suite).keySizeBytes);
      const made = { suite, key, sectorSizeBytes, capacitySectors: 4, aadSizeBytes: 20 };
      const cipher = await create(made, backend);
      for (let slot = 0; slot < 4; slot++) {
        nonceOf(cipher, slot).set(random(12));
        aadOf(cipher, slot, 20).set(random(20));
        sectorOf(cipher.plaintext, slot, sectorSizeBytes).set(random(sectorSizeBytes));
      }
      const plaintext = cipher.plaintext.slice();
      cipher.seal(0, 4);
      for (let slot = 0; slot < 4; slot++) {
        const sealed = toHex(sectorOf(cipher.ciphertext, slot, sectorSizeBytes));
        expect([sealed, toHex(tagOf(cipher, slot))]).toEqual(sealedByNode(cipher, slot, made));
      }
      cipher.plaintext.fill(9);
      expect(cipher.open(0, 4)).toBe(0);
      expect(Buffer.compare(cipher.plaintext, plaintext)).toBe(0);
      cipher.close();
    },
  );

  test.each(lengths.filter((length) => length % suiteSizes(suite).sectorUnitBytes === 0))(
    "seals sectors of %i bytes as node:crypto and noble do, and opens them again",
    async (sectorSizeBytes) => {
      for (const [capacitySectors, aadSizeBytes] of [
        [9, 0],
        [2, 1],
        [1, 16],
        [18, 20],
        [3, 33],
      ] as const) {
        const made = { ...options, sectorSizeBytes, capacitySectors, aadSizeBytes };
        const cipher = await create(made, backend);
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
        const noble = sealedByNoble(cipher, 0, sectorOf(plaintext, 0, sectorSizeBytes), made);
        expect(noble).toBe(expected[0]?.join(""));
        cipher.plaintext.fill(9);
        expect(cipher.open(0, made.capacitySectors)).toBe(0);
        expect(toHex(cipher.plaintext)).toBe(toHex(plaintext));
        cipher.close();
      }
    },
  );

  test("works on any run of slots and leaves the others alone", async () => {
    const cipher = await create(options, backend);
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
    const made = { ...options, sectorSizeBytes: 272, capacitySectors: 5 };
    const cipher = await create(made, backend);
    fill(cipher, made);
    const plaintext = cipher.plaintext.slice();
    cipher.seal(0, 5);
    const parts = [
      sectorOf(cipher.ciphertext, 1, 272),
      tagOf(cipher, 1),
      nonceOf(cipher, 1),
      aadOf(cipher, 1, 20),
    ];
    for (const bytes of parts) {
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(cipher.open(0, 5)).toBe(1);
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

  test("opens what is true among what is not, wherever it stands", async () => {
    const made = { ...options, sectorSizeBytes: 32, capacitySectors: 35 };
    const cipher = await create(made, backend);
    fill(cipher, made);
    const plaintext = cipher.plaintext.slice();
    cipher.seal(0, 35);
    const refusals = fc.array(fc.boolean(), { minLength: 35, maxLength: 35 });
    fc.assert(
      fc.property(refusals, (spoilt) => {
        const flip = (): void => {
          for (const [slot, bad] of spoilt.entries())
            if (bad) tagOf(cipher, slot).set([(tagOf(cipher, slot)[0] as number) ^ 1]);
        };
        flip();
        expect(cipher.open(0, 35)).toBe(spoilt.filter(Boolean).length);
        flip();
        for (const [slot, bad] of spoilt.entries()) {
          const opened = toHex(sectorOf(cipher.plaintext, slot, 32));
          expect(opened).toBe(bad ? "00".repeat(32) : toHex(sectorOf(plaintext, slot, 32)));
          expect(cipher.descriptors[slot * 16 + sectorWords.status]).toBe(bad ? 0 : 1);
        }
      }),
      { numRuns: 30 },
    );
    cipher.close();
  });

  test.each([...lengths, 65_536].filter((length) => length % suiteSizes(suite).sectorUnitBytes === 0))(
    "gives the same in place as beside, sectors of %i bytes, true ones and others",
    async (sectorSizeBytes) => {
      const capacitySectors = sectorSizeBytes > 4096 ? 3 : 18;
      const made = { ...options, sectorSizeBytes, capacitySectors };
      const beside = await create(made, backend);
      const inPlace = await create({ ...made, inPlace: true }, backend);
      const ciphers = [beside, inPlace];
      const slots = Array.from({ length: capacitySectors }, (_, slot) => slot);
      for (const cipher of ciphers) {
        fill(cipher, made);
        cipher.seal(0, capacitySectors);
      }
      expect(inPlace.ciphertext.byteOffset).toBe(inPlace.plaintext.byteOffset);
      expect(inPlace.ciphertext.buffer).toBe(inPlace.plaintext.buffer);
      expect(Buffer.compare(inPlace.ciphertext, beside.ciphertext)).toBe(0);
      for (const slot of slots) expect(tagOf(inPlace, slot)).toEqual(tagOf(beside, slot));
      const spoilt = slots.filter((slot) => slot % 3 === 1);
      for (const cipher of ciphers) {
        for (const slot of spoilt) tagOf(cipher, slot).fill(1);
        expect(cipher.open(0, capacitySectors)).toBe(spoilt.length);
      }
      expect(Buffer.compare(inPlace.plaintext, beside.plaintext)).toBe(0);
      beside.close();
      inPlace.close();
    },
  );

  test("has a key of its own unless one is given, and wipes everything on close", async () => {
    const { key: _, ...keyless } = options;
    const [a, b] = await Promise.all([create(keyless, backend), create(keyless, backend)]);
    for (const cipher of [a, b]) {
      fill(cipher, options);
      cipher.seal(0, 9);
    }
    expect(toHex(a.ciphertext)).not.toBe(toHex(b.ciphertext));
    const memories = [a.plaintext, a.ciphertext, a.descriptors, a.aad].map(
      ({ buffer }) => new Uint8Array(buffer),
    );
    a.close();
    a.close();
    for (const memory of memories) expect(memory.every((byte) => byte === 0)).toBe(true);
    expect(() => a.seal(0, 1)).toThrow(StateError);
    expect(() => a.open(0, 1)).toThrow(StateError);
    b.close();
  });
});

test.each(contracts)("$suite by $backend refuses slots that are not there", async ({ suite, backend }) => {
  const cipher = await create({ suite, ...sizes }, backend);
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
});

test.each(contracts)("$suite by $backend refuses options that cannot be", async ({ suite, backend }) => {
  for (const wrong of [
    { sectorSizeBytes: 65_537 },
    { sectorSizeBytes: -1 },
    { capacitySectors: 0 },
    { aadSizeBytes: 1025 },
    { key: pattern(31) },
  ]) {
    await expect(create({ suite, ...sizes, ...wrong }, backend)).rejects.toMatchObject({
      code: "invalid-argument",
      at: { field: Object.keys(wrong)[0] },
    });
  }
});

test.each([0, 1, 15, 17, 4095])("XTS refuses sectors of %i bytes", async (sectorSizeBytes) => {
  const options = { suite: "aes-256-xts-hmac-sha256", ...sizes, sectorSizeBytes } as const;
  await expect(createSectorCipher(options)).rejects.toMatchObject({
    code: "invalid-argument",
    at: { field: "sectorSizeBytes" },
  });
});

test("a suite that there is not is refused, whatever its name", async () => {
  for (const suite of ["aes-128-gcm", "", "constructor", "__proto__"] as string[] as SealingSuite[]) {
    await expect(createSectorCipher({ suite, ...sizes })).rejects.toMatchObject({ code: "unsupported" });
  }
});
