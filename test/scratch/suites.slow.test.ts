/** All of the model's scenarios under every suite by either backend, the larger table's too. */
import { expect, test } from "vitest";
import { createSectorCipher } from "../../src/crypto/create-sector-cipher.ts";
import { createNativeSectorCipher } from "../../src/crypto/native-sector-cipher.node.ts";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence, WriteSequence } from "../../src/scratch/write-sequence.ts";
import { SeededRandom } from "../../src/testing/index.ts";
import { largerScenarios, runAll, scenarios } from "./named-scenarios.ts";
import { newTally } from "./tally.ts";

const suites = ["chacha20-poly1305", "aes-256-gcm", "aes-256-xts-hmac-sha256"] as const;
const backends = [
  ["WebAssembly", createSectorCipher],
  ["node:crypto", createNativeSectorCipher],
] as const;

test.each(suites.flatMap((suite) => backends.map(([name, createCipher]) => ({ suite, name, createCipher }))))(
  "$suite by $name: I1 to I8 hold",
  async ({ suite, createCipher }) => {
    const tally = newTally();
    const subject = { SealedDevice, WriteSequence, processSequence, sealing: { suite, createCipher } };
    await runAll({ ...scenarios, ...largerScenarios }, subject, new SeededRandom(21), tally);
    expect([...tally.outcomes.keys()].sort()).toEqual(["device", "done", "integrity", "poisoned", "used up"]);
    expect(tally.steps).toBeGreaterThan(20_000);
  },
);
