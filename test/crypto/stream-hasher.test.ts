/** Stream hashers against published digests, and against each other however the message is cut. */
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { createNativeStreamHasher } from "../../src/crypto/native-stream-hasher.node.ts";
import { createStreamHasher } from "../../src/crypto/stream-hasher.ts";

const factories = [
  ["portable", createStreamHasher],
  ["native", createNativeStreamHasher],
] as const;

/** FIPS 180-4's examples: "abc", and nothing. */
const vectors = [
  ["sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [
    "sha512",
    "abc",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
] as const;

describe.each(factories)("%s", (_, create) => {
  test.each(vectors)("%s of %j", async (algorithm, text, digest) => {
    const hasher = await create(algorithm);
    hasher.update(new TextEncoder().encode(text));
    expect(toHex(hasher.digest())).toBe(digest);
  });

  test("two at a time do not meet", async () => {
    const [one, other] = [await create("sha256"), await create("sha256")];
    one.update(Uint8Array.of(0x61));
    other.update(Uint8Array.of(0x62));
    one.update(Uint8Array.of(0x62, 0x63));
    expect(toHex(one.digest())).toBe(vectors[0][2]);
    expect(toHex(other.digest())).not.toBe(vectors[0][2]);
  });
});
