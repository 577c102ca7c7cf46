/** As model.test.ts, with most records on the host's disk and two leaves of each level in memory. */
import { expect, test } from "vitest";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence, WriteSequence } from "../../src/scratch/write-sequence.ts";
import { actKinds, faultCalls, forEachSeed, SeededRandom } from "../../src/testing/index.ts";
import {
  coreOf,
  type DiskShape,
  exhaust,
  failEveryCall,
  highestWandering,
  larger,
  largerWandering,
  runOut,
  wander,
} from "./scenarios.ts";
import { newTally } from "./tally.ts";

const subject = { SealedDevice, WriteSequence, processSequence };
/** All that there is but one: there is nothing beyond a buffer that the host is given. */
const everyKind = [...Object.keys(faultCalls), ...actKinds].filter((kind) => kind !== "answer-long").sort();
/** Long enough for a machine that does much else meanwhile. */
const longRun = { timeout: 300_000 };
const shapes: Readonly<Record<number, DiskShape>> = { 4: largerWandering, 5: highestWandering };
const everyOutcome = ["device", "done", "integrity", "poisoned"];

test("all sequences of up to two operations, with every fault and act in every place", async () => {
  const tally = newTally();
  await exhaust(subject, larger, coreOf(larger), 2, tally);
  expect([...tally.outcomes.keys()].sort()).toEqual(everyOutcome);
  expect(tally.steps).toBeGreaterThan(4500);
});

test("errors at every n-th call, once and for ever (H10)", async () => {
  const tally = newTally();
  await failEveryCall(subject, larger, tally);
  expect([...tally.done]).toEqual(["fail"]);
  expect([...tally.outcomes.keys()].sort()).toEqual(["device", "done", "poisoned"]);
});

test("a hundred thousand steps by chance, of which model.test.ts has six in ten", longRun, async () => {
  const tally = newTally();
  await forEachSeed([1, 2, 3, 4, 5], async (random) => {
    await wander(subject, shapes[random.seed] ?? larger, random, 8000, tally);
  });
  const done = [...tally.done].filter((kind) => kind !== "answer-long");
  expect(done.sort()).toEqual(everyKind.filter((kind) => kind !== "resize"));
  expect([...tally.outcomes.keys()].sort()).toEqual(everyOutcome);
  expect(tally.steps).toBe(40_000);
});

test("a sequence that ends within a few writes loses nothing (H36)", async () => {
  const tally = newTally();
  await forEachSeed([5, 6], (random) => runOut(subject, larger, random, tally));
  expect([...tally.outcomes.keys()].sort()).toEqual(["device", "done", "poisoned", "used up"]);
});

test("I8: the same seed gives the same trace", async () => {
  const trace = await wander(subject, largerWandering, new SeededRandom(11), 2000, newTally());
  expect(await wander(subject, largerWandering, new SeededRandom(11), 2000, newTally())).toBe(trace);
});
