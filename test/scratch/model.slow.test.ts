/** As model.test.ts, for as long as it takes. */
import { expect, test } from "vitest";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { WriteSequence } from "../../src/scratch/write-sequence.ts";
import { forEachSeed } from "../../src/testing/index.ts";
import { exhaust, operations, wander } from "./scenarios.ts";
import { newTally } from "./tally.ts";

const subject = { SealedDevice, WriteSequence };

test("all sequences of up to three operations, with every fault at every call and every act in every place", async () => {
  const tally = newTally();
  await exhaust(subject, operations, 3, tally);
  expect(tally.steps).toBeGreaterThan(150_000);
});

test("three million steps by chance, other ones every time", async () => {
  const tally = newTally();
  const first = Date.now() >>> 0;
  const seeds = Array.from({ length: 60 }, (_, i) => first + i);
  await forEachSeed(seeds, async (random) => void (await wander(subject, random, 50_000, tally)));
  expect(tally.steps).toBe(3_000_000);
});
