import { createHash, createHmac } from "node:crypto";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import type { BlockHasher } from "../../src/crypto/block-hasher.ts";
import { Core } from "../../src/crypto/core.ts";
import { createHmacSha256Hasher, createSha256Hasher } from "../../src/crypto/sha256-hasher.ts";
import { StateError, UsageError } from "../../src/errors.ts";
import wycheproof from "../vectors/wycheproof/hmac_sha256.json" with { type: "json" };

const positions = ["first", "last"] as const;

/** Bytes that differ everywhere, the same on every run. */
function pattern(size: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

function reference(salt: Uint8Array, position: "first" | "last", block: Uint8Array): string {
  const hash = sha256.create();
  return toHex(
    (position === "first" ? hash.update(salt).update(block) : hash.update(block).update(salt)).digest(),
  );
}

function digestsOf(hasher: BlockHasher, offsetBytes: number, size: number, count: number): string[] {
  const digests = hasher.digest(offsetBytes, size, count);
  expect(digests.length).toBe(32 * count);
  return Array.from({ length: count }, (_, i) => toHex(digests.subarray(32 * i, 32 * (i + 1))));
}

describe.each(["simd", "scalar"] as const)("the %s module", (kind) => {
  const make = (salt: Uint8Array, saltPosition: "first" | "last", capacityBytes: number) =>
    createSha256Hasher({ salt, saltPosition, capacityBytes }, kind);

  async function expectDigests(
    salt: Uint8Array,
    position: "first" | "last",
    size: number,
    count: number,
    offset: number,
  ): Promise<void> {
    const hasher = await make(salt, position, offset + size * count + 1);
    hasher.input.set(pattern(hasher.input.length, size + 7));
    const expected = Array.from({ length: count }, (_, i) =>
      reference(salt, position, hasher.input.subarray(offset + i * size, offset + (i + 1) * size)),
    );
    expect(digestsOf(hasher, offset, size, count)).toEqual(expected);
    hasher.close();
  }

  test("hashes the example messages of FIPS 180-4", async () => {
    const hasher = await make(new Uint8Array(0), "first", 256);
    for (const [message, digest] of [
      ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
      ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
      [
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      ],
    ] as const) {
      const bytes = new TextEncoder().encode(message);
      hasher.input.set(bytes);
      expect(toHex(hasher.digest(0, bytes.length, 1))).toBe(digest);
    }
  });

  test.each(positions)("agrees with noble on every size from 0 to 300, salt %s", async (position) => {
    for (let size = 0; size <= 300; size++) await expectDigests(pattern(32), position, size, 5, size % 7);
  });

  test.each(positions)("agrees with noble on every salt from 0 to 256 bytes, salt %s", async (position) => {
    for (let salt = 0; salt <= 256; salt++) await expectDigests(pattern(salt, 3), position, 512, 4, 0);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 256, 4096, 4097, 9000])("hashes %s blocks", async (count) => {
    const size = count > 256 ? 16 : 4096;
    await expectDigests(pattern(32), "first", size, count, 3);
  });

  test("agrees with node:crypto on whatever mix of sizes", async () => {
    const cases = fc.record({
      salt: fc.uint8Array({ maxLength: 256 }),
      position: fc.constantFrom(...positions),
      size: fc.integer({ min: 0, max: 1500 }),
      count: fc.integer({ min: 1, max: 9 }),
      offset: fc.integer({ min: 0, max: 70 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ salt, position, size, count, offset }) => {
        const hasher = await make(salt, position, offset + size * count + 1);
        hasher.input.set(pattern(hasher.input.length, size));
        const blocks = Array.from({ length: count }, (_, i) =>
          hasher.input.slice(offset + i * size, offset + (i + 1) * size),
        );
        const expected = blocks.map((block) =>
          createHash("sha256")
            .update(position === "first" ? salt : block)
            .update(position === "first" ? block : salt)
            .digest("hex"),
        );
        expect(digestsOf(hasher, offset, size, count)).toEqual(expected);
        hasher.close();
      }),
      { numRuns: 300 },
    );
  });

  test("leaves the input as it was, and its view valid, over many calls", async () => {
    const hasher = await make(pattern(32), "first", 8192);
    const bytes = pattern(8192);
    hasher.input.set(bytes);
    const first = digestsOf(hasher, 0, 512, 16);
    for (let i = 0; i < 100; i++) expect(digestsOf(hasher, 0, 512, 16)).toEqual(first);
    expect(hasher.input).toEqual(bytes);
  });

  test("keeps two hashers apart", async () => {
    const [a, b] = await Promise.all([make(pattern(8, 1), "first", 64), make(pattern(8, 2), "last", 64)]);
    a.input.set(pattern(64));
    b.input.set(pattern(64));
    const expected = [
      reference(pattern(8, 1), "first", pattern(64)),
      reference(pattern(8, 2), "last", pattern(64)),
    ];
    expect([toHex(a.digest(0, 64, 1)), toHex(b.digest(0, 64, 1))]).toEqual(expected);
    a.close();
    expect(toHex(b.digest(0, 64, 1))).toBe(expected[1]);
  });

  test("refuses blocks outside its input, and anything once closed", async () => {
    const hasher = await make(new Uint8Array(0), "first", 4096);
    for (const [offset, size, count] of [
      [1, 4096, 1],
      [0, 512, 9],
      [-1, 1, 1],
      [0, -512, 1],
      [0, 512, -1],
      [0.5, 512, 1],
      [0, Number.NaN, 1],
      [2 ** 53, 1, 1],
    ] as const) {
      expect(() => hasher.digest(offset, size, count)).toThrow(UsageError);
    }
    expect(hasher.digest(0, 4096, 1).length).toBe(32);
    hasher.close();
    hasher.close();
    expect(() => hasher.digest(0, 4096, 1)).toThrow(StateError);
  });

  test("wipes its whole memory on close", async () => {
    const key = pattern(48, 9);
    const hasher = await createHmacSha256Hasher({ key, capacityBytes: 4096 }, kind);
    hasher.input.set(pattern(4096));
    hasher.digest(0, 512, 8);
    const memory = new Uint8Array(hasher.input.buffer);
    expect(Buffer.from(memory).includes(Buffer.from(key))).toBe(true);
    hasher.close();
    expect(memory.every((byte) => byte === 0)).toBe(true);
  });

  test("refuses salts and capacities that cannot be", async () => {
    await expect(make(new Uint8Array(257), "first", 64)).rejects.toThrow(UsageError);
    for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 40]) {
      await expect(make(new Uint8Array(0), "first", capacity)).rejects.toThrow(UsageError);
    }
  });

  describe("HMAC", () => {
    test.each(
      wycheproof.testGroups.flatMap((group) =>
        group.tests.map((vector) => ({ ...vector, tagSize: group.tagSize })),
      ),
    )("Wycheproof $tcId: $comment", async ({ key, msg, tag, tagSize, result }) => {
      const message = Buffer.from(msg, "hex");
      const keyBytes = Uint8Array.from(Buffer.from(key, "hex"));
      const hasher = await createHmacSha256Hasher({ key: keyBytes, capacityBytes: message.length + 1 }, kind);
      hasher.input.set(message);
      const full = toHex(hasher.digest(0, message.length, 1));
      expect(full.slice(0, tagSize / 4) === tag).toBe(result === "valid");
      hasher.close();
    });

    test.each([0, 1, 31, 32, 63, 64, 65, 100, 5000])(
      "agrees with noble and node under a key of %s bytes",
      async (size) => {
        const key = pattern(size, 5);
        const hasher = await createHmacSha256Hasher({ key, capacityBytes: 9 * 600 }, kind);
        hasher.input.set(pattern(hasher.input.length));
        for (const count of [1, 2, 3, 9]) {
          const blocks = Array.from({ length: count }, (_, i) => hasher.input.slice(i * 600, (i + 1) * 600));
          const digests = digestsOf(hasher, 0, 600, count);
          expect(digests).toEqual(
            blocks.map((block) => createHmac("sha256", key).update(block).digest("hex")),
          );
          expect(digests).toEqual(blocks.map((block) => toHex(hmac(sha256, key, block))));
        }
        hasher.close();
      },
    );
  });
});

test("the core refuses a region that WASM cannot address", async () => {
  await expect(Core.create(2 ** 32)).rejects.toMatchObject({ code: "invalid-argument" });
  await expect(Core.create(0)).rejects.toThrow(UsageError);
});
