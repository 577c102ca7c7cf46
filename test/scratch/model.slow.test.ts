/** As model.test.ts, for as long as it takes. */
import { expect, test } from "vitest";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence, WriteSequence } from "../../src/scratch/write-sequence.ts";
import { forEachSeed } from "../../src/testing/index.ts";
import { exhaust, larger, largerWandering, operations, small, smallWandering, wander } from "./scenarios.ts";
import { newTally } from "./tally.ts";

/** The host puts an old leaf back that all writes do without, as the leaves that it is about are in memory. */
const leafLostUnnoticed = 4078700;
const subject = { SealedDevice, WriteSequence, processSequence };

test("all sequences of up to three operations, with every fault at every call and every act in every place", async () => {
  const tally = newTally();
  await exhaust(subject, small, operations, 3, tally);
  expect(tally.steps).toBeGreaterThan(150_000);
});

test("three million steps by chance, other ones every time", async () => {
  const tally = newTally();
  const first = Date.now() >>> 0;
  const seeds = Array.from({ length: 60 }, (_, i) => first + i);
  await forEachSeed(
    seeds,
    async (random) => void (await wander(subject, smallWandering, random, 50_000, tally)),
  );
  expect(tally.steps).toBe(3_000_000);
});

test("the larger table: all sequences of up to three operations, with every fault at every call", async () => {
  const tally = newTally();
  await exhaust(subject, larger, larger.operations, 3, tally);
  expect(tally.steps).toBeGreaterThan(450_000);
});

test("the larger table: two million steps by chance, other ones every time", async () => {
  const tally = newTally();
  const first = Date.now() >>> 0;
  const seeds = [leafLostUnnoticed, ...Array.from({ length: 39 }, (_, i) => first + i)];
  await forEachSeed(seeds, async (random) => {
    await wander(subject, random.seed % 2 === 0 ? largerWandering : larger, random, 50_000, tally);
  });
  expect(tally.steps).toBe(2_000_000);
});
