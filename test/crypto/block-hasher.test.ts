import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { hashAlgorithms } from "../../src/crypto/algorithms.ts";
import { createBlockHasher } from "../../src/crypto/create-block-hasher.ts";

/** OpenSSL's names, where they differ from veritysetup's. */
const opensslNames: Record<string, string> = {
  "blake2b-512": "blake2b512",
  "blake2s-256": "blake2s256",
};

describe.each(hashAlgorithms)("%s", (algorithm) => {
  test.each(["first", "last"] as const)("agrees with node:crypto, salt %s", async (saltPosition) => {
    const salt = Uint8Array.from({ length: 37 }, (_, i) => i);
    const hasher = await createBlockHasher({ algorithm, salt, saltPosition, capacityBytes: 8192 });
    for (let i = 0; i < hasher.input.length; i++) hasher.input[i] = (i * 31) & 0xff;
    const digests = hasher.digest(512, 1024, 7);
    for (let block = 0; block < 7; block++) {
      const data = hasher.input.subarray(512 + block * 1024, 512 + (block + 1) * 1024);
      const peer = createHash(opensslNames[algorithm] ?? algorithm);
      const expected = (
        saltPosition === "first" ? peer.update(salt).update(data) : peer.update(data).update(salt)
      ).digest("hex");
      const size = hasher.digestSizeBytes;
      expect(toHex(digests.subarray(block * size, (block + 1) * size))).toBe(expected);
    }
    hasher.close();
  });
});
