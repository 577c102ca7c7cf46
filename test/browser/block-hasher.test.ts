/** Block digests in a browser, beside noble's. */
import { blake2b, blake2s } from "@noble/hashes/blake2.js";
import { ripemd160, sha1 } from "@noble/hashes/legacy.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { hashAlgorithms } from "../../src/crypto/algorithms.ts";
import type { HashAlgorithm } from "../../src/crypto/block-hasher.ts";
import { createBlockHasher } from "../../src/crypto/create-block-hasher.ts";

const peers: Readonly<Record<HashAlgorithm, (message: Uint8Array) => Uint8Array>> = {
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
  "sha3-256": sha3_256,
  "blake2b-512": blake2b,
  "blake2s-256": blake2s,
  ripemd160,
};

test.each(hashAlgorithms)("%s agrees with noble", async (algorithm) => {
  const salt = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
  const hasher = await createBlockHasher({ algorithm, salt, saltPosition: "first", capacityBytes: 16 * 512 });
  for (let i = 0; i < hasher.input.length; i++) hasher.input[i] = (i * 31) & 0xff;
  const digests = hasher.digest(0, 512, 16);
  for (let block = 0; block < 16; block++) {
    const message = new Uint8Array([...salt, ...hasher.input.subarray(block * 512, (block + 1) * 512)]);
    const { digestSizeBytes: size } = hasher;
    expect(toHex(digests.subarray(block * size, (block + 1) * size))).toBe(toHex(peers[algorithm](message)));
  }
  hasher.close();
});
