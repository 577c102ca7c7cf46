import { expect, test } from "vitest";
import { AllocationMeter } from "../fuzz/allocation-meter.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { fuzzTars } from "./tar-fuzz.ts";

test.each([1, 2])("mutated tars, seed %d: read whole, or refused with a place", async (seed) => {
  using meter = new AllocationMeter();
  const { whole, refused } = await fuzzTars(new SeededRandom(seed), 2000, meter);
  expect(whole).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(200);
});
