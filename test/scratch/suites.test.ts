/** The model's runs under the suites that are not the usual one; suites.slow.test.ts has all of them. */
import { expect, test } from "vitest";
import { createSectorCipher } from "../../src/crypto/create-sector-cipher.ts";
import { createNativeSectorCipher } from "../../src/crypto/native-sector-cipher.node.ts";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence, WriteSequence } from "../../src/scratch/write-sequence.ts";
import { SeededRandom } from "../../src/testing/index.ts";
import { runAll, scenarios } from "./named-scenarios.ts";
import { newTally } from "./tally.ts";

test.each([
  { suite: "chacha20-poly1305", name: "node:crypto", createCipher: createNativeSectorCipher },
  { suite: "aes-256-gcm", name: "WebAssembly", createCipher: createSectorCipher },
  { suite: "aes-256-xts-hmac-sha256", name: "WebAssembly", createCipher: createSectorCipher },
] as const)("$suite by $name: I1 to I8 hold", async ({ suite, createCipher }) => {
  const tally = newTally();
  const { wander, longRead, overlappingBatches, numbering } = scenarios;
  const subject = { SealedDevice, WriteSequence, processSequence, sealing: { suite, createCipher } };
  await runAll({ wander, longRead, overlappingBatches, numbering }, subject, new SeededRandom(21), tally);
  expect([...tally.outcomes.keys()].sort()).toEqual(["device", "done", "integrity", "poisoned"]);
  expect(tally.steps).toBeGreaterThan(2000);
});
