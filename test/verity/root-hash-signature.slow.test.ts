import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex } from "../../src/bytes/hex.ts";
import type { RootHashSignatureOptions } from "../../src/verity/root-hash-signature.ts";
import { SeededRandom } from "./seeded-random.ts";
import { outcome } from "./signature-outcome.ts";

const golden = new URL("../golden/verity/", import.meta.url);
const goldenCase: RootHashSignatureOptions = {
  rootHash: fromHex(readFileSync(new URL("sha256-n129.roothash", golden), "utf8")),
  signature: readFileSync(new URL("sha256-n129.roothash.p7s", golden)),
  certificates: [readFileSync(new URL("sig.cert.pem", golden))],
};
const refused = /^(Format|Integrity)Error /;

test("the golden signature never holds with one bit flipped, whichever", async () => {
  const signature = new Uint8Array(goldenCase.signature);
  for (let bit = 0; bit < signature.length * 8; bit++) {
    const index = bit >> 3;
    const flipped = signature.with(index, (signature[index] as number) ^ (1 << (bit & 7)));
    expect(await outcome({ ...goldenCase, signature: flipped }), `bit ${bit}`).toMatch(refused);
  }
});

/** One to four edits: a byte set, bytes inserted, removed, or copied from elsewhere in the message. */
function mutate(original: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = [...original];
  for (let edits = 1 + random.below(4); edits > 0; edits--) {
    const at = random.below(bytes.length);
    const length = 1 + random.below(8);
    const from = random.below(bytes.length);
    const edit = random.below(4);
    if (edit === 0) bytes[at] = random.below(256);
    else if (edit === 1) bytes.splice(at, 0, ...random.bytes(length));
    else if (edit === 2) bytes.splice(at, length);
    else bytes = [...bytes.slice(0, at), ...bytes.slice(from, from + length), ...bytes.slice(at + length)];
    if (bytes.length === 0) bytes = [0x30];
  }
  return Uint8Array.from(bytes);
}

test("seeded mutations are refused with an error of ours", async () => {
  const original = new Uint8Array(goldenCase.signature);
  const random = new SeededRandom(0x5ea1);
  for (let i = 0; i < 50_000; i++) {
    const signature = mutate(original, random);
    if (Buffer.from(signature).equals(original)) continue;
    expect(await outcome({ ...goldenCase, signature }), `mutation ${i}`).toMatch(refused);
  }
});
