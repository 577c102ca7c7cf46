import crypto from "node:crypto";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import type { BlockHasher } from "../../src/crypto/block-hasher.ts";
import { createChosenHasher } from "../../src/crypto/hasher-choice.node.ts";
import { NativeSha256Hasher } from "../../src/crypto/native-hasher.node.ts";
import { createSha256Hasher } from "../../src/crypto/sha256-hasher.ts";
import { StateError, UsageError } from "../../src/errors.ts";

const salt = Uint8Array.from({ length: 32 }, (_, i) => i);
const options = { salt, saltPosition: "first", capacityBytes: 65_536 } as const;

function fill(hasher: BlockHasher): void {
  for (let i = 0; i < hasher.input.length; i++) hasher.input[i] = (i * 31 + (i >> 8)) & 0xff;
}

describe("SHA-256 by node:crypto", () => {
  test("agrees with the WASM core, whatever salt, size and place, and leaves its input as it was", async () => {
    const cases = fc.record({
      salt: fc.uint8Array({ maxLength: 256 }),
      saltPosition: fc.constantFrom("first", "last"),
      calls: fc.array(
        fc.tuple(
          fc.integer({ min: 0, max: 99 }),
          fc.integer({ min: 0, max: 700 }),
          fc.integer({ min: 0, max: 9 }),
        ),
      ),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ calls, ...salted }) => {
        const native = new NativeSha256Hasher({ ...salted, capacityBytes: 8192 });
        const wasm = await createSha256Hasher({ ...salted, capacityBytes: 8192 });
        for (const hasher of [native, wasm]) fill(hasher);
        for (const call of calls) expect(toHex(native.digest(...call))).toBe(toHex(wasm.digest(...call)));
        expect(toHex(native.input)).toBe(toHex(wasm.input));
        native.close();
        wasm.close();
      }),
      { numRuns: 200 },
    );
  });

  test("hashes what it is lent where that lies, or a copy, and leaves it as it was", async () => {
    const cases = fc.record({
      salt: fc.uint8Array({ maxLength: 256 }),
      saltPosition: fc.constantFrom("first", "last"),
      blockSizeBytes: fc.integer({ min: 1, max: 700 }),
      count: fc.integer({ min: 0, max: 9 }),
      // As a `transferBuffer` has it, too little for the salt, or none.
      room: fc.constantFrom(2048, 513, 512, 511, 40, 0),
      behind: fc.integer({ min: 0, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ blockSizeBytes, count, room, behind, ...salted }) => {
        const native = new NativeSha256Hasher({ ...salted, capacityBytes: 2048 });
        const wasm = await createSha256Hasher({ ...salted, capacityBytes: 2048 });
        const size = blockSizeBytes * count + behind;
        const lent = new Uint8Array(new ArrayBuffer(room + size + 3), room, size);
        for (let i = 0; i < size; i++) lent[i] = (i * 31 + (i >> 8)) & 0xff;
        const before = lent.slice();
        const wanted = toHex(wasm.digestLent(lent, blockSizeBytes, count));
        expect(toHex(native.digestLent(lent, blockSizeBytes, count))).toBe(wanted);
        expect(toHex(lent)).toBe(toHex(before));
        native.close();
        wasm.close();
      }),
      { numRuns: 200 },
    );
  });

  test("refuses lent blocks that are not there, and work after closing", () => {
    const hasher = new NativeSha256Hasher(options);
    const lent = new Uint8Array(new ArrayBuffer(2048 + 8192), 2048);
    expect(() => hasher.digestLent(lent, 4096, 3)).toThrow(UsageError);
    hasher.close();
    expect(() => hasher.digestLent(lent, 4096, 2)).toThrow(StateError);
  });

  test.each(["first", "last"] as const)(
    "touches no byte outside of its blocks, salt %s: a read may be under way there",
    (saltPosition) => {
      const hasher = new NativeSha256Hasher({ ...options, saltPosition });
      fill(hasher);
      const before = hasher.input.slice();
      const hash = vi.spyOn(crypto, "hash").mockImplementation(() => {
        expect(toHex(hasher.input.subarray(0, 8192))).toBe(toHex(before.subarray(0, 8192)));
        expect(toHex(hasher.input.subarray(20_480))).toBe(toHex(before.subarray(20_480)));
        return "\0".repeat(32);
      });
      hasher.digest(8192, 4096, 3);
      hasher.digest(8192, 16, 768);
      expect(hash).toHaveBeenCalledTimes(3 + 768);
      hash.mockRestore();
    },
  );

  test("keeps a salt of its own", () => {
    const mine = Buffer.from(salt);
    const hasher = new NativeSha256Hasher({ ...options, salt: mine });
    const before = toHex(hasher.digest(0, 4096, 1));
    mine.fill(9);
    expect(toHex(hasher.digest(0, 4096, 1))).toBe(before);
  });

  test("refuses blocks outside its input, options that cannot be, and work after closing", () => {
    const hasher = new NativeSha256Hasher(options);
    expect(() => hasher.digest(1, 4096, 16)).toThrow(UsageError);
    expect(() => new NativeSha256Hasher({ ...options, salt: new Uint8Array(257) })).toThrow(UsageError);
    expect(() => new NativeSha256Hasher({ ...options, capacityBytes: 0 })).toThrow(UsageError);
    fill(hasher);
    hasher.close();
    expect(hasher.input.every((byte) => byte === 0)).toBe(true);
    expect(() => hasher.digest(0, 512, 1)).toThrow(StateError);
  });
});

describe("the choice", () => {
  test.each(["auto", "wasm", "native"] as const)("%s hashes the same", async (choice) => {
    const hasher = await createChosenHasher({ ...options, algorithm: "sha256" }, choice);
    const expected = new NativeSha256Hasher(options);
    for (const each of [hasher, expected]) fill(each);
    expect(toHex(hasher.digest(0, 4096, 16))).toBe(toHex(expected.digest(0, 4096, 16)));
    if (choice !== "auto") expect(hasher instanceof NativeSha256Hasher).toBe(choice === "native");
    hasher.close();
  });

  test("is none for another algorithm", async () => {
    const hasher = await createChosenHasher({ ...options, algorithm: "sha512" }, "native");
    expect(hasher.algorithm).toBe("sha512");
    hasher.close();
  });
});
