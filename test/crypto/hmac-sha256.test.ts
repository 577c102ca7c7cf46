import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes/hex.ts";
import { createHmacSha256Hasher } from "../../src/crypto/sha256-hasher.ts";
import { StateError, UsageError } from "../../src/errors.ts";
import wycheproof from "../vectors/wycheproof/hmac_sha256.json" with { type: "json" };
import { blocksOf, coreKinds, digestsOf, pattern } from "./sha256-reference.ts";

const text = (message: string): Uint8Array => new TextEncoder().encode(message);

const rfc4231: [name: string, key: Uint8Array, message: Uint8Array, tag: string][] = [
  [
    "1",
    new Uint8Array(20).fill(0x0b),
    text("Hi There"),
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  ],
  [
    "2, a key shorter than the digest",
    text("Jefe"),
    text("what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    "3, more data than a block",
    new Uint8Array(20).fill(0xaa),
    new Uint8Array(50).fill(0xdd),
    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  ],
  [
    "4",
    Uint8Array.from({ length: 25 }, (_, i) => i + 1),
    new Uint8Array(50).fill(0xcd),
    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  ],
  [
    "5, truncated",
    new Uint8Array(20).fill(0x0c),
    text("Test With Truncation"),
    "a3b6167473100ee06e0c796c2955552b",
  ],
  [
    "6, a key longer than a block",
    new Uint8Array(131).fill(0xaa),
    text("Test Using Larger Than Block-Size Key - Hash Key First"),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
  [
    "7, key and data longer than a block",
    new Uint8Array(131).fill(0xaa),
    text(
      "This is a test using a larger than block-size key and a larger than block-size data. " +
        "The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  ],
];

describe.each(coreKinds)("HMAC on the %s module", (kind) => {
  async function tagOf(key: Uint8Array, message: Uint8Array): Promise<string> {
    const hasher = await createHmacSha256Hasher({ key, capacityBytes: message.length + 1 }, kind);
    hasher.input.set(message);
    const tag = toHex(hasher.digest(0, message.length, 1));
    hasher.close();
    return tag;
  }

  test.each(rfc4231)("RFC 4231, test case %s", async (_, key, message, tag) => {
    expect((await tagOf(key, message)).slice(0, tag.length)).toBe(tag);
  });

  test.each(
    wycheproof.testGroups.flatMap((group) =>
      group.tests.map((vector) => ({ ...vector, tagSize: group.tagSize })),
    ),
  )("Wycheproof $tcId: $comment", async ({ key, msg, tag, tagSize, result }) => {
    const full = await tagOf(fromHex(key), fromHex(msg));
    expect(full.slice(0, tagSize / 4) === tag).toBe(result === "valid");
  });

  test.each([0, 1, 31, 32, 63, 64, 65, 100, 5000])(
    "agrees with noble under a key of %s bytes",
    async (size) => {
      const key = pattern(size, 5);
      const hasher = await createHmacSha256Hasher({ key, capacityBytes: 9 * 600 }, kind);
      hasher.input.set(pattern(hasher.input.length));
      for (const [blockSize, count] of [
        [600, 9],
        [0, 1],
        [1, 2],
        [55, 3],
        [64, 4],
        [512, 5],
      ] as const) {
        const expected = blocksOf(hasher, 0, blockSize, count).map((block) =>
          toHex(hmac(sha256, key, block)),
        );
        expect(digestsOf(hasher, 0, blockSize, count)).toEqual(expected);
      }
      hasher.close();
    },
  );

  test("a message as long as its long key, which is hashed right before", async () => {
    const [key, message] = [pattern(100, 5), pattern(100, 6)];
    expect(await tagOf(key, message)).toBe(toHex(hmac(sha256, key, message)));
  });

  test("more blocks than the core takes at once", async () => {
    const key = pattern(32, 5);
    const hasher = await createHmacSha256Hasher({ key, capacityBytes: 5000 * 8 }, kind);
    hasher.input.set(pattern(hasher.input.length));
    const expected = blocksOf(hasher, 0, 8, 5000).map((block) => toHex(hmac(sha256, key, block)));
    expect(digestsOf(hasher, 0, 8, 5000)).toEqual(expected);
  });

  test.each([48, 64, 300])(
    "a key of %s bytes stands in the core's memory, until it is closed",
    async (size) => {
      const key = pattern(size, 9);
      const hasher = await createHmacSha256Hasher({ key, capacityBytes: 4096 }, kind);
      const memory = new Uint8Array(hasher.input.buffer);
      // A long key is hashed, and is gone before the first message comes.
      const kept = size <= 64 ? key : sha256(key);
      expect(contains(memory, kept)).toBe(true);
      expect(contains(memory, key)).toBe(size <= 64);
      hasher.digest(0, 512, 8);
      hasher.close();
      expect(memory.every((byte) => byte === 0)).toBe(true);
      expect(() => hasher.digest(0, 512, 8)).toThrow(StateError);
    },
  );

  test("a capacity that cannot be", async () => {
    for (const capacityBytes of [0, -1, 1.5, Number.NaN, 2 ** 40]) {
      await expect(createHmacSha256Hasher({ key: pattern(32), capacityBytes }, kind)).rejects.toThrow(
        UsageError,
      );
    }
  });
});

function contains(memory: Uint8Array, bytes: Uint8Array): boolean {
  for (let at = memory.indexOf(bytes[0] ?? 0); at !== -1; at = memory.indexOf(bytes[0] ?? 0, at + 1)) {
    if (bytes.every((byte, i) => memory[at + i] === byte)) return true;
  }
  return false;
}
