import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { digestSizeBytes, hashAlgorithms } from "../../src/crypto/algorithms.ts";
import type { BlockHasher, HashAlgorithm } from "../../src/crypto/block-hasher.ts";
import { createBlockHasher } from "../../src/crypto/create-block-hasher.ts";
import { StateError, UsageError } from "../../src/errors.ts";
import { blocksOf, digestsOf, pattern, type SaltPosition, saltPositions } from "./sha256-reference.ts";

/** OpenSSL's names, where they differ from veritysetup's. */
const opensslNames: Record<string, string> = {
  "blake2b-512": "blake2b512",
  "blake2s-256": "blake2s256",
};

const none = new Uint8Array(0);

describe.each(hashAlgorithms)("%s", (algorithm) => {
  const openssl = (salt: Uint8Array, position: SaltPosition, block: Uint8Array): string => {
    const [first, last] = position === "first" ? [salt, block] : [block, salt];
    return createHash(opensslNames[algorithm] ?? algorithm)
      .update(first)
      .update(last)
      .digest("hex");
  };

  async function filled(
    salt: Uint8Array,
    saltPosition: SaltPosition,
    capacityBytes: number,
  ): Promise<BlockHasher> {
    const hasher = await createBlockHasher({ algorithm, salt, saltPosition, capacityBytes });
    hasher.input.set(pattern(capacityBytes));
    return hasher;
  }

  test.each(saltPositions)("agrees with node:crypto, salt %s", async (position) => {
    const salt = pattern(37, 2);
    const hasher = await filled(salt, position, 8192);
    expect(hasher.digestSizeBytes).toBe(digestSizeBytes(algorithm));
    const expected = blocksOf(hasher, 512, 1024, 7).map((block) => openssl(salt, position, block));
    expect(digestsOf(hasher, 512, 1024, 7)).toEqual(expected);
    hasher.close();
  });

  test("agrees with node:crypto on whatever salt, size, number and place", async () => {
    const cases = fc.record({
      salt: fc.uint8Array({ maxLength: 256 }),
      position: fc.constantFrom(...saltPositions),
      size: fc.integer({ min: 0, max: 1500 }),
      count: fc.integer({ min: 0, max: 6 }),
      offset: fc.integer({ min: 0, max: 70 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ salt, position, size, count, offset }) => {
        const hasher = await filled(salt, position, offset + size * count + 6);
        const expected = blocksOf(hasher, offset, size, count).map((block) => openssl(salt, position, block));
        expect(digestsOf(hasher, offset, size, count)).toEqual(expected);
        hasher.close();
      }),
      { numRuns: 40 },
    );
  });

  test("hashes what it is lent, more than it holds itself, and leaves it as it was", async () => {
    const salt = pattern(21, 3);
    const hasher = await filled(salt, "first", 5000);
    const lent = pattern(23 * 700, 5);
    const before = lent.slice();
    const digests = hasher.digestLent(lent, 700, 23);
    const blocks = Array.from({ length: 23 }, (_, i) => before.subarray(i * 700, (i + 1) * 700));
    expect(toHex(digests)).toBe(blocks.map((block) => openssl(salt, "first", block)).join(""));
    expect(toHex(lent)).toBe(toHex(before));
    expect(() => hasher.digestLent(lent, 700, 24)).toThrow(UsageError);
    hasher.close();
    expect(() => hasher.digestLent(lent, 700, 1)).toThrow(StateError);
  });

  test("refuses blocks outside its input", async () => {
    const hasher = await filled(none, "first", 4096);
    for (const [offset, size, count] of [
      [1, 4096, 1],
      [-1, 1, 1],
      [0, 512, 9],
      [0, 512, -1],
      [0.5, 512, 1],
      [0, Number.NaN, 1],
      [0, 0, 2 ** 40],
    ] as const) {
      expect(() => hasher.digest(offset, size, count)).toThrow(UsageError);
    }
  });

  test("wipes its input on close, and is of no use then", async () => {
    const hasher = await filled(pattern(16), "first", 4096);
    hasher.close();
    hasher.close();
    expect(hasher.input.every((byte) => byte === 0)).toBe(true);
    expect(() => hasher.digest(0, 512, 1)).toThrow(StateError);
  });

  test("refuses salts and capacities that cannot be", async () => {
    const make = (saltSize: number, capacityBytes: number): Promise<BlockHasher> =>
      createBlockHasher({ algorithm, salt: pattern(saltSize), saltPosition: "first", capacityBytes });
    await expect(make(257, 64)).rejects.toThrow(UsageError);
    for (const capacity of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 52]) {
      await expect(make(32, capacity)).rejects.toThrow(UsageError);
    }
  });
});

test.each(["md5", "SHA256", "", "__proto__", "constructor"])("there is no algorithm %s", async (name) => {
  const algorithm = name as HashAlgorithm;
  await expect(
    createBlockHasher({ algorithm, salt: none, saltPosition: "first", capacityBytes: 64 }),
  ).rejects.toMatchObject({ name: "UsageError", code: "unsupported" });
});
