import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import type { BlockHasher } from "../../src/crypto/block-hasher.ts";
import { createSha256Hasher } from "../../src/crypto/sha256-hasher.ts";
import { StateError, UsageError } from "../../src/errors.ts";
import {
  blocksOf,
  coreKinds,
  digestsOf,
  pattern,
  reference,
  type SaltPosition,
  saltPositions,
} from "./sha256-reference.ts";

const none = new Uint8Array(0);

/** Where a message, its padding or its salt passes from one block of the compression function to the next. */
const boundarySizes = [0, 1, 31, 32, 33, 54, 55, 56, 57, 63, 64, 65, 119, 120, 121, 127, 128, 129, 191, 192];
const boundarySalts = [0, 1, 8, 32, 55, 56, 63, 64, 65, 100, 119, 120, 127, 128, 129, 192, 255, 256];

describe.each(coreKinds)("the %s module", (kind) => {
  const make = (salt: Uint8Array, saltPosition: SaltPosition, capacityBytes: number): Promise<BlockHasher> =>
    createSha256Hasher({ salt, saltPosition, capacityBytes }, kind);

  async function filled(salt: Uint8Array, position: SaltPosition, capacity: number): Promise<BlockHasher> {
    const hasher = await make(salt, position, capacity);
    hasher.input.set(pattern(capacity, capacity));
    return hasher;
  }

  function expectDigests(
    hasher: BlockHasher,
    salt: Uint8Array,
    position: SaltPosition,
    { offset = 0, size, count }: { offset?: number; size: number; count: number },
  ): void {
    const expected = blocksOf(hasher, offset, size, count).map((block) => reference(salt, position, block));
    expect(digestsOf(hasher, offset, size, count), `${count} blocks of ${size} bytes at ${offset}`).toEqual(
      expected,
    );
  }

  test.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    [
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ])("hashes NIST's example messages (%#)", async (message, digest) => {
    const bytes = new TextEncoder().encode(message);
    const hasher = await make(none, "first", 4 * bytes.length + 4);
    for (let i = 0; i < 4; i++) hasher.input.set(bytes, i * bytes.length);
    expect(digestsOf(hasher, 0, bytes.length, 1)).toEqual([digest]);
    expect(digestsOf(hasher, 0, bytes.length, 4)).toEqual([digest, digest, digest, digest]);
    hasher.close();
  });

  test.each(saltPositions)("takes every size from 0 to 300 bytes, salt %s", async (position) => {
    const salt = pattern(32);
    const hasher = await filled(salt, position, 5 * 300 + 7);
    // From one size to the next with the same hasher: nothing of the last may stick.
    for (let size = 0; size <= 300; size++) {
      expectDigests(hasher, salt, position, { offset: size % 7, size, count: 5 });
    }
    hasher.close();
  });

  test.each(saltPositions)("takes every salt from 0 to 256 bytes, salt %s", async (position) => {
    for (let saltSize = 0; saltSize <= 256; saltSize++) {
      const salt = pattern(saltSize, 3);
      const hasher = await filled(salt, position, 4 * 512);
      expectDigests(hasher, salt, position, { size: 512, count: 4 });
      expectDigests(hasher, salt, position, { size: 512, count: 1 });
      hasher.close();
    }
  });

  test.each(
    saltPositions.flatMap((position) => boundarySalts.map((saltSize) => [position, saltSize] as const)),
  )("takes every boundary of a message, salt %s, %s bytes", async (position, saltSize) => {
    const salt = pattern(saltSize, 5);
    const hasher = await filled(salt, position, 4 * 192 + 4);
    for (const size of boundarySizes) {
      expectDigests(hasher, salt, position, { size, count: 4 });
      expectDigests(hasher, salt, position, { size, count: 1, offset: 3 });
    }
    hasher.close();
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 256, 4095, 4096, 4097, 9000])(
    "hashes %s blocks",
    async (count) => {
      const salt = pattern(32);
      const size = count > 256 ? 16 : 4096;
      const hasher = await filled(salt, "first", size * count + 3);
      expectDigests(hasher, salt, "first", { offset: 3, size, count });
      hasher.close();
    },
  );

  test("agrees with noble on whatever is asked of one hasher, in whatever order", async () => {
    const call = fc.record({
      size: fc.integer({ min: 0, max: 700 }),
      count: fc.integer({ min: 0, max: 9 }),
      offset: fc.integer({ min: 0, max: 70 }),
    });
    const cases = fc.record({
      salt: fc.uint8Array({ maxLength: 256 }),
      position: fc.constantFrom(...saltPositions),
      calls: fc.array(call, { minLength: 1, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ salt, position, calls }) => {
        const hasher = await filled(salt, position, 9 * 700 + 70);
        for (const call of calls) expectDigests(hasher, salt, position, call);
        hasher.close();
      }),
      { numRuns: 150 },
    );
  });

  test("leaves the input as it was, and its view valid, over many calls", async () => {
    const hasher = await make(pattern(32), "first", 8192);
    const { input } = hasher;
    const bytes = pattern(8192);
    input.set(bytes);
    const first = digestsOf(hasher, 0, 512, 16);
    for (let i = 0; i < 100; i++) expect(digestsOf(hasher, 0, 512, 16)).toEqual(first);
    expect(hasher.input).toBe(input);
    expect(input).toEqual(bytes);
  });

  test("keeps hashers apart", async () => {
    const salts = [pattern(8, 1), pattern(80, 2), none];
    const hashers = await Promise.all(salts.map((salt) => make(salt, "first", 64)));
    for (const { input } of hashers) input.set(pattern(64));
    const expected = salts.map((salt) => reference(salt, "first", pattern(64)));
    expect(hashers.map((hasher) => toHex(hasher.digest(0, 64, 1)))).toEqual(expected);
    hashers[0]?.close();
    const rest = hashers.slice(1).map((hasher) => toHex(hasher.digest(0, 64, 1)));
    expect(rest).toEqual(expected.slice(1));
  });

  test("takes a copy of the salt", async () => {
    const salt = pattern(40);
    const hasher = await make(salt, "last", 64);
    const expected = toHex(sha256(new Uint8Array([...new Uint8Array(64), ...salt])));
    salt.fill(0);
    expect(toHex(hasher.digest(0, 64, 1))).toBe(expected);
  });

  test.each([
    [1, 4096, 1],
    [0, 512, 9],
    [4097, 0, 0],
    [-1, 1, 1],
    [0, -512, 1],
    [0, 512, -1],
    [0.5, 512, 1],
    [0, 0.5, 2],
    [0, 512, 1.5],
    [0, Number.NaN, 1],
    [Number.NaN, 512, 1],
    [0, 512, Number.POSITIVE_INFINITY],
    [2 ** 53, 1, 1],
    [0, 2 ** 32, 1],
    [0, 0, 2 ** 40],
  ])("refuses what is not inside its input: at %s, %s bytes, %s blocks", async (offset, size, count) => {
    const hasher = await make(none, "first", 4096);
    expect(() => hasher.digest(offset, size, count)).toThrow(UsageError);
    expect(hasher.digest(0, 4096, 1).length).toBe(32);
  });

  test("is of no use once closed, and may be closed twice", async () => {
    const hasher = await make(none, "first", 4096);
    hasher.close();
    hasher.close();
    expect(() => hasher.digest(0, 4096, 1)).toThrow(StateError);
  });

  test("wipes its whole memory on close", async () => {
    const hasher = await make(pattern(200), "last", 4096);
    hasher.input.set(pattern(4096));
    hasher.digest(0, 511, 8);
    const memory = new Uint8Array(hasher.input.buffer);
    expect(memory.some((byte) => byte !== 0)).toBe(true);
    hasher.close();
    expect(memory.every((byte) => byte === 0)).toBe(true);
  });

  test("refuses salts and capacities that cannot be", async () => {
    await expect(make(new Uint8Array(257), "first", 64)).rejects.toThrow(UsageError);
    for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 40]) {
      await expect(make(none, "first", capacity)).rejects.toThrow(UsageError);
    }
  });
});
