/** The sealed device against a plain model, at a host that does all that it can: I1 to I8 after every step. */
import { expect, test } from "vitest";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence, WriteSequence } from "../../src/scratch/write-sequence.ts";
import { actKinds, faultCalls, forEachSeed, SeededRandom } from "../../src/testing/index.ts";
import { coreOf, exhaust, failEveryCall, operations, small, smallWandering, wander } from "./scenarios.ts";
import { givingUp, givingUpAtAnyMoment, longRead, numbering, overlappingBatches } from "./single-runs.ts";
import { newTally } from "./tally.ts";

const subject = { SealedDevice, WriteSequence, processSequence };
/** All that there is but one: beyond a buffer that the host is given is nothing, or room that is nobody's. */
const everyKind = [...Object.keys(faultCalls), ...actKinds].filter((kind) => kind !== "answer-long").sort();
/** Long enough for a machine that does much else meanwhile. */
const longRun = { timeout: 300_000 };
const everyOutcome = ["device", "done", "integrity", "poisoned"];

test.each([
  ["two operations", operations, 2, 9000],
  ["three operations of the core", coreOf(small), 3, 9000],
] as const)(
  "all sequences of up to %s, with every fault and act in every place",
  async (_, choices, length, steps) => {
    const tally = newTally();
    await exhaust(subject, small, choices, length, tally);
    expect([...tally.outcomes.keys()].sort()).toEqual(everyOutcome);
    expect([...tally.done].filter((kind) => kind !== "answer-long").sort()).toEqual(everyKind);
    expect(tally.steps).toBeGreaterThan(steps);
  },
);

test("errors at every n-th call, once and for ever (H10)", async () => {
  const tally = newTally();
  await failEveryCall(subject, small, tally);
  expect([...tally.done]).toEqual(["fail"]);
  expect([...tally.outcomes.keys()].sort()).toEqual(["device", "done", "poisoned"]);
});

test(
  "a hundred thousand steps by chance, of which larger-model.test.ts has four in ten",
  longRun,
  async () => {
    const tally = newTally();
    await forEachSeed(
      [1, 2, 3],
      async (random) => void (await wander(subject, smallWandering, random, 20_000, tally)),
    );
    const done = [...tally.done].filter((kind) => kind !== "answer-long");
    expect(done.sort()).toEqual(everyKind.filter((kind) => kind !== "resize"));
    expect([...tally.outcomes.keys()].sort()).toEqual(everyOutcome);
    expect(tally.steps).toBe(60_000);
  },
);

test("I8: the same seed gives the same trace", async () => {
  const trace = await wander(subject, smallWandering, new SeededRandom(11), 2000, newTally());
  expect(await wander(subject, smallWandering, new SeededRandom(11), 2000, newTally())).toBe(trace);
  expect(await wander(subject, smallWandering, new SeededRandom(12), 2000, newTally())).not.toBe(trace);
});

test("reads of several batches leave nothing when the last one fails", async () => {
  const tally = newTally();
  await longRead(subject, tally);
  expect([...tally.done].sort()).toEqual(["fail", "flip"]);
});

test("batches of one call are under way together, and it is over when all of them are", async () => {
  const tally = newTally();
  await overlappingBatches(subject, tally);
  expect([...tally.done].sort()).toEqual(["flip", "hang"]);
  expect(tally.outcomes).toEqual(new Map([["done", 1]]));
});

test("callers who give up are answered at once, and the order of sectors outlives them (H11)", async () => {
  const tally = newTally();
  await givingUp(subject, tally);
  expect([...tally.done]).toEqual(["hang"]);
  expect(tally.outcomes).toEqual(new Map([["done", 4]]));
});

test("numbers of writes only ever rise, and devices are told apart (H36)", async () => {
  const tally = newTally();
  await numbering(subject, tally);
  expect(tally.outcomes).toEqual(new Map([["done", 1]]));
});

test("a caller who gives up at whatever moment has the content or nothing (I2)", async () => {
  const refused = await givingUpAtAnyMoment(subject);
  expect(refused).toBeGreaterThan(3);
  expect(refused).toBeLessThan(40);
});
