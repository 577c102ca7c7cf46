/** Signatures in every engine: nothing here is Node's, so the browser runs it too. */
import { describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes/hex.ts";
import { verifyRootHashSignature } from "../../src/verity/root-hash-signature.ts";
import { outcome } from "./signature-outcome.ts";
import { signatureVectors, signedRootHash } from "./signature-vectors.ts";

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

describe.each(signatureVectors)("$name", (vector) => {
  const options = {
    rootHash: fromHex(signedRootHash),
    signature: bytesOf(vector.signature),
    certificates: [bytesOf(vector.certificate)],
  };

  test("holds", async () => {
    const { signatureAlgorithm, digestAlgorithm } = vector;
    expect(await verifyRootHashSignature(options)).toMatchObject([{ signatureAlgorithm, digestAlgorithm }]);
  });

  test("does not hold for another root hash or with another signature's bytes", async () => {
    const rootHash = options.rootHash.with(0, 0);
    expect(await outcome({ ...options, rootHash })).toBe("IntegrityError signature-mismatch");
    const signature = options.signature.with(-1, (options.signature.at(-1) as number) ^ 1);
    expect(await outcome({ ...options, signature })).toBe("IntegrityError signature-mismatch");
  });
});
